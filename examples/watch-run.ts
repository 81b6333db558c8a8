// npx node examples/watch-run.ts RUN_ID
import { createClient } from "graphql-ws";

const client = createClient({ url: "ws://127.0.0.1:4000/graphql", shouldRetry: () => true, retryAttempts: Infinity });
const query = `subscription ($runId: ID!, $after: String) {
  runProgress(runId: $runId, after: $after) { cursor kind run { status progress } item { code status } subtasks { title } }
}`;
const variables: Record<string, unknown> = { runId: process.argv[2] };
for await (const { data, errors } of client.iterate<{ runProgress: { cursor: string } }>({ query, variables })) {
  if (errors) process.exitCode = 1;
  console.log(errors ?? data?.runProgress);
  if (data) variables.after = data.runProgress.cursor; // a new connection goes on from here
}
if (!process.exitCode) console.log("The run has ended.");
