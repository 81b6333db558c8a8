/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** How a backlog is written down. */
export type BacklogFormat =
  /** One user story a line: 'As a … I want … so that …', in any case, with commas or none; the so-that is optional. Other lines become a story's title as they are. */
  | 'TEXT';

/** An epic to make. It comes after the others of its project. */
export type CreateEpicInput = {
  /** What it is about: up to 20,000 characters. */
  description?: string | null | undefined;
  /** The project that it belongs to. */
  projectId: string | number;
  /** What to call it: 1 to 200 characters. */
  title: string;
};

/** A project to make. It begins without epics. */
export type CreateProjectInput = {
  /** What every prompt of this project is told (domain, stack, definition of done): up to 20,000 characters. */
  context?: string | null | undefined;
  /** What it is about, for people: up to 20,000 characters. */
  description?: string | null | undefined;
  /** What to call it: 1 to 200 characters. */
  name: string;
};

/** A subtask that a person writes. It comes after the others of its story. */
export type CreateSubtaskInput = {
  /** When it is done: up to 50 statements of up to 1,000 characters. */
  acceptanceCriteria?: Array<string> | null | undefined;
  /** Which of the story's acceptance criteria it serves (0-based): up to 1,000 entries. One that does not exist is InvalidInputError. */
  coversCriteria?: Array<number> | null | undefined;
  /** Up to 1,000 subtasks of the same story that come first. One of another story is InvalidInputError. */
  dependsOn?: Array<string | number> | null | undefined;
  /** What it takes, and what it leaves out: up to 20,000 characters. */
  description?: string | null | undefined;
  /** How much work it is; M where it is not said. */
  effort?: Effort | null | undefined;
  /** The story that it is a piece of. */
  storyId: string | number;
  /** What is to be done: 1 to 200 characters. */
  title: string;
};

/** How much work something is: XS under 1 h, S 1-2 h, M 2-4 h, L 4-8 h, XL over 8 h. */
export type Effort =
  /** 4-8 h. */
  | 'L'
  /** 2-4 h. */
  | 'M'
  /** 1-2 h. */
  | 'S'
  /** Over 8 h. */
  | 'XL'
  /** Under 1 h. */
  | 'XS';

/** What happens to what is there already. */
export type ExistingBehavior =
  /** The new comes after what is there. */
  | 'APPEND'
  /** Generated work that nobody has touched is swapped for the new, in one transaction; manual work stays. */
  | 'REPLACE'
  /** An item that has some is left alone. */
  | 'SKIP';

/** How finely an item is split: for a story COMPACT 3-5 subtasks, STANDARD 5-8, DETAILED 8-12; for an epic COMPACT 5-8 stories, STANDARD 8-12, DETAILED 12-15. */
export type GenerationMode =
  /** 3-5 subtasks a story, 5-8 stories an epic. */
  | 'COMPACT'
  /** 8-12 subtasks a story, 12-15 stories an epic. */
  | 'DETAILED'
  /** 5-8 subtasks a story, 8-12 stories an epic. */
  | 'STANDARD';

/** How a run generates. Null means the default. */
export type GenerationOptionsInput = {
  /** What happens to what is there already. */
  existingBehavior?: ExistingBehavior | null | undefined;
  /** Told with every item of the run; up to 2,000 characters. */
  instructions?: string | null | undefined;
  /** Nothing more is asked of the model when what is spent plus what is in flight may pass it. */
  maxCostUsd?: number | null | undefined;
  /** How finely each item is split. */
  mode?: GenerationMode | null | undefined;
  /** Null: the configured model; another one must be on the configuration's list. */
  model?: string | null | undefined;
  /** How hard the provider is driven. */
  pacing?: Pacing | null | undefined;
};

/** A backlog to add to a project. */
export type ImportBacklogInput = {
  /** The backlog itself: up to 2,000,000 characters, and up to 50,000 lines with text. */
  content: string;
  /** The epic that stories without one go to; made (from `epicTitle`) where it is null. */
  epicId?: string | number | null | undefined;
  /** What to call the epic that is made: up to 200 characters. */
  epicTitle?: string | null | undefined;
  /** How `content` is written. */
  format: BacklogFormat;
  /** The project that it goes to. */
  projectId: string | number;
};

