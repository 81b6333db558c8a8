// Vitest's global setup: says what this machine lacks, since the reporter names files that it skips without their reason.
import { findChromium } from "./browser.ts";
import { REAL_BACKLOGS } from "./real-backlogs.ts";

export default function setup(): void {
  if (REAL_BACKLOGS === null)
    console.log("Skipped: the tests with teams' real backlogs, as there is no ../shared/data/backlogs.");
  if (findChromium() === undefined)
    console.log("Skipped: the tests of GraphiQL in a browser, as there is no Chromium in PATH and no CHROME_PATH.");
}
