/** One subtask as a model writes it. */
export interface AnswerEntry {
  readonly key: string;
  readonly title: string;
  readonly description: string;
  readonly effort: string;
  readonly acceptanceCriteria: readonly string[];
  readonly dependsOn: readonly string[];
  readonly coversCriteria: readonly number[];
}

/** An answer that passes every check of a story without criteria: so many subtasks, each waiting for the one before. */
export function subtasksAnswer(count: number, changes: Readonly<Record<number, Partial<AnswerEntry>>> = {}) {
  const subtasks = Array.from({ length: count }, (_, index): AnswerEntry => {
    const number = index + 1;
    return {
      key: `k${number}`,
      title: `Build part ${number}`,
      description: `What part ${number} is about.`,
      effort: "M",
      acceptanceCriteria: [`Part ${number} works.`],
      dependsOn: index === 0 ? [] : [`k${index}`],
      coversCriteria: [],
      ...changes[index],
    };
  });
  return { subtasks };
}
