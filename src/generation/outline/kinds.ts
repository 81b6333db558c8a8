import { wordList } from "./word-list.ts";

/**
 * The kinds of work that the outline tells apart, each with the verbs (in their base form, phrases that work like one
 * included) that begin what is wanted in such a story.
 */
const VERBS = {
  view: `view, see, look at, display, show, preview, visualize, visualise, watch, read, know, know if, compare, understand,
    better understand, get a sense of, have a view on, have a view of, find out, access, get, check the status of, learn, retrieve,
    navigate, open, present, list`,
  search:
    "search, search for, search among, find, filter, sort, browse, look up, look for, locate, query, discover, select, choose",
  create: `create, add, register, enter, record, submit, store, request, make, write, capture, build, set, log attendance, take,
    take attendance, enroll, enrol, tag, provide, set up, report, leave, define, draft, save, keep a record of, fill in, fill out,
    sign, note, version, book, order, apply for, suggest, propose, rate, comment on, bookmark, start, begin, post, have, support,
    offer, duplicate, copy, clone`,
  upload: "upload, import, attach, ingest, bulk load, scan",
  edit: `edit, update, modify, change, rename, correct, fix, overwrite, adjust, replace, customise, customize, personalise,
    personalize, translate, transfer, move, merge, split, amend, revise, make updates to, make some updates to, make changes to`,
  remove: `delete, remove, archive, suspend, clear, get rid of, deactivate, disable, purge, cancel, discard, unsubscribe, uninstall,
    block, ban`,
  restore: "restore, undelete, recover, undo, bring back, revert, reactivate",
  manage:
    "manage, maintain, track, keep track of, administer, organize, organise, keep, handle, oversee, preserve, control",
  visibility: "publish, unpublish, hide, unhide, release, make public, make private, have private, feature",
  notify: `be notified, be notified of, be notified about, be warned, be warned of, be alerted, be informed, be told, be reminded,
    receive, subscribe to, follow, set a reminder, set a reminders, set reminders, receive updates to, receive updates on`,
  message: `message, send, email, contact, connect with, communicate with, reply to, respond to, chat with, talk to, call,
    give feedback, provide feedback, notify, remind, alert, warn, inform, tell, thank`,
  invite: "invite, add a member, onboard",
  signUp: `sign up, sign up for, sign in, log in, log on, log into, login, create an account, create a user account, open an account,
    create a customer portal user account, authenticate, reset my password, sign out, log out`,
  access: `authorize, authorise, grant, revoke, restrict, have access to, get access to, allow, permit, make a user, remove a user,
    remove someone, limit, share access to, lock`,
  exporting: "export, download, print, extract, back up, save as, install",
  share: "share, embed, recommend, tweet, link, refer",
  report: `generate, summarize, summarise, report to, report on, analyze, analyse, measure, count, aggregate, monitor,
    see key metrics, see metrics, forecast, calculate, compute, normalise, normalize, convert, quantify`,
  validate: `validate, verify, check, check that, accept, prevent, reject, avoid, enforce, detect, ensure, ensure that, make sure,
    make sure that, be sure, be sure that, be confident, be confident that, test, leave off, leave out`,
  performance: "speed up, optimize, optimise, accelerate, scale, cache, index",
  integrate: `integrate, sync, synchronize, synchronise, connect, connect to, use, pull, push, fetch, request polygons, call the api,
    query the api, import from, load, reuse`,
  data: "derive, map, migrate, backfill, transform, include, process data, clean, clean up, populate, seed, match",
  design: "redesign, design, style, restyle, brand, mock up, move on to, polish, prototype, sketch, lay out, wireframe",
  content: "clarify, reword, document, explain, describe, highlight, proofread",
  research: `determine, investigate, research, evaluate, assess, explore, study, begin user testing, schedule user testing,
    create a user testing summary, design an audit, design a schedule, audit, interview, survey, figure out, plan, find the best way`,
  operations:
    "deploy, configure, provision, reset, log, log better, automate, upgrade, host, roll out, install and configure, run",
  workflow: `assign, approve, review, process, apply, perform, conduct, complete, issue, resubmit, satisfy, denote, prepare, deny,
    prepare for, escalate, close, resolve, inspect, finish, develop, mark, claim, delegate, sign off, execute`,
  schedule: "schedule, arrange, reserve, reschedule, assign a hearing date",
  pay: "pay, bill, charge, refund, purchase, buy, sell, subscribe, donate, checkout, check out, top up",
  general: "do, work, enable, create an avenue, deal with, go",
} as const;

