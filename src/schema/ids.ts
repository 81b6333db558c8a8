import { type Entity, NotFoundError } from "../errors.ts";

// A global id is the type's name and the row's UUID, in base64url: opaque to clients, and good in a URL.

const ENTITIES: readonly Entity[] = ["Project", "Epic", "Story", "Subtask", "Run", "RunItem"];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function encodeId(entity: Entity, id: string): string {
  return Buffer.from(`${entity}:${id}`).toString("base64url");
}

/** What a global id names; null where it is none of ours, or not spelled as we spell it. */
export function parseId(globalId: string): { entity: Entity; id: string } | null {
  const [name, id, ...rest] = Buffer.from(globalId, "base64url").toString().split(":");
  const entity = ENTITIES.find((known) => known === name);
  if (entity === undefined || id === undefined || rest.length > 0 || !UUID.test(id)) return null;
  return encodeId(entity, id) === globalId ? { entity, id } : null;
}

/** An id that by its mere form is none of the kind: `sent` is what the client sent, and there is no row's id in it. */
export class UnreadableIdError extends NotFoundError {
  readonly sent: string;
  constructor(entity: Entity, sent: string) {
    super(entity, sent);
    this.sent = sent;
  }
}

/** The id that was not found, as the client sent it. */
export function sentId(error: NotFoundError): string {
  // Not by `instanceof`: resolvers get the plugin's stand-in for an error, which is of no class.
  return "sent" in error ? String(error.sent) : encodeId(error.entity, error.id);
}

/**
 * The row's id in a global id of this type.
 * @throws UnreadableIdError where it is malformed or of another type
 */
export function decodeId(entity: Entity, globalId: string): string {
  const parsed = parseId(globalId);
  if (parsed?.entity !== entity) throw new UnreadableIdError(entity, globalId);
  return parsed.id;
}

/** The same for an id that may be null or absent, and stays so. @throws UnreadableIdError */
export function decodeOptionalId(entity: Entity, globalId: string | null | undefined): string | null | undefined {
  return typeof globalId === "string" ? decodeId(entity, globalId) : globalId;
}

/** The same for each of a list that may be null or absent. @throws UnreadableIdError naming the first that is no such id */
export function decodeIds(
  entity: Entity,
  globalIds: readonly string[] | null | undefined,
): string[] | null | undefined {
  return globalIds && globalIds.map((id) => decodeId(entity, id));
}
