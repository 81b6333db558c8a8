import { graphql } from "../../generated/gql.ts";

// Operations that many tests share.

export const CreateProject = graphql(`
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
`);

export const ImportBacklog = graphql(`
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
`);

export const StartRun = graphql(`
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
`);

export const StartStories = graphql(`
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
`);

export const CancelRun = graphql(`
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
`);

export const RetryRun = graphql(`
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
`);

export const WatchRun = graphql(`
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
`);

export const ReadRun = graphql(`
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
`);

export const ReadStories = graphql(`
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
`);

export const ReadEpics = graphql(`
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
`);

export const UpdateStory = graphql(`
  mutation UpdateStory($input: UpdateStoryInput!) {
    updateStory(input: $input) {
      __typename
      ... on Error {
        message
      }
    }
  }
`);

export const CreateEpic = graphql(`
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
`);

export const CreateSubtask = graphql(`
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
`);

export const UpdateSubtask = graphql(`
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
`);

export const MoveStory = graphql(`
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
`);

export const DeleteStory = graphql(`
  mutation DeleteStory($id: ID!) {
    deleteStory(input: { id: $id }) {
      __typename
    }
  }
`);

export const DeleteEpic = graphql(`
  mutation DeleteEpic($id: ID!) {
    deleteEpic(input: { id: $id }) {
      __typename
    }
  }
`);

export const DeleteProject = graphql(`
  mutation DeleteProject($id: ID!) {
    deleteProject(input: { id: $id }) {
      __typename
    }
  }
`);

export const ReadProjects = graphql(`
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
`);
