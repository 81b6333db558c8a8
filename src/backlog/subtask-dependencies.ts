import type { Transaction } from "../database/database.ts";
import { InvalidInputError, NotFoundError, type InputIssue } from "../errors.ts";
import { codeOf } from "./codes.ts";

/** A subtask whose story is locked. */
interface Dependent {
  readonly id: string;
  readonly projectId: string;
  readonly storyId: string;
}

/**
 * Makes these subtasks the ones that come before `subtask`, in place of those before; an id may be named twice.
 * @throws NotFoundError naming an id that is no subtask's
 * @throws InvalidInputError naming each entry that is a subtask of another story, the subtask itself, or one that waits
 * for it already
 */
export async function replaceDependencies(
  tx: Transaction,
  subtask: Dependent,
  dependsOn: readonly string[],
): Promise<void> {
  const wanted = [...new Set(dependsOn)];
  const { projectId, storyId } = subtask;
  const found = new Map(
    (
      await tx.subtask.findMany({ where: { id: { in: wanted } }, select: { id: true, storyId: true, number: true } })
    ).map((row) => [row.id, row]),
  );
  const waiting = await waitingFor(tx, subtask);
  const issues = dependsOn.flatMap((id, index): InputIssue[] => {
    const row = found.get(id);
    if (row === undefined) throw new NotFoundError("Subtask", id);
    const path = ["dependsOn", String(index)];
    if (row.storyId !== storyId)
      return [{ path, message: "This is a subtask of another story. A subtask may depend on those of its own story." }];
    if (id === subtask.id) return [{ path, message: "A subtask cannot depend on itself." }];
    if (!waiting.has(id)) return [];
    const code = codeOf("ST", row.number);
    return [{ path, message: `${code} depends on this subtask already, so this one cannot wait for ${code}.` }];
  });
  if (issues.length > 0) throw new InvalidInputError(issues);
  await tx.subtaskDependency.deleteMany({ where: { subtaskId: subtask.id } });
  await tx.subtaskDependency.createMany({
    data: wanted.map((dependsOnId) => ({ projectId, storyId, subtaskId: subtask.id, dependsOnId })),
  });
}

/** The subtasks that wait for one, directly or through others. */
async function waitingFor(tx: Transaction, subtask: Dependent): Promise<Set<string>> {
  const dependencies = await tx.subtaskDependency.findMany({
    where: { storyId: subtask.storyId },
    select: { subtaskId: true, dependsOnId: true },
  });
  const dependents = Map.groupBy(dependencies, ({ dependsOnId }) => dependsOnId);
  const waiting = new Set<string>();
  const next = [subtask.id];
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    for (const { subtaskId } of dependents.get(id) ?? []) {
      if (waiting.has(subtaskId)) continue;
      waiting.add(subtaskId);
      next.push(subtaskId);
    }
  }
  return waiting;
}