/** How much a line of a run's log matters. */
export type LogLevel =
  /** Something failed. */
  | 'ERROR'
  /** As expected. */
  | 'INFO'
  /** Worth a look. */
  | 'WARN';

/** Where a story goes. */
export type MoveStoryInput = {
  /** The epic of the same project that it goes to; absent or null: its own. */
  epicId?: string | number | null | undefined;
  /** The story. */
  id: string | number;
  /** Its new place in the epic, from 0; past the end is the end. */
  position: number;
};

/** How hard the provider is driven: items in flight, and the least time between two starts. */
export type Pacing =
  /** No fixed spacing: grows while calls succeed, halves when the provider says that it is too much (429 or 529). */
  | 'ADAPTIVE'
  /** 8 in flight, 500 ms between starts. */
  | 'FAST'
  /** 4 in flight, 1000 ms between starts. */
  | 'NORMAL'
  /** 1 in flight, 2000 ms between starts. */
  | 'SAFE';

/** Who stories are written for. */
export type PersonaSet =
  /** The same, product owner and developer. */
  | 'CORE'
  /** The same as CORE, QA engineer, security analyst, support agent and operations. */
  | 'FULL'
  /** End user, administrator, system. */
  | 'LIGHTWEIGHT';

/** How much a story is needed, as MoSCoW has it. */
export type Priority =
  /** Wanted, where it costs little. */
  | 'COULD'
  /** The release is nothing without it. */
  | 'MUST'
  /** Important, but there is a way around it. */
  | 'SHOULD'
  /** Agreed to be left out this time. */
  | 'WONT';

/** A run whose undone items are to be tried again. */
export type RetryRunInput = {
  /** As in a start; the two share the project's keys. */
  idempotencyKey?: string | null | undefined;
  /** The run, which must have ended. */
  runId: string | number;
};

/** Where an item of a run stands. */
export type RunItemStatus =
  /** The run ended before it was done. */
  | 'CANCELLED'
  /** Its result is saved. */
  | 'COMPLETED'
  /** It could not be generated; `error` says why. */
  | 'FAILED'
  /** The generator is at it. */
  | 'GENERATING'
  /** Waiting for its turn. */
  | 'PENDING'
  /** Its result is being saved. */
  | 'SAVING'
  /** Left as it was; `error` says why. */
  | 'SKIPPED';

/** What a run is busy with. */
export type RunPhase =
  /** It went through. */
  | 'COMPLETED'
  /** It failed. */
  | 'FAILED'
  /** All items have ended; the result is being settled. */
  | 'FINALIZING'
  /** Filling epics with stories. */
  | 'GENERATING_STORIES'
  /** Splitting stories into subtasks. */
  | 'GENERATING_SUBTASKS'
  /** Not taken up yet. */
  | 'INITIALIZING';

/** What an event of a run tells of. */
export type RunProgressKind =
  /** The model has just finished writing something; it is not checked and saved yet. */
  | 'DRAFTED'
  /** One item changed; drafts of its attempt before are void. */
  | 'ITEM_UPDATED'
  /** A line of the run's log. */
  | 'LOGGED'
  /** The run itself changed; after a bulk change, all of its unfinished items did too. */
  | 'RUN_UPDATED'
  /** The run as it is when the watching begins. */
  | 'SNAPSHOT';

/** Where a run's life stands. QUEUED and RUNNING are active; the others are terminal and final. */
export type RunStatus =
  /** A person ended it. */
  | 'CANCELLED'
  /** Nothing was completed and something failed. */
  | 'FAILED'
  /** Some items were completed, others failed or were not reached. */
  | 'PARTIAL'
  /** Waiting for an executor. */
  | 'QUEUED'
  /** An executor holds it. */
  | 'RUNNING'
  /** Every item was completed or skipped. */
  | 'SUCCEEDED';

/** What a run generates. */
export type RunType =
  /** Stories for epics. */
  | 'GENERATE_STORIES'
  /** Subtasks for stories. */
  | 'GENERATE_SUBTASKS';

