/** What a client can name by an id. */
export type Entity = "Project" | "Epic" | "Story" | "Subtask" | "Run" | "RunItem";

/**
 * Nothing of that kind has that id, or nothing in the parent that it was looked for in. `id` is the database's, or what a
 * client sent where that was no id of the kind at all.
 */
export class NotFoundError extends Error {
  override readonly name = "NotFoundError";
  readonly entity: Entity;
  readonly id: string;
  constructor(entity: Entity, id: string, parent?: Entity) {
    const what = `There is no ${WORDS[entity]} with this id`;
    super(
      parent === undefined
        ? `${what}. It may have been deleted; fetch it again or check the id.`
        : `${what} in this ${WORDS[parent]}. It may be in another one, or have been deleted; fetch it again or check the id.`,
    );
    this.entity = entity;
    this.id = id;
  }
}

const WORDS: Record<Entity, string> = {
  Project: "project",
  Epic: "epic",
  Story: "story",
  Subtask: "subtask",
  Run: "run",
  RunItem: "run item",
};

/** One thing that is wrong with an input: where (names and indices from the input's top), and what to do. */
export interface InputIssue {
  readonly path: readonly string[];
  readonly message: string;
}

/** An input breaks a rule; nothing was done. */
export class InvalidInputError extends Error {
  override readonly name = "InvalidInputError";
  readonly issues: readonly InputIssue[];
  constructor(issues: readonly InputIssue[]) {
    super(issues.map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message)).join(" "));
    this.issues = issues;
  }
}
