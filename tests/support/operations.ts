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
          retryOf {
            id
          }
          items {
            nodes {
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
      status
      phase
      phaseDetail
      error
      progress
      totalItems
      completedItems
      failedItems
      skippedItems
      cancelledItems
      createdCount
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
          story {
            id
          }
        }
      }
      logs {
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