/** Which epics to fill, and how. */
export type StartGenerateStoriesInput = {
  /** Which of its epics; every one where it is null. An id that is no epic of the project is a NotFoundError. */
  epicIds?: Array<string | number> | null | undefined;
  /** Up to 200 characters. The same key with the same input gives the same run; with another, IdempotencyConflictError. */
  idempotencyKey?: string | null | undefined;
  /** How to generate. COMPACT 5-8 stories an epic, STANDARD 8-12, DETAILED 12-15. REPLACE keeps stories with manual or started subtasks, those that a person has edited, and those that a run is splitting or has split since this one was started. */
  options?: GenerationOptionsInput | null | undefined;
  /** Who the stories are written for. Null means the default. */
  personaSet?: PersonaSet | null | undefined;
  /** The project whose epics are filled. */
  projectId: string | number;
};

/** Which stories to split, and how. */
export type StartGenerateSubtasksInput = {
  /** The epic whose stories are split. It must be named for now. */
  epicId?: string | number | null | undefined;
  /** Up to 200 characters. The same key with the same input gives the same run; with another, IdempotencyConflictError. */
  idempotencyKey?: string | null | undefined;
  /** How to generate. */
  options?: GenerationOptionsInput | null | undefined;
  /** Which of its stories; every one where it is null. An id that is no story of the epic is a NotFoundError. */
  storyIds?: Array<string | number> | null | undefined;
};

/** Who made a subtask. */
export type SubtaskOrigin =
  /** A run. */
  | 'GENERATED'
  /** A person. */
  | 'MANUAL';

/** How far a subtask has come. */
export type SubtaskStatus =
  /** Finished. */
  | 'DONE'
  /** Somebody is at it. */
  | 'IN_PROGRESS'
  /** Nobody has begun. */
  | 'TODO';

/** Changes to a story. A field that is absent stays as it is, one that is null is cleared. */
export type UpdateStoryInput = {
  /** When it is done, as a whole new list: up to 50 statements of up to 1,000 characters. What subtasks cover follows statements whose text stays. */
  acceptanceCriteria?: Array<string> | null | undefined;
  /** Anything more that helps to build it: up to 20,000 characters. */
  description?: string | null | undefined;
  /** How much work it is thought to be. */
  effort?: Effort | null | undefined;
  /** The story. */
  id: string | number;
  /** The story in one sentence, 'As a … I want … so that …': up to 5,000 characters. */
  narrative?: string | null | undefined;
  /** Who wants it: the persona of 'As a …'. */
  persona?: string | null | undefined;
  /** How much it is needed. */
  priority?: Priority | null | undefined;
  /** What is wanted: 1 to 200 characters. It cannot be cleared. */
  title?: string | null | undefined;
};

/** Changes to a subtask. A field that is absent stays as it is, one that is null is cleared. A cycle, a subtask of another story or a criterion that does not exist is InvalidInputError. */
export type UpdateSubtaskInput = {
  /** When it is done, as a whole new list: up to 50 statements of up to 1,000 characters. */
  acceptanceCriteria?: Array<string> | null | undefined;
  /** Which of the story's acceptance criteria it serves (0-based), as a whole new list: up to 1,000 entries. */
  coversCriteria?: Array<number> | null | undefined;
  /** Up to 1,000 subtasks of the same story that come first, as a whole new list. */
  dependsOn?: Array<string | number> | null | undefined;
  /** What it takes, and what it leaves out: up to 20,000 characters. */
  description?: string | null | undefined;
  /** How much work it is. It cannot be cleared. */
  effort?: Effort | null | undefined;
  /** The subtask. */
  id: string | number;
  /** How far it has come. It cannot be cleared. */
  status?: SubtaskStatus | null | undefined;
  /** What is to be done: 1 to 200 characters. It cannot be cleared. */
  title?: string | null | undefined;
};

export type DemoProjectMutationVariables = Exact<{
  name: string;
}>;


export type DemoProjectMutation = { createProject:
    | { __typename: 'CreateProjectPayload', project: { id: string } }
    | { __typename: 'InvalidInputError', message: string }
   };

export type DemoImportMutationVariables = Exact<{
  projectId: string | number;
  epicTitle: string;
  content: string;
}>;


export type DemoImportMutation = { importBacklog:
    | { __typename: 'ImportBacklogPayload', epics: Array<{ id: string }>, stories: Array<{ id: string }>, warnings: Array<{ line: number, message: string }> }
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'NotFoundError', message: string }
   };

