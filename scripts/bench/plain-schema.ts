import SchemaBuilder from "@pothos/core";
import PrismaPlugin from "@pothos/plugin-prisma";
import type { GraphQLSchema } from "graphql";
import { getDatamodel } from "../../src/database/generated/pothos.ts";
import type PrismaTypes from "../../src/database/generated/pothos.ts";
import { type PrismaClient, $Enums } from "../../src/database/generated/prisma/client.ts";

/** The types and fields that the bench reads, as the documentation of Pothos' Prisma plugin would have them. */
export function createPlainSchema(prisma: PrismaClient): GraphQLSchema {
  const builder = new SchemaBuilder<{ DefaultFieldNullability: false; PrismaTypes: PrismaTypes }>({
    plugins: [PrismaPlugin],
    defaultFieldNullability: false,
    prisma: { client: prisma, dmmf: getDatamodel() },
  });
  const Effort = builder.enumType($Enums.Effort, { name: "Effort" });
  const Priority = builder.enumType($Enums.Priority, { name: "Priority" });
  const SubtaskStatus = builder.enumType($Enums.SubtaskStatus, { name: "SubtaskStatus" });
  const RunStatus = builder.enumType($Enums.RunStatus, { name: "RunStatus" });
  const RunItemStatus = builder.enumType($Enums.RunItemStatus, { name: "RunItemStatus" });

  builder.prismaObject("Subtask", {
    fields: (t) => ({
      id: t.exposeID("id"),
      code: t.string({ resolve: ({ number }) => `ST${number}` }),
      title: t.exposeString("title"),
      description: t.exposeString("description"),
      effort: t.expose("effort", { type: Effort }),
      status: t.expose("status", { type: SubtaskStatus }),
      acceptanceCriteria: t.exposeStringList("acceptanceCriteria"),
      position: t.exposeInt("position"),
    }),
  });
  builder.prismaObject("Story", {
    fields: (t) => ({
      id: t.exposeID("id"),
      code: t.string({ resolve: ({ number }) => `S${number}` }),
      title: t.exposeString("title"),
      priority: t.expose("priority", { type: Priority, nullable: true }),
      effort: t.expose("effort", { type: Effort, nullable: true }),
      position: t.exposeInt("position"),
      subtasks: t.relation("subtasks", { query: { orderBy: { position: "asc" } } }),
    }),
  });
  builder.prismaObject("Epic", {
    fields: (t) => ({
      id: t.exposeID("id"),
      code: t.string({ resolve: ({ number }) => `E${number}` }),
      title: t.exposeString("title"),
      stories: t.relation("stories", { query: { orderBy: { position: "asc" } } }),
    }),
  });
  builder.prismaObject("RunItem", {
    fields: (t) => ({
      id: t.exposeID("id"),
      code: t.exposeString("code"),
      title: t.exposeString("title"),
      status: t.expose("status", { type: RunItemStatus }),
      createdCount: t.exposeInt("createdCount"),
      durationMs: t.exposeInt("durationMs", { nullable: true }),
      story: t.relation("story", { nullable: true }),
    }),
  });
  builder.prismaObject("Run", {
    fields: (t) => ({
      id: t.exposeID("id"),
      status: t.expose("status", { type: RunStatus }),
      totalItems: t.exposeInt("totalItems"),
      items: t.relation("items", {
        args: { first: t.arg.int({ required: true }) },
        query: ({ first }) => ({ take: first, orderBy: { position: "asc" } }),
      }),
    }),
  });
  builder.queryType({
    fields: (t) => ({
      epic: t.prismaField({
        type: "Epic",
        nullable: true,
        args: { id: t.arg.id({ required: true }) },
        resolve: (query, _root, { id }) => prisma.epic.findUnique({ ...query, where: { id } }),
      }),
      run: t.prismaField({
        type: "Run",
        nullable: true,
        args: { id: t.arg.id({ required: true }) },
        resolve: (query, _root, { id }) => prisma.run.findUnique({ ...query, where: { id } }),
      }),
    }),
  });
  return builder.toSchema();
}
