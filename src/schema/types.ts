import type { Builder } from "./builder.ts";
import { defineEnums } from "./enums.ts";
import { encodeId } from "./ids.ts";
import { defineConnections } from "./lists/connection.ts";

const ID = "Opaque global id.";

export type Types = ReturnType<typeof createTypes>;

/**
 * Names every type that others refer to, before any has its fields: a feature's file adds them (`prismaObjectFields`), so
 * that types may refer to each other without their files doing so. No type has a `select`: a parent may be a row as it was
 * at an event, and must not be read again.
 */
export function createTypes(builder: Builder) {
  const Node = builder.interfaceRef<{ id: string }>("Node").implement({
    description: "Whatever has an id of its own.",
    fields: (t) => ({ id: t.exposeID("id", { description: ID }) }),
  });
  const interfaces = [Node];
  const Project = builder.prismaObject("Project", {
    interfaces,
    fields: (t) => ({ id: t.id({ description: ID, resolve: ({ id }) => encodeId("Project", id) }) }),
  });
  const Epic = builder.prismaObject("Epic", {
    interfaces,
    fields: (t) => ({ id: t.id({ description: ID, resolve: ({ id }) => encodeId("Epic", id) }) }),
  });
  const Story = builder.prismaObject("Story", {
    interfaces,
    fields: (t) => ({ id: t.id({ description: ID, resolve: ({ id }) => encodeId("Story", id) }) }),
  });
  const Subtask = builder.prismaObject("Subtask", {
    interfaces,
    fields: (t) => ({ id: t.id({ description: ID, resolve: ({ id }) => encodeId("Subtask", id) }) }),
  });
  const Run = builder.prismaObject("Run", {
    interfaces,
    fields: (t) => ({ id: t.id({ description: ID, resolve: ({ id }) => encodeId("Run", id) }) }),
  });
  const RunItem = builder.prismaObject("RunItem", {
    interfaces,
    fields: (t) => ({ id: t.id({ description: ID, resolve: ({ id }) => encodeId("RunItem", id) }) }),
  });
  const RunLogEntry = builder.prismaObject("RunEvent", {
    name: "RunLogEntry",
    description: "A line of a run's log.",
  });
  const { defineConnection } = defineConnections(builder);
  return {
    ...defineEnums(builder),
    Node,
    Project,
    Epic,
    Story,
    Subtask,
    Run,
    RunItem,
    RunLogEntry,
    ProjectConnection: defineConnection("Project", Project, "projects"),
    EpicConnection: defineConnection("Epic", Epic, "epics"),
    StoryConnection: defineConnection("Story", Story, "stories"),
    SubtaskConnection: defineConnection("Subtask", Subtask, "subtasks"),
    RunConnection: defineConnection("Run", Run, "runs"),
    RunItemConnection: defineConnection("RunItem", RunItem, "items of a run"),
    RunLogConnection: defineConnection("RunLog", RunLogEntry, "log entries"),
  };
}
