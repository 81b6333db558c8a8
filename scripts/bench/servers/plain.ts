// The same stack as the pages of its libraries show it, over the same tables: Yoga, Pothos with its Prisma plugin, relations
// as `t.relation`. What Storymill's own way of reading gains is told against this.
import { createServer } from "node:http";
import { PrismaPg } from "@prisma/adapter-pg";
import { createYoga } from "graphql-yoga";
import { PrismaClient } from "../../../src/database/generated/prisma/client.ts";
import { listen } from "../../../src/server/listen.ts";
import { createPlainSchema } from "../plain-schema.ts";
import { serve } from "../serve.ts";

await serve(async () => {
  const adapter = new PrismaPg({ connectionString: process.env["DATABASE_URL"] });
  const prisma = new PrismaClient({ adapter });
  const server = createServer(createYoga({ schema: createPlainSchema(prisma) }));
  const port = await listen(server, "127.0.0.1", 0);
  return { url: `http://127.0.0.1:${port}`, close: () => prisma.$disconnect() };
});
