import { randomBytes } from "node:crypto";
import { GraphQLError, type GraphQLFormattedError, Kind } from "graphql";
import type { RequestScopes } from "./request-scope.ts";

/** Turns whatever was thrown into what a client may see. */
export type MaskError = (error: unknown) => GraphQLError;

/** A value that is echoed back to who sent it is cut here: an import may be megabytes. */
const LONGEST_MESSAGE = 2_000;

/** How soon a client may come again when the database is away, in seconds. */
const RETRY_AFTER = "5";

/**
 * A mask that lets through what was said to the client on purpose (GraphQLErrors of ours and of the GraphQL library) and
 * hides everything else: that goes to the log, with a reference and the ids of the request, and the client gets the reference only.
 * @param isUnavailable whether an error means that the database is away: that passes, and clients are told so
 */
export function createErrorMask(
  scopes: Pick<RequestScopes, "log">,
  isUnavailable: (error: unknown) => boolean,
): MaskError {
  return (error) => {
    if (error instanceof GraphQLError && isAboutVariables(error)) return shortened(error);
    if (isForClients(error)) return error.message.length > LONGEST_MESSAGE ? shortened(error) : error;
    const located = error instanceof GraphQLError ? error : undefined;
    if (isUnavailable(located?.originalError ?? error)) {
      scopes.log.warn(
        { err: located?.originalError ?? error, path: located?.path?.join(".") },
        "The database is away.",
      );
      return unavailable(located);
    }
    const reference = randomBytes(6).toString("hex");
    scopes.log.error(
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

/** What can be told of an operation that the database was away from, or that took too long: whether it was done is not known. */
export function unavailable(located?: GraphQLError): GraphQLError {
  return new GraphQLError(
    "The database cannot be reached at this moment. Try again in a few seconds; what was to be changed may have been, or not.",
    {
      nodes: located?.nodes,
      path: located?.path,
      extensions: { code: "SERVICE_UNAVAILABLE", http: { status: 503, headers: { "Retry-After": RETRY_AFTER } } },
    },
  );
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
