// The same stack as the pages of its libraries show it: Yoga, Pothos, `createPubSub` and graphql-ws' `useServer`. It publishes
// a recorded run. Argument: the file of the recording.
import { setMaxListeners } from "node:events";
import { createServer } from "node:http";
import SchemaBuilder from "@pothos/core";
import PrismaPlugin from "@pothos/plugin-prisma";
import { PrismaPg } from "@prisma/adapter-pg";
import type { ExecutionArgs } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { createPubSub, createYoga } from "graphql-yoga";
import { WebSocketServer } from "ws";
import { getDatamodel } from "../../../src/database/generated/pothos.ts";
import type PrismaTypes from "../../../src/database/generated/pothos.ts";
import { PrismaClient } from "../../../src/database/generated/prisma/client.ts";
import { listen } from "../../../src/server/listen.ts";
import { type WatchedRun, type WatchedProgress, parseProgress } from "../fan-out-operation.ts";
import { readRecording, replay } from "../recording.ts";
import { serve } from "../serve.ts";

const events = readRecording(process.argv[2] ?? "");
const progress = new Map(events.map((event) => [event, parseProgress(event.text)]));
// Node would warn of each topic that more than ten listen to.
setMaxListeners(0);
const pubSub = createPubSub<{ runProgress: [runId: string, payload: WatchedProgress] }>();

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env["DATABASE_URL"] }) });
const builder = new SchemaBuilder<{ DefaultFieldNullability: false; PrismaTypes: PrismaTypes }>({
  plugins: [PrismaPlugin],
  defaultFieldNullability: false,
  prisma: { client: prisma, dmmf: getDatamodel() },
});
const Run = builder.objectRef<WatchedRun>("Run").implement({
  fields: (t) => ({
    id: t.exposeID("id"),
    status: t.exposeString("status"),
    phase: t.exposeString("phase"),
    totalItems: t.exposeInt("totalItems"),
    completedItems: t.exposeInt("completedItems"),
    failedItems: t.exposeInt("failedItems"),
    progress: t.int({
      resolve: ({ completedItems, failedItems, totalItems }) =>
        Math.floor((100 * (completedItems + failedItems)) / totalItems),
    }),
    createdCount: t.exposeInt("createdCount"),
  }),
});
const Item = builder.objectRef<NonNullable<WatchedProgress["item"]>>("RunItem").implement({
  fields: (t) => ({
    id: t.exposeID("id"),
    code: t.exposeString("code"),
    title: t.exposeString("title"),
    status: t.exposeString("status"),
    attempts: t.exposeInt("attempts"),
    createdCount: t.exposeInt("createdCount"),
    durationMs: t.exposeInt("durationMs", { nullable: true }),
    error: t.exposeString("error", { nullable: true }),
  }),
});
const RunProgress = builder.objectRef<WatchedProgress>("RunProgress").implement({
  fields: (t) => ({
    kind: t.exposeString("kind"),
    seq: t.exposeInt("seq"),
    cursor: t.exposeString("cursor"),
    at: t.exposeString("at"),
    run: t.expose("run", { type: Run }),
    item: t.expose("item", { type: Item, nullable: true }),
  }),
});
builder.queryType({ fields: (t) => ({ hello: t.string({ resolve: () => "you" }) }) });
builder.subscriptionType({
  fields: (t) => ({
    runProgress: t.field({
      type: RunProgress,
      args: { runId: t.arg.id({ required: true }) },
      subscribe: (_root, { runId }) => pubSub.subscribe("runProgress", runId),
      resolve: (payload) => payload,
    }),
  }),
});

interface Enveloped extends ExecutionArgs {
  rootValue: Pick<ReturnType<typeof yoga.getEnveloped>, "execute" | "subscribe">;
}
const yoga = createYoga({ schema: builder.toSchema() });
await serve(async () => {
  const server = createServer(yoga);
  const sockets = new WebSocketServer({ server, path: yoga.graphqlEndpoint });
  useServer(
    {
      execute: (args) => (args as Enveloped).rootValue.execute(args),
      subscribe: (args) => (args as Enveloped).rootValue.subscribe(args),
      onSubscribe: async (context, _id, params) => {
        const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
          ...context,
          req: context.extra.request,
          socket: context.extra.socket,
          params,
        });
        const args: Enveloped = {
          schema,
          operationName: params.operationName,
          document: parse(params.query),
          variableValues: params.variables,
          contextValue: await contextFactory(),
          rootValue: { execute, subscribe },
        };
        const errors = validate(args.schema, args.document);
        return errors.length > 0 ? errors : args;
      },
    },
    sockets,
  );
  const port = await listen(server, "127.0.0.1", 0);
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => server.close(),
    go: () =>
      void replay(events, (event) => {
        const payload = progress.get(event);
        if (payload !== undefined) pubSub.publish("runProgress", payload.run.id, payload);
      }),
  };
});
