import type { Builder } from "./builder.ts";

/** Every enum of the API, with what its values mean. Names and values are the database's. */
export function defineEnums(builder: Builder) {
  return {
    Priority: builder.enumType("Priority", {
      description: "How much a story is needed, as MoSCoW has it.",
      values: {
        MUST: { description: "The release is nothing without it." },
        SHOULD: { description: "Important, but there is a way around it." },
        COULD: { description: "Wanted, where it costs little." },
        WONT: { description: "Agreed to be left out this time." },
      },
    }),
    Effort: builder.enumType("Effort", {
      description: "How much work something is: XS under 1 h, S 1-2 h, M 2-4 h, L 4-8 h, XL over 8 h.",
      values: {
        XS: { description: "Under 1 h." },
        S: { description: "1-2 h." },
        M: { description: "2-4 h." },
        L: { description: "4-8 h." },
        XL: { description: "Over 8 h." },
      },
    }),
    SubtaskStatus: builder.enumType("SubtaskStatus", {
      description: "How far a subtask has come.",
      values: {
        TODO: { description: "Nobody has begun." },
        IN_PROGRESS: { description: "Somebody is at it." },
        DONE: { description: "Finished." },
      },
    }),
    SubtaskOrigin: builder.enumType("SubtaskOrigin", {
      description: "Who made a subtask.",
      values: {
        GENERATED: { description: "A run." },
        MANUAL: { description: "A person." },
      },
    }),
    RunType: builder.enumType("RunType", {
      description: "What a run generates.",
      values: {
        GENERATE_STORIES: { description: "Stories for epics." },
        GENERATE_SUBTASKS: { description: "Subtasks for stories." },
      },
    }),
    RunStatus: builder.enumType("RunStatus", {
      description: "Where a run's life stands. QUEUED and RUNNING are active; the others are terminal and final.",
      values: {
        QUEUED: { description: "Waiting for an executor." },
        RUNNING: { description: "An executor holds it." },
        SUCCEEDED: { description: "Every item was completed or skipped." },
        PARTIAL: { description: "Some items were completed, others failed or were not reached." },
        FAILED: { description: "Nothing was completed and something failed." },
        CANCELLED: { description: "A person ended it." },
      },
    }),
    RunPhase: builder.enumType("RunPhase", {
      description: "What a run is busy with.",
      values: {
        INITIALIZING: { description: "Not taken up yet." },
        GENERATING_STORIES: { description: "Filling epics with stories." },
        GENERATING_SUBTASKS: { description: "Splitting stories into subtasks." },
        FINALIZING: { description: "All items have ended; the result is being settled." },
        COMPLETED: { description: "It went through." },
        FAILED: { description: "It failed." },
      },
    }),
    RunItemStatus: builder.enumType("RunItemStatus", {
      description: "Where an item of a run stands.",
      values: {
        PENDING: { description: "Waiting for its turn." },
        GENERATING: { description: "The generator is at it." },
        SAVING: { description: "Its result is being saved." },
        COMPLETED: { description: "Its result is saved." },
        FAILED: { description: "It could not be generated; `error` says why." },
        SKIPPED: { description: "Left as it was; `error` says why." },
        CANCELLED: { description: "The run ended before it was done." },
      },
    }),
    GenerationMode: builder.enumType("GenerationMode", {
      description:
        "How finely an item is split: for a story COMPACT 3-5 subtasks, STANDARD 5-8, DETAILED 8-12; for an epic COMPACT 5-8 stories, STANDARD 8-12, DETAILED 12-15.",
      values: {
        COMPACT: { description: "3-5 subtasks a story, 5-8 stories an epic." },
        STANDARD: { description: "5-8 subtasks a story, 8-12 stories an epic." },
        DETAILED: { description: "8-12 subtasks a story, 12-15 stories an epic." },
      },
    }),
    ExistingBehavior: builder.enumType("ExistingBehavior", {
      description: "What happens to what is there already.",
      values: {
        SKIP: { description: "An item that has some is left alone." },
        REPLACE: {
          description:
            "Generated work that nobody has touched is swapped for the new, in one transaction; manual work stays.",
        },
        APPEND: { description: "The new comes after what is there." },
      },
    }),
    Pacing: builder.enumType("Pacing", {
      description: "How hard the provider is driven: items in flight, and the least time between two starts.",
      values: {
        SAFE: { description: "1 in flight, 2000 ms between starts." },
        NORMAL: { description: "4 in flight, 1000 ms between starts." },
        FAST: { description: "8 in flight, 500 ms between starts." },
        ADAPTIVE: {
          description:
            "No fixed spacing: grows while calls succeed, halves when the provider says that it is too much (429 or 529).",
        },
      },
    }),
    PersonaSet: builder.enumType("PersonaSet", {
      description: "Who stories are written for.",
      values: {
        LIGHTWEIGHT: { description: "End user, administrator, system." },
        CORE: { description: "The same, product owner and developer." },
        FULL: { description: "The same as CORE, QA engineer, security analyst, support agent and operations." },
      },
    }),
    LogLevel: builder.enumType("LogLevel", {
      description: "How much a line of a run's log matters.",
      values: {
        INFO: { description: "As expected." },
        WARN: { description: "Worth a look." },
        ERROR: { description: "Something failed." },
      },
    }),
  };
}