export type DemoStartMutationVariables = Exact<{
  epicId: string | number;
  pacing: Pacing;
}>;


export type DemoStartMutation = { startGenerateSubtasks:
    | { __typename: 'IdempotencyConflictError', message: string }
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'NothingToDoError', message: string }
    | { __typename: 'RunAlreadyActiveError', message: string }
    | { __typename: 'StartGenerateSubtasksPayload', storyCount: number, run: { id: string, startCursor: string } }
   };

export type DemoWatchSubscriptionVariables = Exact<{
  runId: string | number;
  after?: string | null | undefined;
}>;


export type DemoWatchSubscription = { runProgress: { kind: RunProgressKind, run: { status: RunStatus, phaseDetail: string | null, totalItems: number, completedItems: number, failedItems: number, skippedItems: number, createdCount: number, progress: number, elapsedMs: number, estimatedRemainingMs: number | null, error: string | null }, item: { code: string, title: string, status: RunItemStatus, createdCount: number, durationMs: number | null, error: string | null, story: { id: string } | null } | null } };

export type DemoStoryQueryVariables = Exact<{
  id: string | number;
}>;


export type DemoStoryQuery = { story: { code: string, title: string, narrative: string | null, subtasks: { nodes: Array<{ code: string, title: string, effort: Effort, acceptanceCriteria: Array<string>, dependsOn: Array<{ code: string }> }> } } | null };

export type CreateProjectMutationVariables = Exact<{
  input: CreateProjectInput;
}>;


export type CreateProjectMutation = { createProject:
    | { __typename: 'CreateProjectPayload', project: { id: string, name: string } }
    | { __typename: 'InvalidInputError', issues: Array<{ path: Array<string>, message: string }> }
   };

export type ImportBacklogMutationVariables = Exact<{
  input: ImportBacklogInput;
}>;


export type ImportBacklogMutation = { importBacklog:
    | { __typename: 'ImportBacklogPayload', epics: Array<{ id: string, code: string }>, stories: Array<{ id: string, code: string, title: string }>, warnings: Array<{ line: number, message: string }> }
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'NotFoundError', message: string }
   };

export type StartRunMutationVariables = Exact<{
  input: StartGenerateSubtasksInput;
}>;


export type StartRunMutation = { startGenerateSubtasks:
    | { __typename: 'IdempotencyConflictError', message: string }
    | { __typename: 'InvalidInputError', message: string, issues: Array<{ path: Array<string>, message: string }> }
    | { __typename: 'NotFoundError', message: string, id: string }
    | { __typename: 'NothingToDoError', message: string }
    | { __typename: 'RunAlreadyActiveError', message: string, run: { id: string } }
    | { __typename: 'StartGenerateSubtasksPayload', storyCount: number, run: { id: string, status: RunStatus, seqCursor: string } }
   };

export type StartStoriesMutationVariables = Exact<{
  input: StartGenerateStoriesInput;
}>;


export type StartStoriesMutation = { startGenerateStories:
    | { __typename: 'IdempotencyConflictError', message: string }
    | { __typename: 'InvalidInputError', message: string, issues: Array<{ path: Array<string>, message: string }> }
    | { __typename: 'NotFoundError', id: string, message: string }
    | { __typename: 'NothingToDoError', message: string }
    | { __typename: 'RunAlreadyActiveError', message: string, run: { id: string } }
    | { __typename: 'StartGenerateStoriesPayload', epicCount: number, run: { id: string } }
   };

export type CancelRunMutationVariables = Exact<{
  runId: string | number;
}>;


export type CancelRunMutation = { cancelRun:
    | { __typename: 'CancelRunPayload', run: { id: string, status: RunStatus, cancelledItems: number } }
    | { __typename: 'NotFoundError', message: string, id: string }
    | { __typename: 'RunNotActiveError', message: string, run: { id: string, status: RunStatus } }
   };

export type RetryRunMutationVariables = Exact<{
  input: RetryRunInput;
}>;


export type RetryRunMutation = { retryRun:
    | { __typename: 'IdempotencyConflictError', message: string }
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'NothingToDoError', message: string }
    | { __typename: 'RetryRunPayload', run: { id: string, totalItems: number, mode: GenerationMode, existingBehavior: ExistingBehavior, pacing: Pacing, retryOf: { id: string } | null, items: { nodes: Array<{ code: string, title: string }> } } }
    | { __typename: 'RunAlreadyActiveError', message: string, run: { id: string } }
   };

