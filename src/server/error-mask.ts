import { randomBytes } from "node:crypto";
import { GraphQLError, type GraphQLFormattedError, Kind } from "graphql";
import type { Logger } from "pino";

/** Turns whatever was thrown into what a client may see. */
export type MaskError = (error: unknown) => GraphQLError;

/** A value that is echoed back to who sent it is cut here: an import may be megabytes. */
const LONGEST_MESSAGE = 2_000;

/**
 * A mask that lets through what was said to the client on purpose (GraphQLErrors of ours and of the GraphQL library) and
 * hides everything else: that goes to the log, with a reference, and the client gets the reference only.
 */
export function createErrorMask(log: Logger): MaskError {
  return (error) => {
    if (error instanceof GraphQLError && isAboutVariables(error)) return shortened(error);
    if (isForClients(error)) return error.message.length > LONGEST_MESSAGE ? shortened(error) : error;
    const reference = randomBytes(6).toString("hex");
    const located = error instanceof GraphQLError ? error : undefined;
    log.error(
      { err: located?.originalError ?? error, reference, path: located?.path?.join(".") },
      "An operation failed unexpectedly.",
    );
    return new GraphQLError(
      `Something went wrong on the server; its log says what, under the reference ${reference}.`,
      // `unexpected` tells Yoga that this is no answer to the client's mistake (500), and stays inside.
      {
        nodes: located?.nodes,
        path: located?.path,
        extensions: { code: "INTERNAL_SERVER_ERROR", reference, unexpected: true },
      },
    );
  };
}

/** The error as it goes over the wire, without the notes that Yoga keeps in its extensions. */
export function formatError(error: GraphQLError): GraphQLFormattedError {
  const { extensions: all, ...formatted } = error.toJSON();
  const { http: _http, unexpected: _unexpected, ...extensions } = all ?? {};
  return Object.keys(extensions).length > 0 ? { ...formatted, extensions } : formatted;
}

function isForClients(error: unknown): error is GraphQLError {
  if (!(error instanceof GraphQLError)) return false;
  return error.originalError === undefined || isForClients(error.originalError);
}

/** A scalar that does not take a value of a variable throws what it likes; its words are meant for who sent the value. */
function isAboutVariables(error: GraphQLError): boolean {
  return error.path === undefined && error.nodes?.some(({ kind }) => kind === Kind.VARIABLE_DEFINITION) === true;
}

function shortened(error: GraphQLError): GraphQLError {
  const { message, nodes, path, extensions } = error;
  const half = LONGEST_MESSAGE / 2;
  return new GraphQLError(
    message.length > LONGEST_MESSAGE ? `${message.slice(0, half)} … ${message.slice(-half)}` : message,
    { nodes, path, extensions: { code: "BAD_USER_INPUT", ...extensions } },
  );
}
