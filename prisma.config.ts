import { defineConfig } from "prisma/config";

// `prisma generate` asks for the native schema engine and then does not use it; naming any file spares the download.
if (process.argv.includes("generate")) process.env["PRISMA_SCHEMA_ENGINE_BINARY"] ??= process.execPath;

export default defineConfig({ schema: "prisma/schema.prisma", migrations: { path: "prisma/migrations" } });
