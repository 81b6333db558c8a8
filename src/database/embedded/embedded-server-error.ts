/**
 * The embedded PostgreSQL cannot serve. The message is one line that says what failed and what to do about it;
 * `cause` is what the system said, where it said something.
 */
export class EmbeddedServerError extends Error {
  override readonly name = "EmbeddedServerError";
}
