// npm run chaos -- [--minutes N] [--seed S]: processes of Storymill die, stop and lose their database, provider and clients,
// while people start, cancel, retry and watch runs; then everything that must hold is checked. Exit code 1 where something
// did not, with the seed, and everything that was recorded is kept.
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { runChaos } from "./chaos/run-chaos.ts";

const USAGE = `npm run chaos -- [options]
  --minutes <n>   1: for how long things go wrong
  --seed <text>   what chance is drawn from; else a fresh one, which is printed
  --api <n>       2: processes that answer clients
  --workers <n>   2: processes that drive runs
  --keep          keeps what was recorded also where everything held`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string" },
    api: { type: "string", default: "2" },
    workers: { type: "string", default: "2" },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function numberOf(name: "minutes" | "api" | "workers", least: number): number {
  const number = Number(values[name]);
  if (Number.isFinite(number) && number >= least) return number;
  console.error(`--${name} takes a number from ${least} on, not ${JSON.stringify(values[name])}.\n\n${USAGE}`);
  process.exit(2);
}

if (values.help) console.log(USAGE);
else {
  const options = {
    minutes: numberOf("minutes", 0.1),
    api: Math.floor(numberOf("api", 1)),
    workers: Math.floor(numberOf("workers", 1)),
    keep: values.keep,
    seed: values.seed ?? randomBytes(4).toString("hex"),
  };
  process.exitCode = (await runChaos(options)) ? 0 : 1;
}
