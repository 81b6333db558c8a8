import http from "node:http";

/** What one round of requests came to. */
export interface Load {
  readonly requests: number;
  readonly seconds: number;
}

/**
 * Posts `body` to `url` again and again over so many kept connections, each waiting for its answer before it asks again.
 * As little of a client as can be, since it shares the machine with the server.
 * @throws Error where an answer is not `bytes` long: something went wrong, and speed says nothing
 */
export async function putLoad(options: {
  readonly url: string;
  readonly body: string;
  readonly bytes: number;
  readonly connections: number;
  readonly seconds: number;
}): Promise<Load> {
  const { connections, bytes } = options;
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const started = performance.now();
  const until = started + options.seconds * 1000;
  let requests = 0;
  const ask = async () => {
    while (performance.now() < until) {
      const got = await post(agent, options.url, options.body);
      if (got !== bytes) throw new Error(`${options.url} answered ${got} bytes instead of ${bytes}.`);
      requests += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, ask));
  } finally {
    agent.destroy();
  }
  return { requests, seconds: (performance.now() - started) / 1000 };
}

/** Resolves with the length of the answer. */
function post(agent: http.Agent, url: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const request = http.request(url, { method: "POST", agent, headers }, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Buffer) => (bytes += chunk.length));
      response.once("end", () => resolve(bytes));
      response.once("error", reject);
    });
    request.once("error", reject);
    request.end(body);
  });
}
