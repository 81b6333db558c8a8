import { graphql } from "../generated/gql.ts";

// What the demo asks of the API: nothing that any other client could not.

export const MakeProject = graphql(`
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
`);

export const ImportStories = graphql(`
  mutation DemoImport($projectId: ID!, $epicTitle: String!, $content: String!) {
    importBacklog(input: { projectId: $projectId, epicTitle: $epicTitle, format: TEXT, content: $content }) {
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
`);

export const StartSplitting = graphql(`
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
`);

export const Watch = graphql(`
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
`);

export const ReadStory = graphql(`
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
`);
