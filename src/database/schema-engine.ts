import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { PrismaPg } from "@prisma/adapter-pg";
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import * as bindings from "@prisma/schema-engine-wasm/schema_engine_bg";

// What is used of it here; TypeScript declares it with the browser's library only.
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: Record<string, Record<string, unknown>>,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

/** `prisma/`: the data model and its migrations. */
export const PRISMA_DIRECTORY = new URL("../../prisma/", import.meta.url);

/** Everything of the database belongs to the model, whatever its name. */
const NO_FILTER = { externalTables: [], externalEnums: [] };

/**
 * Prisma's schema engine as WebAssembly, connected to one database. It is what the `prisma migrate` command is made of,
 * without that command's native download, and keeps the same `_prisma_migrations` table.
 */
export async function openSchemaEngine(connectionString: string) {
  const schema = {
    path: "schema.prisma",
    content: await readFile(new URL("schema.prisma", PRISMA_DIRECTORY), "utf8"),
  };
  await (loaded ??= load());
  const pool = new pg.Pool({ connectionString, Client: CharAsTextClient });
  const engine = await bindings.SchemaEngine.new(
    { datamodels: [[schema.path, schema.content]] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(new CatalogueAdapter(pool)),
  );
  const migrationsList = await readMigrations();
  return {
    /** Runs what has not been run yet, in order; names of what it ran. */
    apply: async () => (await engine.applyMigrations({ migrationsList, filters: NO_FILTER })).appliedMigrationNames,
    /** SQL that leads from the database as it is to the model; empty where they agree. */
    difference: async () => {
      const { stdout } = await engine.diff({
        from: {
          tag: "schemaDatasource",
          files: [schema],
          configDir: fileURLToPath(PRISMA_DIRECTORY),
        },
        to: { tag: "schemaDatamodel", files: [schema] },
        script: true,
        exitCode: null,
        filters: NO_FILTER,
      });
      return stdout?.includes("empty migration") ? "" : (stdout ?? "");
    },
    close: async () => {
      engine.free();
      await pool.end();
    },
  };
}

/**
 * Set once, as the bindings, which are a module of the engine's, hold one instance for the whole process: objects of an
 * earlier one that are collected or called back later would be looked for in the memory of the latest.
 */
let loaded: Promise<void> | undefined;

async function load(): Promise<void> {
  const wasm = await readFile(
    fileURLToPath(import.meta.resolve("@prisma/schema-engine-wasm/schema_engine_bg").replace(/\.js$/, ".wasm")),
  );
  const { instance } = await WebAssembly.instantiate(wasm, {
    "./schema_engine_bg.js": { ...bindings },
  });
  bindings.__wbg_set_wasm(instance.exports);
  const start = instance.exports["__wbindgen_start"];
  if (typeof start === "function") start();
}

/**
 * PostgreSQL's "char" type, in which its catalogue keeps kinds of things, is unknown to the adapter (seen with 7.10): it
 * refuses such a column. The client passes it off as text (it listens before pg's own code does), and the adapter is told
 * afterwards which columns of the engine's questions are of that type.
 */
class CharAsTextClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.connection.on("rowDescription", ({ fields }: { fields: { dataTypeID: number }[] }) => {
      for (const field of fields)
        if (field.dataTypeID === pg.types.builtins.CHAR) field.dataTypeID = pg.types.builtins.TEXT;
    });
  }
}

const CHAR_COLUMNS = new Set(["constraint_type", "confdeltype", "confupdtype"]);

class CatalogueAdapter extends PrismaPg {
  override async connect() {
    const adapter = await super.connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      const columnTypes = result.columnTypes.map((type, i) =>
        CHAR_COLUMNS.has(result.columnNames[i] ?? "") ? ColumnTypeEnum.Character : type,
      );
      return { ...result, columnTypes };
    };
    return adapter;
  }
}

/** Names of the migrations that this program ships, oldest first. */
export async function migrationNames(): Promise<string[]> {
  const entries = await readdir(new URL("migrations/", PRISMA_DIRECTORY), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function readMigrations() {
  const migrations = new URL("migrations/", PRISMA_DIRECTORY);
  return {
    baseDir: fileURLToPath(migrations),
    lockfile: {
      path: "migration_lock.toml",
      content: await readFile(new URL("migration_lock.toml", migrations), "utf8"),
    },
    shadowDbInitScript: "",
    migrationDirectories: await Promise.all(
      (await migrationNames()).map(async (name) => ({
        path: name,
        migrationFile: {
          path: "migration.sql",
          content: {
            tag: "ok" as const,
            value: await readFile(new URL(`${name}/migration.sql`, migrations), "utf8"),
          },
        },
      })),
    ),
  };
}
