import {
  IdempotencyConflictError,
  NothingToDoError,
  RunAlreadyActiveError,
  RunNotActiveError,
} from "../engine/errors.ts";
import { type InputIssue, InvalidInputError, NotFoundError } from "../errors.ts";
import type { Builder } from "./builder.ts";
import { sentId } from "./ids.ts";
import type { Types } from "./types.ts";

/**
 * The typed errors: each is the GraphQL type of the class of its name, which a mutation lists in `errors.types`. An error
 * that a mutation does not list is a top-level one.
 */
export function defineErrors(builder: Builder, types: Types): void {
  const Issue = builder.objectRef<InputIssue>("InputIssue").implement({
    description: "One thing that is wrong with an input.",
    fields: (t) => ({
      path: t.stringList({
        description: "Where: names of fields and indices of lists, from the input's top.",
        resolve: (issue) => issue.path,
      }),
      message: t.exposeString("message", { description: "What is wrong there, and what to do." }),
    }),
  });
  const ErrorInterface = builder.interfaceRef<Error>("Error").implement({
    description: "Why something was not done.",
    fields: (t) => ({
      message: t.exposeString("message", { description: "What failed and what to do, for people." }),
    }),
  });
  const interfaces = [ErrorInterface];

  builder.objectType(NotFoundError, {
    name: "NotFoundError",
    interfaces,
    description:
      "Nothing of that kind has this id: it is malformed, of another type, or what it names is gone, or elsewhere than the rest of the input says.",
    fields: (t) => ({
      id: t.id({
        description: "The id as it was sent.",
        resolve: sentId,
      }),
    }),
  });
  builder.objectType(InvalidInputError, {
    name: "InvalidInputError",
    interfaces,
    description: "The input breaks a rule. Nothing was done.",
    fields: (t) => ({
      issues: t.field({
        type: [Issue],
        description: "Everything that is wrong with it.",
        resolve: (error) => error.issues,
      }),
    }),
  });
  builder.objectType(NothingToDoError, {
    name: "NothingToDoError",
    interfaces,
    description: "There is nothing that such a run could work at. None was started.",
  });
  builder.objectType(RunAlreadyActiveError, {
    name: "RunAlreadyActiveError",
    interfaces,
    description: "At most one run of a type is active in a project, and there is one already.",
    fields: (t) => ({
      run: t.field({ type: types.Run, description: "The run that is active.", resolve: (error) => error.run }),
    }),
  });
  builder.objectType(RunNotActiveError, {
    name: "RunNotActiveError",
    interfaces,
    description: "The run has ended already. Nothing was changed.",
    fields: (t) => ({
      run: t.field({ type: types.Run, description: "The run as it ended.", resolve: (error) => error.run }),
    }),
  });
  builder.objectType(IdempotencyConflictError, {
    name: "IdempotencyConflictError",
    interfaces,
    description: "The idempotency key was used before, with another input. Nothing was started.",
  });
}
