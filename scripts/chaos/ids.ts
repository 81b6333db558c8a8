/** The row's id in a global one. */
export function rowId(globalId: string): string {
  return Buffer.from(globalId, "base64url").toString().split(":")[1] ?? "";
}

export function globalId(type: "Run" | "Story" | "Subtask", rowId: string): string {
  return Buffer.from(`${type}:${rowId}`).toString("base64url");
}
