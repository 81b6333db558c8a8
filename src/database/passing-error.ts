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
/** A raw query that failed; the reason is PostgreSQL's own code. */
const RAW_QUERY_FAILED = "P2010";

/** Whether a database error may pass by itself (connections, locks, time-outs, restarts), so that trying again makes sense. */
export function isPassing(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientKnownRequestError) {
    if (error.code === RAW_QUERY_FAILED) return !/^(22|23|42)/.test(sqlState(error) ?? "");
    return !REFUSED.has(error.code);
  }
  if (
    error instanceof Prisma.PrismaClientInitializationError ||
    error instanceof Prisma.PrismaClientUnknownRequestError
  )
    return true;
  return (
    error instanceof Error &&
    (error.name === "DriverAdapterError" || ("code" in error && typeof error.code === "string"))
  );
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

function sqlState(error: Prisma.PrismaClientKnownRequestError): string | undefined {
  const code = /"?(?:originalCode|code)"?:\s*"?([0-9A-Z]{5})"?/.exec(JSON.stringify(error.meta ?? {}));
  return code?.[1];
}
