// npm run schema: writes the API's definition into schema.graphql, for clients and for review.
// With --check it writes nothing, and fails where the committed file is another one.
import { readFile, writeFile } from "node:fs/promises";
import { printSchema } from "graphql";
import { buildSchema } from "../src/schema/schema.ts";

const file = new URL("../schema.graphql", import.meta.url);
const printed = `${printSchema(buildSchema())}\n`;
if (!process.argv.includes("--check")) {
  await writeFile(file, printed);
} else if ((await readFile(file, "utf8").catch(missingIsEmpty)) !== printed) {
  console.error("schema.graphql is not what the sources define. Run `npm run schema` and commit the file.");
  process.exitCode = 1;
}

function missingIsEmpty(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "";
  throw error;
}
