import { expect, it } from "vitest";
import type { Notifications } from "../../src/pubsub/notifications.ts";
import { shareWakeUps } from "../../src/pubsub/shared-wake-ups.ts";
import { createWakeUps } from "../../src/pubsub/wake-ups.ts";

const RUN = "01900000-0000-7000-8000-000000000000";

it("sends again what could not be sent, and forgets no cancellation over newer events", async () => {
  const sending = Promise.withResolvers<void>();
  const sent: string[] = [];
  let first = true;
  const notifications: Notifications = {
    connected: true,
    async send(_channel, messages) {
      if (first) {
        first = false;
        await sending.promise;
      }
      sent.push(...messages);
    },
    listen() {},
    onRestored() {},
    close: async () => {},
  };
  const wakeUps = shareWakeUps(createWakeUps(), notifications);
  wakeUps.wake(RUN, "control");
  wakeUps.wake(RUN, "events");
  sending.reject(new Error("The connection is gone."));
  await expect.poll(() => sent).toEqual([`c${RUN}`]);
});
