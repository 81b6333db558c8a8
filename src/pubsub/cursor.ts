import { GraphQLError } from "graphql";

// A cursor names the last event that its holder has seen: the run and the event's seq; 0 stands before the first.

export function formatCursor(runId: string, seq: number): string {
  return Buffer.from(`${runId}:${seq}`).toString("base64url");
}

/**
 * The seq in a cursor of this run.
 * @throws GraphQLError BAD_CURSOR where it is no cursor, or one of another run
 */
export function parseCursor(runId: string, cursor: string): number {
  const [, seq] = Buffer.from(cursor, "base64url").toString().split(":");
  if (seq === undefined || !/^\d{1,9}$/.test(seq) || formatCursor(runId, Number(seq)) !== cursor) throw badCursor();
  return Number(seq);
}

export function badCursor(): GraphQLError {
  return new GraphQLError(
    "`after` is not a cursor of this run. Pass the `cursor` of an event of this run, or leave it out.",
    {
      extensions: { code: "BAD_CURSOR" },
    },
  );
}
