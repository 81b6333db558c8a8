import type { Handler } from "./http-server.ts";

/** Reads all metrics: their text, and the content type that says which version of Prometheus' format it is in. */
export type Scrape = () => Promise<{ readonly contentType: string; readonly text: string }>;

/** /metrics, for a Prometheus to scrape. */
export function createMetricsAnswer(scrape: Scrape): Handler {
  return async (request, response) => {
    const { contentType, text } = await scrape();
    response.writeHead(200, {
      "content-type": contentType,
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
    });
    response.end(request.method === "HEAD" ? undefined : text);
  };
}
