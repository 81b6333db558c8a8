import path from "node:path";
import { seconds, within } from "../figures.ts";
import { measureStart } from "../starts.ts";
import { median } from "../statistics.ts";
import type { Bench } from "../bench.ts";

export async function benchStarts({ table, directory }: Bench): Promise<void> {
  const dataDir = path.join(directory, "starts");
  table.heading("npm start, until a query is answered");
  const first = await measureStart(dataDir);
  table.row({
    what: "the first, which makes the database",
    figure: seconds(first),
    promise: within(first, 5_000, "5 s"),
  });
  const later = median([await measureStart(dataDir), await measureStart(dataDir), await measureStart(dataDir)]);
  table.row({ what: "a later one", figure: seconds(later), promise: within(later, 2_000, "2 s") });
}
