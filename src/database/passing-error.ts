import { Prisma } from "./generated/prisma/client.ts";

/** What PostgreSQL refuses for its content (SQLSTATE classes 22 and 23), by Prisma's codes: it would refuse it again. */
const REFUSED = new Set([
  "P2000",
  "P2002",
  "P2003",
  "P2004",
  "P2005",
  "P2006",
  "P2007",
  "P2009",
  "P2011",
  "P2012",
  "P2019",
  "P2020",
]);
/** Prisma's codes for a database that cannot be reached, does not answer in time, or has no connection left. */
const AWAY = new Set(["P1001", "P1002", "P1008", "P1017", "P2024", "P2028", "P2037"]);
/** The operating system's words for the same. */
const AWAY_SYSTEM = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);
/**
 * SQLSTATE: connection exceptions, an operator's intervention (restart, shutdown), insufficient resources, no connections
 * allowed, a transaction that stood still for too long.
 */
const AWAY_STATE = /^(08|57P|53|55000|25P03)/;
/** `pg` throws these as plain errors, with nothing but their message to know them by. */
const AWAY_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client (was closed|has encountered a connection error))/;

/** Our own end was closed: the program stops, and what is asked of it still must go to another one. */
const CLOSED_MESSAGE = /^Cannot use a pool after calling end/;

/** Whether the database could not be reached, or broke off: nothing is known of what was asked of it, a commit included. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof Prisma.PrismaClientInitializationError) return true;
  if (error instanceof Prisma.PrismaClientKnownRequestError)
    return AWAY.has(error.code) || AWAY_STATE.test(sqlState(error) ?? "") || isDriverAway(error);
  const code = codeOf(error);
  if (code !== undefined) return AWAY_SYSTEM.has(code) || AWAY_STATE.test(code);
  return AWAY_MESSAGE.test(error.message) || CLOSED_MESSAGE.test(error.message);
}

/** Whether a database error may pass by itself (connections, locks, time-outs, restarts), so that trying again makes sense. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Error && CLOSED_MESSAGE.test(error.message)) return false;
  if (isUnavailable(error)) return true;
  if (error instanceof Prisma.PrismaClientKnownRequestError) {
    const state = sqlState(error);
    return state === undefined ? !REFUSED.has(error.code) : mayPass(state);
  }
  if (error instanceof Prisma.PrismaClientUnknownRequestError) return true;
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  return error.name === "DriverAdapterError" || (code !== undefined && SQL_STATE.test(code) && mayPass(code));
}

/** Whether a unique index or a primary key refused a row. */
export function isUniqueViolation(error: unknown): boolean {
  return (
    error instanceof Prisma.PrismaClientKnownRequestError && (error.code === "P2002" || sqlState(error) === "23505")
  );
}

/** Whether a foreign key refused a row: what it refers to has gone in the meantime. */
export function isForeignKeyViolation(error: unknown): boolean {
  return (
    error instanceof Prisma.PrismaClientKnownRequestError && (error.code === "P2003" || sqlState(error) === "23503")
  );
}

/** Whether PostgreSQL ended the transaction because another one stood in its way. */
export function isDeadlock(error: unknown): boolean {
  return (
    error instanceof Prisma.PrismaClientKnownRequestError &&
    (error.code === "P2034" || /^40/.test(sqlState(error) ?? ""))
  );
}

const SQL_STATE = /^[0-9A-Z]{5}$/;

/** Not what is wrong with a value (22), a rule (23) or the statement (42). */
function mayPass(state: string): boolean {
  return !/^(22|23|42)/.test(state);
}

function codeOf(error: Error): string | undefined {
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function sqlState(error: Prisma.PrismaClientKnownRequestError): string | undefined {
  const code = /"?(?:originalCode|code)"?:\s*"?([0-9A-Z]{5})"?/.exec(JSON.stringify(error.meta ?? {}));
  return code?.[1];
}

/** A statement of our own that met no server: Prisma calls it a failed query, and its adapter says why. */
function isDriverAway(error: Prisma.PrismaClientKnownRequestError): boolean {
  return /"kind":"(DatabaseNotReachable|ConnectionClosed|SocketTimeout|TooManyConnections)"/.test(
    JSON.stringify(error.meta ?? {}),
  );
}
