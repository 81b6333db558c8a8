import { MAX_MESSAGE_BYTES, type Notifications } from "./notifications.ts";
import type { DraftMessage } from "./progress.ts";
import { reviveItem } from "./run-events.ts";

/** Shows drafts to who watches their runs. */
export interface Drafts {
  draft(message: DraftMessage): void;
}

/**
 * Drafts that reach the watchers of every process on the database: in this one as they are, in others by a notification,
 * with the end of a long description cut. Best effort: a draft that cannot be sent is dropped.
 */
export function shareDrafts(local: Drafts, notifications: Notifications): Drafts {
  notifications.listen("storymill_draft", (text) => {
    const message = parseDraft(text);
    if (message !== null) local.draft(message);
  });
  return {
    draft(message) {
      local.draft(message);
      // Told by who lost the connection; the set itself follows, if it is sound.
      notifications.send("storymill_draft", [formatDraft(message)]).catch(() => {});
    },
  };
}

/** The message as text of at most MAX_MESSAGE_BYTES: its description is cut where need be, then its title. */
export function formatDraft(message: DraftMessage): string {
  let { draft } = message;
  const text = () => JSON.stringify({ ...message, draft });
  for (const field of ["description", "title"] as const)
    while (draft[field].length > 1 && Buffer.byteLength(text()) > MAX_MESSAGE_BYTES)
      draft = { ...draft, [field]: shortened(draft[field]) };
  return text();
}

function shortened(words: string): string {
  return `${words.slice(0, Math.floor(words.length * 0.9) - 1).toWellFormed()}…`;
}

/** Null where it is none, or one of a program that says it in another way. */
function parseDraft(text: string): DraftMessage | null {
  try {
    const message = JSON.parse(text) as DraftMessage;
    return { ...message, item: reviveItem(message.item) };
  } catch {
    return null;
  }
}