export type WatchRunSubscriptionVariables = Exact<{
  runId: string | number;
  after?: string | null | undefined;
}>;


export type WatchRunSubscription = { runProgress: { kind: RunProgressKind, seq: number, cursor: string, at: string, run: { id: string, status: RunStatus, phase: RunPhase, phaseDetail: string | null, progress: number, totalItems: number, completedItems: number, failedItems: number, skippedItems: number, cancelledItems: number, createdCount: number, elapsedMs: number, estimatedRemainingMs: number | null, error: string | null }, item: { id: string, code: string, title: string, status: RunItemStatus, attempts: number, createdCount: number, deletedCount: number, durationMs: number | null, error: string | null } | null, subtasks: Array<{ id: string, code: string, title: string }>, stories: Array<{ id: string, code: string, title: string }>, draft: { index: number, title: string } | null, log: { seq: number, level: LogLevel, message: string } | null } };

export type ReadRunQueryVariables = Exact<{
  id: string | number;
}>;


export type ReadRunQuery = { run: { id: string, type: RunType, status: RunStatus, phase: RunPhase, phaseDetail: string | null, mode: GenerationMode, existingBehavior: ExistingBehavior, pacing: Pacing, error: string | null, progress: number, totalItems: number, completedItems: number, failedItems: number, skippedItems: number, cancelledItems: number, createdCount: number, elapsedMs: number, estimatedRemainingMs: number | null, startCursor: string, startedAt: string | null, completedAt: string | null, epic: { id: string } | null, usage: { inputTokens: number, outputTokens: number, cacheReadTokens: number, cacheWriteTokens: number, costUsd: number | null }, items: { totalCount: number, nodes: Array<{ id: string, code: string, title: string, status: RunItemStatus, attempts: number, error: string | null, createdCount: number, deletedCount: number, startedAt: string | null, usage: { inputTokens: number, outputTokens: number, cacheReadTokens: number, cacheWriteTokens: number, costUsd: number | null }, story: { id: string } | null, epic: { id: string } | null }> }, logs: { nodes: Array<{ seq: number, level: LogLevel, message: string }> } } | null };

export type ReadStoriesQueryVariables = Exact<{
  epicId: string | number;
}>;


export type ReadStoriesQuery = { epic: { stories: { nodes: Array<{ id: string, code: string, title: string, subtasks: { nodes: Array<{ id: string, code: string, title: string, position: number, origin: SubtaskOrigin, dependsOn: Array<{ code: string }>, run: { id: string } | null }> } }> } } | null };

export type ReadEpicsQueryVariables = Exact<{
  projectId: string | number;
}>;


export type ReadEpicsQuery = { project: { activeRun: { id: string } | null, epics: { nodes: Array<{ id: string, code: string, stories: { nodes: Array<{ id: string, code: string, title: string, persona: string | null, narrative: string | null, description: string | null, acceptanceCriteria: Array<string>, priority: Priority | null, effort: Effort | null, position: number, subtasks: { totalCount: number } }> } }> } } | null };

export type UpdateStoryMutationVariables = Exact<{
  input: UpdateStoryInput;
}>;


export type UpdateStoryMutation = { updateStory:
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'UpdateStoryPayload' }
   };

export type CreateEpicMutationVariables = Exact<{
  input: CreateEpicInput;
}>;


export type CreateEpicMutation = { createEpic:
    | { __typename: 'CreateEpicPayload', epic: { id: string } }
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'NotFoundError', message: string }
   };

export type CreateSubtaskMutationVariables = Exact<{
  input: CreateSubtaskInput;
}>;


export type CreateSubtaskMutation = { createSubtask:
    | { __typename: 'CreateSubtaskPayload', subtask: { id: string } }
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'NotFoundError', message: string }
   };

export type UpdateSubtaskMutationVariables = Exact<{
  input: UpdateSubtaskInput;
}>;


export type UpdateSubtaskMutation = { updateSubtask:
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'NotFoundError', message: string }
    | { __typename: 'UpdateSubtaskPayload', subtask: { id: string, status: SubtaskStatus } }
   };

