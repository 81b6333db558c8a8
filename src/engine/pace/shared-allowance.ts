import { setTimeout as wait } from "node:timers/promises";
import type { Database } from "../../database/database.ts";
import { Allowance, createAllowance } from "./allowance.ts";
import type { AllowanceStore } from "./allowance-store.ts";
import { exchange } from "./exchange.ts";

/**
 * Grows where older programs would misread the shape of `Allowance`: side by side during an upgrade, they then keep theirs
 * apart. What is only added has a default instead; older programs drop it, and the next answer tells it anew.
 */
const SHAPE = 1;
/** Each try that fails is somebody else's that succeeded. */
const MAX_TRIES = 20;

const READ = `SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now, a.state, a.version::text
  FROM (SELECT 1) AS one LEFT JOIN "ProviderAllowance" a ON a.key = $1`;

interface Row {
  readonly now: number;
  readonly state: unknown;
  readonly version: string | null;
}

/**
 * An allowance that all processes on one database share. It is read, reckoned with and written only where nobody else has
 * written in between; no lock is held meanwhile, so a process that is stopped in the middle holds up nobody. Times are by
 * the database's clock.
 * @param options.key names whose limits they are
 * @param options.clock another time for the database's, for tests
 */
export function createSharedAllowance(options: {
  database: Database;
  key: string;
  clock?: (databaseNow: number) => number;
}): AllowanceStore {
  const { database, clock = (now) => now } = options;
  const key = `${SHAPE} ${options.key}`;
  return {
    shared: true,
    async exchange(ask) {
      for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
        const [row] = await database.read<Row>(READ, [key]);
        if (row === undefined) break;
        const known = Allowance.safeParse(row.state);
        const before = known.success ? known.data : createAllowance(true);
        const { allowance, answer } = exchange(before, ask, clock(row.now));
        const state = JSON.stringify(allowance);
        const written = await database.prisma.$executeRaw`
          INSERT INTO "ProviderAllowance" AS a (key, state, version) VALUES (${key}, ${state}::jsonb, 1)
          ON CONFLICT (key) DO UPDATE SET state = EXCLUDED.state, version = a.version + 1, "updatedAt" = now()
          WHERE a.version = ${row.version}::bigint`;
        if (written === 1) return answer;
        await wait(Math.random() * tries);
      }
      throw new Error(`The allowance "${key}" changed each time that it was to be written.`);
    },
  };
}
