import type { GraphiqlTab } from "./page.ts";

/** The first way through the API, a tab a step: what one answer brings is filled into the variables of the next (see follow-answers.js). */
export function createTour(generator: "anthropic" | "outline"): readonly GraphiqlTab[] {
  return [
    { query: MAKE_PROJECT },
    { query: IMPORT_STORIES, variables: IMPORT_VARIABLES },
    { query: `${START_RUN_TITLE}${ABOUT[generator]}${START_RUN}`, variables: EPIC_VARIABLES },
    { query: WATCH_RUN, variables: RUN_VARIABLES },
    { query: READ_SUBTASKS, variables: EPIC_VARIABLES },
  ];
}

const ABOUT = {
  anthropic: "# Claude writes the subtasks.\n",
  outline:
    "# The generator is `outline`: rules, no model. With\n# ANTHROPIC_API_KEY set, Claude writes the subtasks.\n",
};

const MAKE_PROJECT = `# 1. Make a project: press the triangle, or Ctrl-Enter.
# Then go on to the next tab; the ids that it needs
# come along by themselves.
mutation MakeProject {
  createProject(
    input: {
      name: "Bookshop"
      context: "A web shop for second-hand books. TypeScript, React, PostgreSQL."
    }
  ) {
    ... on CreateProjectPayload {
      project {
        id
        name
      }
    }
    ... on Error {
      message
    }
  }
}
`;

const IMPORT_STORIES = `# 2. Import user stories, one a line, as a new epic.
mutation ImportStories($input: ImportBacklogInput!) {
  importBacklog(input: $input) {
    ... on ImportBacklogPayload {
      epics {
        id
        code
        title
      }
      stories {
        code
        title
        persona
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
`;

const STORIES = [
  "As a reader, I want to search books by title and author, so that I find the one I look for.",
  "As a reader, I want to filter results by price and condition, so that I only see books I would buy.",
  "As a reader, I want to put books into a basket, so that I can pay for them together.",
  "As a reader, I want to get an email when a book I miss comes in, so that nobody is faster than me.",
  "As a seller, I want to upload photos of a book, so that buyers see its condition.",
  "As a shop owner, I want to export the orders of a month as CSV, so that my accountant can book them.",
];

const IMPORT_VARIABLES = `{
  "input": {
    "projectId": "run the tab before first", // ← createProject.project.id
    "epicTitle": "Finding and buying books",
    "format": "TEXT",
    "content": ${JSON.stringify(STORIES.join("\n"))}
  }
}
`;

const START_RUN_TITLE =
  "# 3. Split every story of the epic into subtasks.\n# This returns at once; then watch it in the next tab.\n";
const START_RUN = `mutation StartRun($epicId: ID!) {
  startGenerateSubtasks(
    input: {
      epicId: $epicId
      # SAFE is slow enough to watch: 2 s a story.
      options: { mode: COMPACT, pacing: SAFE }
    }
  ) {
    ... on StartGenerateSubtasksPayload {
      storyCount
      run {
        id
        status
      }
    }
    ... on RunAlreadyActiveError {
      run {
        id
        progress
      }
    }
    ... on Error {
      message
    }
  }
}
`;

const EPIC_VARIABLES = `{
  "epicId": "run tab 2 first" // ← importBacklog.epics.0.id
}
`;

const WATCH_RUN = `# 4. Watch the run, live, over a WebSocket.
# Each event has a cursor: as \`after\`, it goes on there.
subscription WatchRun($runId: ID!) {
  runProgress(runId: $runId) {
    kind
    seq
    cursor
    run {
      status
      progress
      completedItems
      totalItems
      estimatedRemainingMs
    }
    item {
      code
      title
      status
    }
    subtasks {
      code
      title
      effort
    }
    draft {
      title
    }
    log {
      message
    }
  }
}
`;

const RUN_VARIABLES = `{
  "runId": "run the tab before first" // ← startGenerateSubtasks.run.id
}
`;

const READ_SUBTASKS = `# 5. Read what has come of it.
query ReadSubtasks($epicId: ID!) {
  epic(id: $epicId) {
    code
    title
    stories {
      totalCount
      nodes {
        code
        title
        subtasks {
          nodes {
            code
            title
            description
            effort
            acceptanceCriteria
            dependsOn {
              code
            }
          }
        }
      }
    }
  }
}
`;
