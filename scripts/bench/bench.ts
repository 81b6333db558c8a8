import type { Database } from "../../src/database/database.ts";
import type { Table } from "./table.ts";

/** What the parts of the bench measure with. */
export interface Bench {
  readonly table: Table;
  /** Of a migrated database on a PostgreSQL that keeps the time of each commit. */
  readonly url: string;
  readonly database: Database;
  /** For whatever else a part needs; it goes with the bench. */
  readonly directory: string;
}
