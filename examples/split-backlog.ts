// npx node examples/split-backlog.ts FILE: splits the user stories of a file, one a line, and prints the run's id.
import { readFile } from "node:fs/promises";

const [file = "examples/backlog.txt"] = process.argv.slice(2);

interface Answer<T> {
  data?: T;
  errors?: { message: string }[];
}

/** Sends one mutation and gives its payload. Typed errors (`Error` in the schema) have a `message`; they are thrown here. */
async function mutate<T>(query: string, variables: object): Promise<T> {
  const response = await fetch("http://127.0.0.1:4000/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as Answer<{ answer: T & { message?: string } }>;
  if (!data) throw new Error(errors?.map(({ message }) => message).join("\n"));
  if (data.answer.message !== undefined) throw new Error(data.answer.message);
  return data.answer;
}

const { project } = await mutate<{ project: { id: string } }>(
  `mutation ($name: String!) {
    answer: createProject(input: { name: $name }) {
      ... on CreateProjectPayload { project { id } }
      ... on Error { message }
    }
  }`,
  { name: file },
);

const { epics } = await mutate<{ epics: [{ id: string }] }>(
  `mutation ($projectId: ID!, $content: String!) {
    answer: importBacklog(input: { projectId: $projectId, epicTitle: "Imported", format: TEXT, content: $content }) {
      ... on ImportBacklogPayload { epics { id } }
      ... on Error { message }
    }
  }`,
  { projectId: project.id, content: await readFile(file, "utf8") },
);

const { run } = await mutate<{ run: { id: string } }>(
  `mutation ($epicId: ID!, $key: String!) {
    answer: startGenerateSubtasks(input: { epicId: $epicId, idempotencyKey: $key, options: { pacing: FAST } }) {
      ... on StartGenerateSubtasksPayload { run { id } }
      ... on Error { message }
    }
  }`,
  // Sent again after a broken connection, the same key gives the same run instead of a second one.
  { epicId: epics[0].id, key: crypto.randomUUID() },
);

console.log(run.id);
