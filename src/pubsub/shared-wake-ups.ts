import { MAX_MESSAGE_BYTES, type Notifications } from "./notifications.ts";
import type { LocalWakeUps, WakeUpReason, WakeUps } from "./wake-ups.ts";

/** Wake-ups of one moment share a message: a busy run has hundreds of commits a second, and one NOTIFY each would slow them. */
const COALESCE_MS = 10;

const LETTERS = { events: "e", control: "c" } as const satisfies Record<WakeUpReason, string>;
/** A letter, a run's id and a comma. */
const ENTRY_BYTES = 38;
const ENTRIES = Math.floor(MAX_MESSAGE_BYTES / ENTRY_BYTES);

/**
 * Wake-ups that reach every process on the database: this one at once, others by a notification, the first without delay,
 * then one each 10 ms. What could not be sent is sent once the connection is there again; what could not be heard is made
 * good by waking everybody then.
 */
export function shareWakeUps(local: LocalWakeUps, notifications: Notifications): WakeUps {
  let pending = new Map<string, WakeUpReason>();
  let sending = false;

  /** `control` says all that `events` says. */
  function add(runId: string, reason: WakeUpReason): void {
    if (reason === "control" || !pending.has(runId)) pending.set(runId, reason);
  }

  async function flush(): Promise<void> {
    sending = true;
    while (pending.size > 0 && notifications.connected) {
      const batch = pending;
      pending = new Map();
      try {
        await notifications.send("storymill_wake", messagesOf(batch));
      } catch {
        // Told by who lost the connection.
        for (const [runId, reason] of batch) add(runId, reason);
      }
      await new Promise((resolve) => setTimeout(resolve, COALESCE_MS));
    }
    sending = false;
  }

  notifications.listen("storymill_wake", (message) => {
    for (const entry of message.split(",")) local.wake(entry.slice(1), entry.startsWith("c") ? "control" : "events");
  });
  notifications.onRestored(() => {
    local.wakeAll();
    if (!sending) void flush();
  });

  return {
    wake(runId, reason) {
      local.wake(runId, reason);
      add(runId, reason);
      if (!sending) void flush();
    },
    listen: (runId, listener) => local.listen(runId, listener),
  };
}

function messagesOf(batch: ReadonlyMap<string, WakeUpReason>): string[] {
  const entries = [...batch].map(([runId, reason]) => `${LETTERS[reason]}${runId}`);
  return Array.from({ length: Math.ceil(entries.length / ENTRIES) }, (_, i) =>
    entries.slice(i * ENTRIES, (i + 1) * ENTRIES).join(","),
  );
}
