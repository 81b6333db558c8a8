// npx node examples/watch-run.ts RUN_ID
import { createClient } from "graphql-ws";

const client = createClient({ url: "ws://127.0.0.1:4000/graphql", shouldRetry: () => true });
const query = `subscription ($runId: ID!, $after: String) {
  runProgress(runId: $runId, after: $after) { cursor kind run { status progress } item { code status } subtasks { title } }
}`;
const variables: Record<string, unknown> = { runId: process.argv[2] };
for await (const { data, errors } of client.iterate<{ runProgress: { cursor: string } }>({ query, variables })) {
  console.log(data?.runProgress ?? errors);
  if (data) variables.after = data.runProgress.cursor; // a new connection goes on from here
}
console.log("The run has ended.");
