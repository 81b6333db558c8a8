import type { ObjectRef } from "@pothos/core";
import type { Builder } from "../builder.ts";

export interface Deleted {
  /** Global id. */
  readonly deletedId: string;
}

/** The payload of a deletion. */
export function defineDeletePayload(builder: Builder, name: string): ObjectRef<Builder["$inferSchemaTypes"], Deleted> {
  return builder.objectRef<Deleted>(name).implement({
    description: "It is gone, with everything in it.",
    fields: (t) => ({
      deletedId: t.exposeID("deletedId", { description: "The id that it had." }),
    }),
  });
}
