import { existsSync } from "node:fs";

const DIRECTORY = new URL("../../../shared/data/backlogs/", import.meta.url);

/** Where backlogs are as teams wrote them, which are no part of the project; null where they are not there. */
export const REAL_BACKLOGS: URL | null = existsSync(DIRECTORY) ? DIRECTORY : null;
