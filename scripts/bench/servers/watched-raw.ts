// The least that a server can do for watchers: `ws`, which is handed each message of a recorded run once for every socket.
// Argument: the file of the recording.
import { WebSocketServer } from "ws";
import { readRecording, replay } from "../recording.ts";
import { serve } from "../serve.ts";

const events = readRecording(process.argv[2] ?? "");
await serve(async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => server.close(),
    go: () =>
      void replay(events, ({ text }) => {
        for (const socket of server.clients) socket.send(text);
      }),
  };
});
