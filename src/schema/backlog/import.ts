import { importBacklog, type ImportedBacklog } from "../../backlog/import-backlog.ts";
import type { ImportWarning } from "../../backlog/imported-lines.ts";
import { InvalidInputError, NotFoundError } from "../../errors.ts";
import type { Builder } from "../builder.ts";
import { decodeId, decodeOptionalId } from "../ids.ts";
import type { Types } from "../types.ts";

/** `importBacklog`. */
export function defineImport(builder: Builder, types: Types): void {
  const BacklogFormat = builder.enumType("BacklogFormat", {
    description: "How a backlog is written down.",
    values: {
      TEXT: {
        description:
          "One user story a line: 'As a … I want … so that …', in any case, with commas or none; the so-that is optional. Other lines become a story's title as they are.",
      },
    },
  });
  const Input = builder.inputType("ImportBacklogInput", {
    description: "A backlog to add to a project.",
    fields: (t) => ({
      projectId: t.id({ required: true, description: "The project that it goes to." }),
      epicId: t.id({
        description: "The epic that stories without one go to; made (from `epicTitle`) where it is null.",
      }),
      epicTitle: t.string({ description: "What to call the epic that is made: up to 200 characters." }),
      format: t.field({ type: BacklogFormat, required: true, description: "How `content` is written." }),
      content: t.string({
        required: true,
        description: "The backlog itself: up to 2,000,000 characters, and up to 50,000 lines with text.",
      }),
    }),
  });
  const Warning = builder.objectRef<ImportWarning>("ImportWarning").implement({
    description: "Something that was imported, and is worth a look.",
    fields: (t) => ({
      line: t.exposeInt("line", { description: "Line of the content, from 1." }),
      message: t.exposeString("message", { description: "What about it." }),
    }),
  });
  const Payload = builder.objectRef<ImportedBacklog>("ImportBacklogPayload").implement({
    description: "What has been added.",
    fields: (t) => ({
      epics: t.field({
        type: [types.Epic],
        description: "The epics that stories were added to, made or not.",
        resolve: (imported) => imported.epics,
      }),
      stories: t.field({
        type: [types.Story],
        description: "The stories that were made, in the order of the content.",
        resolve: (imported) => imported.stories,
      }),
      warnings: t.field({
        type: [Warning],
        description: "What to look at, by line.",
        resolve: (imported) => imported.warnings,
      }),
    }),
  });

  builder.mutationField("importBacklog", (t) =>
    t.field({
      type: Payload,
      description: "Reads a backlog and adds what it holds; all of it or nothing.",
      args: { input: t.arg({ type: Input, required: true, description: "The backlog, and where it goes." }) },
      errors: { types: [NotFoundError, InvalidInputError] },
      resolve: (_root, { input }, { database }) =>
        importBacklog(database, {
          ...input,
          projectId: decodeId("Project", input.projectId),
          epicId: decodeOptionalId("Epic", input.epicId),
        }),
    }),
  );
}
