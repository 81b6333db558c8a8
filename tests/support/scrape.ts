/** What /metrics said. */
export interface Scraped {
  readonly status: number;
  readonly contentType: string | null;
  /** Type of each metric by its name. */
  readonly types: ReadonlyMap<string, string>;
  /** Labels of each metric that has some, as far as it has been counted, buckets of histograms apart. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** Values by name and labels, in Prometheus' own writing: `name{label="value"}`. */
  readonly values: ReadonlyMap<string, number>;
  /** One of them; 0 where it is absent, as a counter that never counted is. */
  value(series: string): number;
}

/** Scrapes a server as Prometheus does. @param url the server's, without a path */
export async function scrape(url: string): Promise<Scraped> {
  const response = await fetch(`${url}/metrics`);
  const text = await response.text();
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]));
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, series, value] = /^([a-z0-9_]+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    if (series === undefined) throw new Error(`This is no sample of a metric: ${line}`);
    values.set(series, Number(value));
  }
  return {
    status: response.status,
    contentType: response.headers.get("content-type"),
    types,
    labels: labelsOf(values.keys(), types),
    values,
    value: (series) => values.get(series) ?? 0,
  };
}

function labelsOf(series: Iterable<string>, types: ReadonlyMap<string, string>): Map<string, string[]> {
  const labels = new Map<string, string[]>();
  for (const one of series) {
    const [name = ""] = one.split("{");
    const names = [...one.matchAll(/(\w+)="/g)].map(([, label = ""]) => label).filter((label) => label !== "le");
    if (names.length > 0) labels.set(types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, ""), names);
  }
  return labels;
}
