/** What must never happen, and how the summary calls it. */
export const KINDS = {
  stuck: "runs stuck",
  lost: "subtasks or stories lost",
  doubled: "subtasks or stories saved twice, or by nobody",
  missing: "events missing",
  repeated: "events doubled",
  disordered: "events out of order, or not as they were written",
  overwritten: "terminal states overwritten",
  counters: "counters or endings that do not fit the items",
  numbering: "codes or positions wrong",
  replaced: "SKIP, REPLACE or APPEND broken",
  starts: "starts doubled, lost or at once",
  takeover: "takeovers late",
  answer: "answers that no client should get",
  process: "processes that broke",
} as const;

export type ViolationKind = keyof typeof KINDS;

export interface Violation {
  readonly kind: ViolationKind;
  readonly text: string;
}
