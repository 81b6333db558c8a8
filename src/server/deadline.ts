import type { Plugin } from "graphql-yoga";
import { unavailable } from "./error-mask.ts";

/** The longest that an operation may take, in milliseconds; the longest import takes a tenth of it. */
const MAX_TIME = 25_000;

/**
 * Answers operations that do not come to an end: a database that is paused, or behind a network that is cut, says nothing
 * at all. What is under way is left to it. A subscription may wait for the database as long as its client does.
 */
export function useDeadline(maxTime: number = MAX_TIME): Plugin {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      setExecuteFn(async (args) => {
        const late = Promise.withResolvers<object>();
        const timer = setTimeout(() => late.resolve({ errors: [unavailable()] }), maxTime);
        try {
          return await Promise.race([executeFn(args), late.promise]);
        } finally {
          clearTimeout(timer);
        }
      });
    },
  };
}
