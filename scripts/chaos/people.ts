import { setTimeout as wait } from "node:timers/promises";
import { DeleteProject } from "../../tests/support/operations.ts";
import type { Api } from "./api.ts";
import { makeProject, type Project } from "./backlog.ts";
import { globalId } from "./ids.ts";
import type { OpenLedger } from "./ledger.ts";
import { cancel, meddle } from "./meddle.ts";
import type { Random } from "./random.ts";
import { begin, type Intent, intendRetry, intendStories, intendSubtasks } from "./start-runs.ts";
import type { Violation } from "./violations.ts";
import { startWatcher, type Watcher, type WatchPlan } from "./watcher.ts";

// One worker drives eight runs at once: at most so many are active, so that none has to wait for another one's end.
const PROJECTS = 5;
/** Of them, so many have their epics filled by runs too. */
const FILLED = 2;

/** Everybody who uses the system. */
export interface People {
  readonly watchers: readonly Watcher[];
  /** Breaks the sockets of some watchers. @returns how many */
  cut(random: Random): number;
  /** They start nothing more; resolves when every answer that was waited for has come. */
  stop(): Promise<void>;
  /** The same, and watchers leave. */
  close(): Promise<void>;
}

export async function startPeople(options: {
  readonly api: Api;
  readonly urls: readonly string[];
  readonly ledger: OpenLedger;
  readonly random: Random;
  readonly report: (violation: Violation) => void;
}): Promise<People> {
  const { api, urls, ledger, report } = options;
  const stopping = new AbortController();
  const stopped = new Promise<null>((resolve) => stopping.signal.addEventListener("abort", () => resolve(null)));
  const errands = new Set<Promise<void>>();
  let runs = 0;
  const watchers: Watcher[] = [];
  const projects: Project[] = [];
  const watchRandom = options.random.fork("watchers");
  for (let number = 1; number <= PROJECTS; number += 1)
    projects.push(await makeProject({ api, ledger, random: options.random }, `Chaos ${number}`));

  /** Does something on the side; what breaks it is a bug of this program, and told as one. */
  function aside(errand: Promise<void>): void {
    const settled = errand.catch((error: unknown) => {
      if (stopping.signal.aborted && error === stopping.signal.reason) return;
      report({
        kind: "answer",
        text: `Somebody's errand broke: ${error instanceof Error ? error.stack : String(error)}`,
      });
    });
    errands.add(settled);
    void settled.then(() => errands.delete(settled));
  }

  /** Waits, but no longer than it goes on. @returns whether it goes on */
  async function pause(ms: number): Promise<boolean> {
    await wait(ms, undefined, { signal: stopping.signal }).catch(() => {});
    return !stopping.signal.aborted;
  }

  function watch(plan: Partial<WatchPlan> & { readonly runId: string }, project: Project): Watcher {
    const name = `watcher ${watchers.length + 1}`;
    const watcher = startWatcher(
      { from: "start", leavesAfter: null, dozes: false, mayGo: false, ...plan, name },
      {
        urls,
        report,
        random: watchRandom.fork(name),
        onSaved: (ids) => {
          project.subtaskIds.push(...ids);
          project.subtaskIds.splice(0, project.subtaskIds.length - 40);
        },
      },
    );
    watchers.push(watcher);
    return watcher;
  }

  async function comeLate(random: Random, runId: string, project: Project): Promise<void> {
    if (await pause(random.between(300, 12_000)))
      watch({ runId, from: random.chance(0.5) ? "start" : "now", dozes: random.chance(0.2) }, project);
  }

  async function cancelLater(random: Random, runId: string): Promise<void> {
    await pause(4_000 * random.next() ** 2);
    const parts = { api, ledger, random, report };
    await Promise.all(Array.from({ length: random.chance(0.35) ? 2 : 1 }, () => cancel(parts, runId)));
  }

  async function meddleLater(random: Random, project: Project): Promise<void> {
    if (await pause(random.between(0, 5_000))) await meddle({ api, ledger, random, report }, project);
  }

  async function startAgain(random: Random, intent: Intent): Promise<void> {
    if (await pause(random.between(0, 8_000))) await begin(intent, { api, ledger, random, report });
  }

  /** What has not ended in full can be retried. */
  async function remember(project: Project, runId: string, watcher: Watcher): Promise<void> {
    const status = await Promise.race([watcher.over, stopped]);
    if (status !== null && status !== "SUCCEEDED") project.unfinished.push(globalId("Run", runId));
  }

  /** Starts a run and lets things happen to it. @returns the watcher who sees it through */
  async function start(random: Random, intent: Intent): Promise<Watcher | null> {
    const { project, key } = intent;
    const begun = await begin(intent, { api, ledger, random, report });
    if (key !== null && random.chance(0.25)) aside(startAgain(random.fork(`${key} again`), intent));
    if (begun === null || "refused" in begun) return null;
    const { runId } = begun;
    const fate = options.random.fork(`run ${(runs += 1)}`);
    const main = watch({ runId, dozes: random.chance(0.1) }, project);
    if (random.chance(0.5)) watch({ runId, from: "now" }, project);
    if (random.chance(0.3)) watch({ runId, leavesAfter: random.whole(1, 25) }, project);
    if (random.chance(0.4)) aside(comeLate(fate.fork("late"), runId, project));
    if (random.chance(0.3)) aside(cancelLater(fate.fork("cancel"), runId));
    if (random.chance(0.4)) aside(meddleLater(fate.fork("meddle"), project));
    aside(remember(project, runId, main));
    return main;
  }

  /** One person who keeps a project's stories split. */
  async function split(project: Project, random: Random): Promise<void> {
    while (await pause(random.between(0, 2_500))) {
      const retried = random.chance(0.3) ? project.unfinished.pop() : undefined;
      const intent = retried === undefined ? intendSubtasks(project, random) : intendRetry(project, retried, random);
      await waitFor(await start(random, intent), random);
    }
  }

  async function fill(project: Project, random: Random): Promise<void> {
    while (await pause(random.between(1_000, 12_000)))
      await waitFor(await start(random, intendStories(project, random)), random);
  }

  /** Mostly until the run is over; impatient ones go on while it is under way. */
  async function waitFor(watcher: Watcher | null, random: Random): Promise<void> {
    const impatient = random.chance(0.1);
    const patience = pause(impatient ? random.between(0, 3_000) : 120_000);
    if (watcher !== null) await Promise.race([watcher.over, patience]);
  }

  /** One person who deletes whole projects while they are worked at. */
  async function deleteProjects(random: Random): Promise<void> {
    for (let number = 1; await pause(random.between(8_000, 20_000)); number += 1) {
      const project = await makeProject({ api, ledger, random }, `Doomed ${number}`);
      const begun = await begin(intendSubtasks(project, random), { api, ledger, random, report });
      const watched =
        begun !== null && "runId" in begun ? [1, 2].map(() => watch({ runId: begun.runId, mayGo: true }, project)) : [];
      await pause(random.between(0, 4_000));
      ledger.deletedProjects.add(project.row);
      await api.ask(DeleteProject, { id: project.id });
      for (const each of watched) void each.over;
    }
  }

  for (const [number, project] of projects.entries()) {
    aside(split(project, options.random.fork(`split ${number}`)));
    if (number < FILLED) aside(fill(project, options.random.fork(`fill ${number}`)));
  }
  aside(deleteProjects(options.random.fork("deletions")));

  async function stop(): Promise<void> {
    stopping.abort();
    while (errands.size > 0) await Promise.all(errands);
  }

  return {
    watchers,
    cut(random) {
      const share = random.between(0.2, 1);
      return watchers.filter((watcher) => random.chance(share) && watcher.cut()).length;
    },
    stop,
    async close() {
      await stop();
      for (const watcher of watchers) watcher.leave();
    },
  };
}
