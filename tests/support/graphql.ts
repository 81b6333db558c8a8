import { type ExecutionResult, graphql, type GraphQLSchema } from "graphql";
import type { Database } from "../../src/database/database.ts";
import type { Runs } from "../../src/engine/runs.ts";
import type { Feed } from "../../src/pubsub/feed.ts";
import type { Context } from "../../src/schema/context.ts";
import { buildSchema } from "../../src/schema/schema.ts";

export type Variables = Readonly<Record<string, unknown>>;

/** Operations on the backlog, executed as the server executes them, with no server around. */
export interface BacklogApi {
  readonly schema: GraphQLSchema;
  execute(operation: string, variables?: Variables): Promise<ExecutionResult>;
  /** The operation's data. @throws where it met a top-level error */
  data(operation: string, variables?: Variables): Promise<NonNullable<ExecutionResult["data"]>>;
  /** What a mutation answers to its input, with this selection of its payload. Its typed errors are answered whole. */
  mutate(name: string, input: Variables, selection?: string): Promise<unknown>;
  /** How often the operation asked the database for something. */
  statements(operation: string, variables?: Variables): Promise<number>;
}

export function createBacklogApi(database: Database): BacklogApi {
  const schema = buildSchema();
  const execute = (source: string, variableValues?: Variables) =>
    graphql({ schema, source, variableValues, contextValue: contextWithoutRuns(database) });
  const data = async (operation: string, variables?: Variables) => {
    const result = await execute(operation, variables);
    if (result.errors) throw new AggregateError(result.errors, result.errors.map(String).join("\n"));
    if (!result.data) throw new Error("The operation has neither errors nor data.");
    return result.data;
  };
  return {
    schema,
    execute,
    data,
    mutate: async (name, input, selection = "__typename") => {
      const Name = name.charAt(0).toUpperCase() + name.slice(1);
      const answer = await data(
        `mutation ($input: ${Name}Input!) {
          ${name}(input: $input) {
            __typename
            ... on ${Name}Payload { ${selection} }
            ... on Error { message }
            ${name === "createProject" ? "" : "... on NotFoundError { id }"}
            ${name.startsWith("delete") ? "" : "... on InvalidInputError { issues { path message } }"}
          }
        }`,
        { input },
      );
      return answer[name];
    },
    statements: async (operation, variables) => {
      let count = 0;
      const countOne = () => count++;
      database.pool.on("acquire", countOne);
      await data(operation, variables);
      database.pool.off("acquire", countOne);
      return count;
    },
  };
}

function contextWithoutRuns(database: Database): Context {
  return {
    database,
    loaders: new Map(),
    settleRuns: async () => () => {},
    get runs(): Runs {
      throw new Error("An operation on the backlog asked for the runs.");
    },
    get feed(): Feed {
      throw new Error("An operation on the backlog asked for the feed.");
    },
  };
}
