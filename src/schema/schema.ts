import type { GraphQLSchema } from "graphql";
import { defineEpicMutations } from "./backlog/epic-mutations.ts";
import { defineEpics } from "./backlog/epics.ts";
import { defineImport } from "./backlog/import.ts";
import { defineProjectMutations } from "./backlog/project-mutations.ts";
import { defineProjects } from "./backlog/projects.ts";
import { defineStories } from "./backlog/stories.ts";
import { defineStoryMutations } from "./backlog/story-mutations.ts";
import { defineSubtaskMutations } from "./backlog/subtask-mutations.ts";
import { defineSubtasks } from "./backlog/subtasks.ts";
import { createBuilder } from "./builder.ts";
import { defineErrors } from "./errors.ts";
import { defineNode } from "./node.ts";
import { defineGenerationOptions } from "./runs/generation-options.ts";
import { defineRunItems } from "./runs/run-items.ts";
import { defineRunLogs } from "./runs/run-logs.ts";
import { defineRunMutations } from "./runs/run-mutations.ts";
import { defineRunProgress } from "./runs/run-progress.ts";
import { defineRuns } from "./runs/runs.ts";
import { defineUsage } from "./runs/usage.ts";
import { createTypes } from "./types.ts";

/** The whole API. Its types, fields and arguments are sorted by name; what it works on comes with the context. */
export function buildSchema(): GraphQLSchema {
  const builder = createBuilder();
  const types = createTypes(builder);
  defineErrors(builder, types);
  defineNode(builder, types);
  defineProjects(builder, types);
  defineProjectMutations(builder, types);
  defineEpics(builder, types);
  defineEpicMutations(builder, types);
  defineStories(builder, types);
  defineStoryMutations(builder, types);
  defineSubtasks(builder, types);
  defineSubtaskMutations(builder, types);
  defineImport(builder, types);
  const Usage = defineUsage(builder);
  const Options = defineGenerationOptions(builder, types);
  defineRuns(builder, types, Usage);
  defineRunItems(builder, types, Usage);
  defineRunLogs(builder, types);
  defineRunMutations(builder, types, Options);
  defineRunProgress(builder, types);
  return builder.toSchema();
}