export type Kind = keyof typeof VERBS;

function hasKind(entry: readonly string[]): entry is [string, Kind] {
  return Object.hasOwn(VERBS, entry[1] ?? "");
}

const VERB_KINDS: ReadonlyMap<string, Kind> = new Map(
  Object.entries(VERBS)
    .flatMap(([kind, verbs]) => wordList(verbs).map((verb) => [verb, kind]))
    .filter(hasKind),
);
const LONGEST_VERB = Math.max(...[...VERB_KINDS.keys()].map((verb) => verb.split(" ").length));

/** The kind of work that a verb in its base form begins, or undefined for a word that is no verb known here. */
export function kindOfVerb(verb: string): Kind | undefined {
  return VERB_KINDS.get(verb);
}

/** The longest verb, phrases included, that stands in these words at a place, with the number of words it has. */
export function verbAt(
  words: readonly string[],
  from: number,
): { readonly verb: string; readonly length: number } | null {
  for (let length = Math.min(LONGEST_VERB, words.length - from); length > 0; length--) {
    const verb = words
      .slice(from, from + length)
      .join(" ")
      .toLowerCase()
      .replace(/,$/u, "");
    if (VERB_KINDS.has(verb)) return { verb, length };
  }
  return null;
}

/** Verbs that say so little that the cues are asked first. */
export const WEAK_VERBS: ReadonlySet<string> = new Set(
  wordList(`have, use, make, get, do, work, enable, receive, support, go, start, begin, provide, set, take, include, leave, log, be,
    ensure, make sure, be sure, be confident, offer, deal with`),
);

/** Words anywhere in what is wanted that tell its kind where no verb does; the first that fits. */
export const CUES: readonly (readonly [Kind, RegExp])[] = [
  [
    "performance",
    /\b(performance|reasonable amount of time|faster|latency|throughput|response times?|indexed|cached|large number of|slow(ly)?|speed)\b/iu,
  ],
  [
    "signUp",
    /\b(sign(ing)? (up|in)|log(ging)? ?(in|on)|password|single sign.?on|oauth|two.factor|github or google)\b/iu,
  ],
  ["pay", /\b(payments?|pricing|billing|invoices?|fees?|refunds?|credit card|checkout)\b/iu],
  ["research", /\b(user testing|usability test|feasibility|audit|best way to|survey|interviews?)\b/iu],
  ["exporting", /\bcsv\b/iu],
  [
    "design",
    /\b(redesign|round \d|mock-?ups?|styling|colou?rs?|look and feel|landing page|layout|wireframes?|branding|logo|zoom|icons?|buttons?|urls?|header (box|bar|information)|dialog|banner)\b/iu,
  ],
  [
    "content",
    /\b(wording|language on|labels?|accurate text|help text|helpful|error codes?|examples?|tutorial|documentation|blog|explanations?|descriptions?)\b/iu,
  ],
  [
    "operations",
    /\b(deployed|deployment|production|environments?|new relic|logging|monitoring|backups?|infrastructure|uptime)\b/iu,
  ],
  [
    "validate",
    /\b(validations?|valid|validated|duplicates?|accurate|accurately|correct(ly)?|complete|errors?|zero-padded|maximum length|rules?|format)\b/iu,
  ],
  ["access", /\b(permissions?|read-only|roles?|access to|privileges?|authori[sz]ed|owner)\b/iu],
  ["notify", /\b(notified|notifications?|reminders?|alerts?|warned)\b/iu],
  [
    "integrate",
    /\b(update automatically|sync(ed|hroni[sz]ed)?|api|client|library|node lib|python|integrat(e|ion)|webhook|feed|cli|command|plugin|sdk)\b/iu,
  ],
  [
    "data",
    /\b(derived?|derivations?|historical|data load(ed|er)?|loaded|migrat(ed|ion)|schema|database|records|elements?|fields?|data|columns?|up-to-date|updated|processed)\b/iu,
  ],
  ["visibility", /\b(private|public|hidden|visible|published)\b/iu],
  ["report", /\b(metrics|statistics|dashboards?|reports?|summary|charts?)\b/iu],
  ["exporting", /\b(pdf|download(ed)?|export|print)\b/iu],
  ["search", /\b(search|filter|find)\b/iu],
  ["view", /\b(see|view|page|list|screen|show|app)\b/iu],
];