export type MoveStoryMutationVariables = Exact<{
  input: MoveStoryInput;
}>;


export type MoveStoryMutation = { moveStory:
    | { __typename: 'InvalidInputError', message: string }
    | { __typename: 'MoveStoryPayload', story: { id: string } }
    | { __typename: 'NotFoundError', message: string }
   };

export type DeleteStoryMutationVariables = Exact<{
  id: string | number;
}>;


export type DeleteStoryMutation = { deleteStory:
    | { __typename: 'DeleteStoryPayload' }
    | { __typename: 'NotFoundError' }
   };

export type DeleteEpicMutationVariables = Exact<{
  id: string | number;
}>;


export type DeleteEpicMutation = { deleteEpic:
    | { __typename: 'DeleteEpicPayload' }
    | { __typename: 'NotFoundError' }
   };

export type DeleteProjectMutationVariables = Exact<{
  id: string | number;
}>;


export type DeleteProjectMutation = { deleteProject:
    | { __typename: 'DeleteProjectPayload' }
    | { __typename: 'NotFoundError' }
   };

export type ReadProjectsQueryVariables = Exact<{ [key: string]: never; }>;


export type ReadProjectsQuery = { projects: { totalCount: number, nodes: Array<{ id: string, name: string, activeRun: { id: string } | null, runs: { totalCount: number, nodes: Array<{ id: string, status: RunStatus, elapsedMs: number, estimatedRemainingMs: number | null, currentItem: { code: string } | null }> }, epics: { nodes: Array<{ code: string }> } }> } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const DemoProjectDocument = new TypedDocumentString(`
    mutation DemoProject($name: String!) {
  createProject(input: { name: $name, context: "A demonstration of Storymill." }) {
    __typename
    ... on CreateProjectPayload {
      project {
        id
      }
    }
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<DemoProjectMutation, DemoProjectMutationVariables>;
export const DemoImportDocument = new TypedDocumentString(`
    mutation DemoImport($projectId: ID!, $epicTitle: String!, $content: String!) {
  importBacklog(
    input: {
      projectId: $projectId
      epicTitle: $epicTitle
      format: TEXT
      content: $content
    }
  ) {
    __typename
    ... on ImportBacklogPayload {
      epics {
        id
      }
      stories {
        id
      }
      warnings {
        line
        message
      }
    }
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<DemoImportMutation, DemoImportMutationVariables>;
export const DemoStartDocument = new TypedDocumentString(`
    mutation DemoStart($epicId: ID!, $pacing: Pacing!) {
  startGenerateSubtasks(input: { epicId: $epicId, options: { pacing: $pacing } }) {
    __typename
    ... on StartGenerateSubtasksPayload {
      run {
        id
        startCursor
      }
      storyCount
    }
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<DemoStartMutation, DemoStartMutationVariables>;
export const DemoWatchDocument = new TypedDocumentString(`
    subscription DemoWatch($runId: ID!, $after: String) {
  runProgress(runId: $runId, after: $after) {
    kind
    run {
      status
      phaseDetail
      totalItems
      completedItems
      failedItems
      skippedItems
      createdCount
      progress
      elapsedMs
      estimatedRemainingMs
      error
    }
    item {
      code
      title
      status
      createdCount
      durationMs
      error
      story {
        id
      }
    }
  }
}
    `) as unknown as TypedDocumentString<DemoWatchSubscription, DemoWatchSubscriptionVariables>;
export const DemoStoryDocument = new TypedDocumentString(`
    query DemoStory($id: ID!) {
  story(id: $id) {
    code
    title
    narrative
    subtasks {
      nodes {
        code
        title
        effort
        acceptanceCriteria
        dependsOn {
          code
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<DemoStoryQuery, DemoStoryQueryVariables>;
export const CreateProjectDocument = new TypedDocumentString(`
    mutation CreateProject($input: CreateProjectInput!) {
  createProject(input: $input) {
    __typename
    ... on CreateProjectPayload {
      project {
        id
        name
      }
    }
    ... on InvalidInputError {
      issues {
        path
        message
      }
    }
  }
}
    `) as unknown as TypedDocumentString<CreateProjectMutation, CreateProjectMutationVariables>;
export const ImportBacklogDocument = new TypedDocumentString(`
    mutation ImportBacklog($input: ImportBacklogInput!) {
  importBacklog(input: $input) {
    __typename
    ... on ImportBacklogPayload {
      epics {
        id
        code
      }
      stories {
        id
        code
        title
      }
      warnings {
        line
        message
      }
    }
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<ImportBacklogMutation, ImportBacklogMutationVariables>;
export const StartRunDocument = new TypedDocumentString(`
    mutation StartRun($input: StartGenerateSubtasksInput!) {
  startGenerateSubtasks(input: $input) {
    __typename
    ... on StartGenerateSubtasksPayload {
      storyCount
      run {
        id
        status
        seqCursor: startCursor
      }
    }
    ... on RunAlreadyActiveError {
      message
      run {
        id
      }
    }
    ... on NotFoundError {
      message
      id
    }
    ... on InvalidInputError {
      message
      issues {
        path
        message
      }
    }
    ... on NothingToDoError {
      message
    }
    ... on IdempotencyConflictError {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<StartRunMutation, StartRunMutationVariables>;
export const StartStoriesDocument = new TypedDocumentString(`
    mutation StartStories($input: StartGenerateStoriesInput!) {
  startGenerateStories(input: $input) {
    __typename
    ... on StartGenerateStoriesPayload {
      epicCount
      run {
        id
      }
    }
    ... on RunAlreadyActiveError {
      run {
        id
      }
    }
    ... on NotFoundError {
      id
    }
    ... on InvalidInputError {
      issues {
        path
        message
      }
    }
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<StartStoriesMutation, StartStoriesMutationVariables>;
export const CancelRunDocument = new TypedDocumentString(`
    mutation CancelRun($runId: ID!) {
  cancelRun(input: { runId: $runId }) {
    __typename
    ... on CancelRunPayload {
      run {
        id
        status
        cancelledItems
      }
    }
    ... on RunNotActiveError {
      message
      run {
        id
        status
      }
    }
    ... on NotFoundError {
      message
      id
    }
  }
}
    `) as unknown as TypedDocumentString<CancelRunMutation, CancelRunMutationVariables>;
export const RetryRunDocument = new TypedDocumentString(`
    mutation RetryRun($input: RetryRunInput!) {
  retryRun(input: $input) {
    __typename
    ... on RetryRunPayload {
      run {
        id
        totalItems
        mode
        existingBehavior
        pacing
        retryOf {
          id
        }
        items {
          nodes {
            code
            title
          }
        }
      }
    }
    ... on RunAlreadyActiveError {
      message
      run {
        id
      }
    }
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<RetryRunMutation, RetryRunMutationVariables>;
export const WatchRunDocument = new TypedDocumentString(`
    subscription WatchRun($runId: ID!, $after: String) {
  runProgress(runId: $runId, after: $after) {
    kind
    seq
    cursor
    at
    run {
      id
      status
      phase
      phaseDetail
      progress
      totalItems
      completedItems
      failedItems
      skippedItems
      cancelledItems
      createdCount
      elapsedMs
      estimatedRemainingMs
      error
    }
    item {
      id
      code
      title
      status
      attempts
      createdCount
      deletedCount
      durationMs
      error
    }
    subtasks {
      id
      code
      title
    }
    stories {
      id
      code
      title
    }
    draft {
      index
      title
    }
    log {
      seq
      level
      message
    }
  }
}
    `) as unknown as TypedDocumentString<WatchRunSubscription, WatchRunSubscriptionVariables>;
export const ReadRunDocument = new TypedDocumentString(`
    query ReadRun($id: ID!) {
  run(id: $id) {
    id
    type
    status
    phase
    phaseDetail
    mode
    existingBehavior
    pacing
    error
    progress
    totalItems
    completedItems
    failedItems
    skippedItems
    cancelledItems
    createdCount
    elapsedMs
    estimatedRemainingMs
    startCursor
    startedAt
    completedAt
    epic {
      id
    }
    usage {
      inputTokens
      outputTokens
      cacheReadTokens
      cacheWriteTokens
      costUsd
    }
    items(first: 200) {
      totalCount
      nodes {
        id
        code
        title
        status
        attempts
        error
        createdCount
        deletedCount
        startedAt
        usage {
          inputTokens
          outputTokens
          cacheReadTokens
          cacheWriteTokens
          costUsd
        }
        story {
          id
        }
        epic {
          id
        }
      }
    }
    logs(first: 200) {
      nodes {
        seq
        level
        message
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReadRunQuery, ReadRunQueryVariables>;
export const ReadStoriesDocument = new TypedDocumentString(`
    query ReadStories($epicId: ID!) {
  epic(id: $epicId) {
    stories(first: 200) {
      nodes {
        id
        code
        title
        subtasks(first: 200) {
          nodes {
            id
            code
            title
            position
            origin
            dependsOn {
              code
            }
            run {
              id
            }
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReadStoriesQuery, ReadStoriesQueryVariables>;
export const ReadEpicsDocument = new TypedDocumentString(`
    query ReadEpics($projectId: ID!) {
  project(id: $projectId) {
    activeRun(type: GENERATE_STORIES) {
      id
    }
    epics(first: 200) {
      nodes {
        id
        code
        stories(first: 200) {
          nodes {
            id
            code
            title
            persona
            narrative
            description
            acceptanceCriteria
            priority
            effort
            position
            subtasks {
              totalCount
            }
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReadEpicsQuery, ReadEpicsQueryVariables>;
export const UpdateStoryDocument = new TypedDocumentString(`
    mutation UpdateStory($input: UpdateStoryInput!) {
  updateStory(input: $input) {
    __typename
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateStoryMutation, UpdateStoryMutationVariables>;
export const CreateEpicDocument = new TypedDocumentString(`
    mutation CreateEpic($input: CreateEpicInput!) {
  createEpic(input: $input) {
    __typename
    ... on CreateEpicPayload {
      epic {
        id
      }
    }
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CreateEpicMutation, CreateEpicMutationVariables>;
export const CreateSubtaskDocument = new TypedDocumentString(`
    mutation CreateSubtask($input: CreateSubtaskInput!) {
  createSubtask(input: $input) {
    __typename
    ... on CreateSubtaskPayload {
      subtask {
        id
      }
    }
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<CreateSubtaskMutation, CreateSubtaskMutationVariables>;
export const UpdateSubtaskDocument = new TypedDocumentString(`
    mutation UpdateSubtask($input: UpdateSubtaskInput!) {
  updateSubtask(input: $input) {
    __typename
    ... on UpdateSubtaskPayload {
      subtask {
        id
        status
      }
    }
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<UpdateSubtaskMutation, UpdateSubtaskMutationVariables>;
export const MoveStoryDocument = new TypedDocumentString(`
    mutation MoveStory($input: MoveStoryInput!) {
  moveStory(input: $input) {
    __typename
    ... on MoveStoryPayload {
      story {
        id
      }
    }
    ... on Error {
      message
    }
  }
}
    `) as unknown as TypedDocumentString<MoveStoryMutation, MoveStoryMutationVariables>;
export const DeleteStoryDocument = new TypedDocumentString(`
    mutation DeleteStory($id: ID!) {
  deleteStory(input: { id: $id }) {
    __typename
  }
}
    `) as unknown as TypedDocumentString<DeleteStoryMutation, DeleteStoryMutationVariables>;
export const DeleteEpicDocument = new TypedDocumentString(`
    mutation DeleteEpic($id: ID!) {
  deleteEpic(input: { id: $id }) {
    __typename
  }
}
    `) as unknown as TypedDocumentString<DeleteEpicMutation, DeleteEpicMutationVariables>;
export const DeleteProjectDocument = new TypedDocumentString(`
    mutation DeleteProject($id: ID!) {
  deleteProject(input: { id: $id }) {
    __typename
  }
}
    `) as unknown as TypedDocumentString<DeleteProjectMutation, DeleteProjectMutationVariables>;
export const ReadProjectsDocument = new TypedDocumentString(`
    query ReadProjects {
  projects(first: 10) {
    totalCount
    nodes {
      id
      name
      activeRun(type: GENERATE_SUBTASKS) {
        id
      }
      runs(first: 10) {
        totalCount
        nodes {
          id
          status
          elapsedMs
          estimatedRemainingMs
          currentItem {
            code
          }
        }
      }
      epics(first: 10) {
        nodes {
          code
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ReadProjectsQuery, ReadProjectsQueryVariables>;