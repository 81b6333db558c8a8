import type { History } from "../history.ts";
import type { Violation } from "../violations.ts";
import { checkEndings } from "./endings.ts";
import { checkEvents } from "./events.ts";
import { checkStarts } from "./starts.ts";
import { checkStories } from "./stories.ts";
import { checkSubtasks } from "./subtasks.ts";
import { checkTakeovers, type Takeovers } from "./takeovers.ts";
import { checkWatches } from "./watches.ts";

/** Everything that can be judged from what was recorded (docs/architecture.md, "What always holds"). */
export function checkHistory(history: History): { readonly violations: Violation[]; readonly takeovers: Takeovers } {
  const takeovers = checkTakeovers(history);
  return {
    violations: [
      ...checkEvents(history.stored),
      ...checkEndings(history),
      ...checkSubtasks(history),
      ...checkStories(history),
      ...checkStarts(history),
      ...checkWatches(history),
      ...takeovers.violations,
    ],
    takeovers,
  };
}
