import { wordList, wordPairs } from "./word-list.ts";

/** What stands before the verb of what is wanted and is no part of the work. */
export const LEAD_INS: readonly string[] =
  wordList(`to, be able to, be quickly, have the ability to, have the possibility to,
  the ability to, ability to, have the option to, the option to, be allowed to, be, successfully, quickly, easily, automatically,
  permanently, accurately, dynamically, persistently, properly, also, only, simply, safely, better, help, help to`);

/** Words before a noun phrase that are left out of it. */
export const DETERMINERS: ReadonlySet<string> = new Set(
  wordList(`a, an, the, my, your, his, her, its, our, their, any, all, each, every, this, that, these, those, some, many, more, most,
    multiple, several, various, certain, other, another, both, either, no, own, same, what, how, which, whether, if, when, where, why, who,
    much, made, default, active, someone, somebody, i, we, you, they, it, he, she, me, us, them, to, for, about, of, on, up, off, by,
    with, from, in, at, into, among, based, as, concerning`),
);

/** Words that hardly any other language has: a text with one of them, or with an English verb at its head, is English. */
export const ENGLISH =
  /\b(?:the|of|to|for|with|and|is|are|can|must|should|by|from|that|not|be|has|have|when|if|each|every|only|it|their|my)\b/iu;

/** Words that end a noun phrase. */
export const PHRASE_ENDS: ReadonlySet<string> = new Set(
  wordList(`a, an, the, i, we, you, they, he, she, it, me, us, them, that, which, who, whom, whose, where, when, while, if, because,
    from, in, on, for, to, with, without, by, at, as, into, onto, via, using, based, through, after, before, during, than, among,
    across, under, over, between, about, per, so, but, vs, until, within, outside, is, are, was, were, am, be, been, has, have, had,
    can, could, will, would, should, must, may, might, do, does, did, don't, doesn't, needs, need, needed, already, automatically,
    properly, quickly, daily, online, locally, separately, faster, everyday, together, again, only, also, not, all, my, our, their,
    his, her, your, any, this, these, those, due, related, rather, prior, such, coming, includes, contain, contains, matches, exists,
    submitted, update, surrounded, associated, i'm, i've, we're, up-to-date, what, how, why, around, free, support, work, such`),
);

/** "A set of measures" is about measures: nouns that only measure out the one after "of". */
export const PARTITIVES: ReadonlySet<string> = new Set(
  wordList(`type, types, kind, kinds, sort, sorts, number, amount, large, set, sets, variety, lot, lots, couple, range, use, consistent,
    round, different, version, versions, part, parts, details, full, relative`),
);

/** Nouns that are not counted: "feedback", not "a feedback". */
export const MASS_NOUNS: ReadonlySet<string> = new Set(
  wordList(`data, metadata, information, info, feedback, attendance, access, content, wording, language, software, documentation,
    assistance, workload, staff, performance, history, usage, compliance, consistency, text, email, support, billing, training, money,
    advice, news, research, testing, progress, equipment, music, traffic, storage, time, branding, styling, management, maintenance,
    authentication, security, privacy, knowledge, help, relic, json, excel, csv, execution, coding, hardware, inventory, logistics`),
);

/** Nouns that end in "s" and are singular. */
export const SINGULAR_IN_S: ReadonlySet<string> = new Set(
  wordList(`status, address, process, access, business, class, canvas, progress, analysis, basis, bus, focus, bonus, virus, campus,
    census, success, wireless, atlas, gas`),
);

/** Nouns whose singular no rule gives. */
export const IRREGULAR_PLURALS: ReadonlyMap<string, string> =
  wordPairs(`children=child, people=person, men=man, women=woman,
  indices=index, criteria=criterion, analyses=analysis, movies=movie, cookies=cookie, series=series, statuses=status,
  addresses=address, processes=process, databases=database, cases=case, releases=release, purchases=purchase, courses=course,
  houses=house, responses=response, expenses=expense, licenses=license, phrases=phrase, buses=bus, caches=cache`);

/** Verbs whose last letter is doubled before "ing" (and "ed"). */
export const DOUBLING_VERBS: ReadonlySet<string> = new Set(
  wordList(`get, set, put, submit, resubmit, log, tag, map, run, plan, begin, permit, split, refer, stop, ban, transfer, control, enrol,
    cancel, label, scan, chat, commit, unsubmit`),
);

/** Past participles whose base form no rule gives. */
export const IRREGULAR_PARTICIPLES: ReadonlyMap<string, string> =
  wordPairs(`shown=show, sent=send, kept=keep, hidden=hide, made=make,
  given=give, found=find, told=tell, read=read, written=write, seen=see, set=set, built=build, paid=pay, held=hold, taken=take`);

/** Verbs that head no story but often an acceptance criterion. */
export const OTHER_VERBS: ReadonlySet<string> = new Set(
  wordList(`appear, contain, include, return, happen, stay, remain, finish, fail, succeed, match, respond, redirect, mark, encrypt,
    require, ask, expire, lead, arrive, ignore, stop, end, hold, give, become, place, refresh, confirm, trigger, exclude, persist,
    disappear, close, reflect, retain, exceed, respect, cover, allow, name, prompt, load, display, comply, hide`),
);
