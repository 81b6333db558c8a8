// A Storymill reduced to its embedded server, for tests that kill it, run it as another user or beside themselves: tells in one line
// of JSON how the start went, then serves until its standard input ends.
import { once } from "node:events";
import { startEmbeddedServer } from "../../src/database/embedded/embedded-server.ts";

const logged: string[] = [];
const [dataDir = ""] = process.argv.slice(2);
// Ctrl-C reaches a whole terminal; whether it stops the process is not what is tested here.
process.on("SIGINT", () => console.log("SIGINT"));
try {
  const server = await startEmbeddedServer({ dataDir, log: (line) => logged.push(line) });
  console.log(JSON.stringify({ url: server.url, dataDir: server.dataDir, logged }));
  await once(process.stdin.resume(), "end");
  await server.close();
} catch (error) {
  console.log(JSON.stringify({ error: String(error), logged }));
}
