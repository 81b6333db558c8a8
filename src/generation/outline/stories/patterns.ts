import type { Effort, Priority } from "../../generator.ts";
import type { Persona } from "../../personas.ts";

/** A story that most epics need, in the words {one}, {a}, {the} and {many} of what the epic is about. */
export interface StoryPattern {
  readonly persona: Persona;
  /** Verb first; title and narrative are made of it. */
  readonly want: string;
  readonly so: string;
  readonly what: string;
  readonly done: readonly string[];
  readonly priority: Priority;
  readonly effort: Effort;
}

/** In the order in which an epic needs them; a set takes those of its personas. */
export const STORY_PATTERNS: readonly StoryPattern[] = [
  {
    persona: "End user",
    want: "see all {many} in one place",
    so: "I know where things stand",
    what: "A list with what tells one {one} from the next, newest first, that stays usable with thousands of entries.",
    done: [
      "Every {one} that the user may see is in the list, and no other.",
      "Without a single {one}, the page says so and what to do next.",
      "The list opens within two seconds with 10,000 {many}.",
    ],
    priority: "MUST",
    effort: "M",
  },
  {
    persona: "End user",
    want: "add {a} in one go",
    so: "what I know is kept",
    what: "A form with as few fields as possible, which keeps what was typed until it is saved.",
    done: [
      "A saved {one} is in the list at once.",
      "A field that is missing or wrong is named beside it, and nothing that was typed is lost.",
      "Saving twice makes one {one}, not two.",
    ],
    priority: "MUST",
    effort: "M",
  },
  {
    persona: "Administrator",
    want: "decide who may see and change {many}",
    so: "nobody does by accident what is not theirs to do",
    what: "Rights by role for {many}, with sensible ones set from the beginning.",
    done: [
      "Somebody without the right neither sees nor reaches {the}, by its address either.",
      "A right that is taken away counts from the next click.",
      "Each change of rights says who made it and when.",
    ],
    priority: "MUST",
    effort: "L",
  },
  {
    persona: "System",
    want: "check every {one} before it is kept",
    so: "nobody has to clean up later",
    what: "The same rules for {many} wherever they come from: form, import or another program.",
    done: [
      "{A} that breaks a rule is refused with the rule in plain words.",
      "A refused {one} leaves nothing behind.",
      "The rules are the same for every way in.",
    ],
    priority: "MUST",
    effort: "M",
  },
  {
    persona: "End user",
    want: "find {many} by words in them",
    so: "I need not go through all of them",
    what: "A search over what {many} say, with filters for what people ask for most.",
    done: [
      "A word from anywhere in {the} finds it.",
      "Search and filters work together, and the address of the page keeps both.",
      "A search without a result suggests what to change.",
    ],
    priority: "SHOULD",
    effort: "M",
  },
  {
    persona: "Product owner",
    want: "see how {many} are used over time",
    so: "I can decide what to build next",
    what: "A few figures by week, counted without following single people.",
    done: [
      "New, changed and removed {many} are shown by week for a year.",
      "The figures can be taken out as a file.",
      "No figure lets one tell who a single person is.",
    ],
    priority: "SHOULD",
    effort: "M",
  },
  {
    persona: "Developer",
    want: "read and write {many} through an interface",
    so: "other programs can work with them",
    what: "Calls for listing, reading, adding and changing {many}, with examples that run.",
    done: [
      "What the page can do with {many}, the interface can do as well.",
      "Each error has a code that stays and a sentence for people.",
      "The examples in the documentation run as they stand.",
    ],
    priority: "SHOULD",
    effort: "L",
  },
  {
    persona: "Security analyst",
    want: "follow who read or changed {a}",
    so: "misuse can be seen and proven",
    what: "A trail of accesses to {many} that nobody can edit, with a search by person and by {one}.",
    done: [
      "Each read and change has person, time and what it was.",
      "Nobody can change or remove an entry, administrators included.",
      "The trail of a year can be searched within five seconds.",
    ],
    priority: "SHOULD",
    effort: "M",
  },
  {
    persona: "Support agent",
    want: "look at {a} as its owner sees it",
    so: "I can help without asking for pictures of the screen",
    what: "A view for support, read only, for a limited time, and visible to the owner.",
    done: [
      "The view shows what the owner sees and lets nothing be changed.",
      "It ends by itself after 30 minutes.",
      "The owner can see who looked, and when.",
    ],
    priority: "SHOULD",
    effort: "M",
  },
  {
    persona: "QA engineer",
    want: "fill a test system with {many} of every kind",
    so: "every case can be tried before a release",
    what: "One command that makes {many} in every state, the odd ones included, the same each time.",
    done: [
      "The command makes the same {many} on every run.",
      "Each state, an empty, a very long and a damaged {one} are among them.",
      "It refuses to run on the live system.",
    ],
    priority: "COULD",
    effort: "S",
  },
  {
    persona: "Operations",
    want: "bring {many} back after a failure",
    so: "a broken disk costs minutes and not days",
    what: "Backups of {many} that are tried out regularly, with steps that anybody on duty can follow.",
    done: [
      "At most one hour of changes is lost.",
      "A restore has been rehearsed within the last month, with its time noted.",
      "A backup that fails wakes somebody.",
    ],
    priority: "SHOULD",
    effort: "M",
  },
  {
    persona: "End user",
    want: "change {a} without losing what others changed",
    so: "it stays true however many work on it",
    what: "Editing in place, with a warning where somebody else has changed the same in the meantime.",
    done: [
      "The change is there after reloading the page.",
      "Of two changes at once none is lost without a word.",
      "Who changed {the} last, and when, can be seen.",
    ],
    priority: "MUST",
    effort: "M",
  },
  {
    persona: "Administrator",
    want: "bring in {many} from a file",
    so: "nobody types again what exists already",
    what: "An import that shows what it will do first, and then does all of it or nothing.",
    done: [
      "Before anything is kept, every line that is wrong is shown with its number and the reason.",
      "An import of 10,000 lines ends within a minute.",
      "The same file twice makes no doubles.",
    ],
    priority: "SHOULD",
    effort: "L",
  },
  {
    persona: "System",
    want: "tell those concerned when {a} changes",
    so: "nobody finds out too late",
    what: "Messages about {many} by the way that each person has chosen, several changes in one where they come together.",
    done: [
      "A message arrives within a minute of the change.",
      "Whoever switched a kind of message off gets none.",
      "A message that could not be sent is sent later, once.",
    ],
    priority: "SHOULD",
    effort: "M",
  },
  {
    persona: "End user",
    want: "remove {a} and take that back",
    so: "a wrong click does no harm",
    what: "Removal with a way back for 30 days, and a word beforehand on what goes with it.",
    done: [
      "A removed {one} is in no list and no search.",
      "Within 30 days it comes back as it was.",
      "What hangs on {the} is named before it is removed.",
    ],
    priority: "SHOULD",
    effort: "M",
  },
  {
    persona: "End user",
    want: "take {many} out as a file",
    so: "I can go on working with them elsewhere",
    what: "What the list shows, filters included, as a file that a spreadsheet opens without questions.",
    done: [
      "The file has exactly the {many} that the list shows.",
      "Letters of every language arrive unharmed.",
      "A file that takes longer comes as a link, and the page stays usable.",
    ],
    priority: "COULD",
    effort: "S",
  },
  {
    persona: "End user",
    want: "work with {many} on a phone",
    so: "I can do it where I am",
    what: "The ways that people take most, on a small screen and with one hand.",
    done: [
      "On a screen 360 points wide nothing is cut off.",
      "With a broken connection what was typed is kept until it is back.",
    ],
    priority: "COULD",
    effort: "M",
  },
  {
    persona: "Administrator",
    want: "see what has been done with {many}, and by whom",
    so: "questions about the past have an answer",
    what: "A history of {many} with person, time, before and after.",
    done: [
      "Each change shows what was before and what came after.",
      "The history can be narrowed to a person, a day, {a}.",
    ],
    priority: "SHOULD",
    effort: "M",
  },
  {
    persona: "System",
    want: "keep answers about {many} quick as they grow in number",
    so: "people do not wait",
    what: "A target for the slowest calls, measured all the time, and what it takes to hold it.",
    done: [
      "19 of 20 calls are answered within half a second with 100,000 {many}.",
      "A call that misses the target can be found in the figures.",
    ],
    priority: "COULD",
    effort: "M",
  },
  {
    persona: "Administrator",
    want: "change several {many} at once",
    so: "routine takes minutes and not hours",
    what: "Selection in the list, a few actions on all that is selected, and a report of what happened.",
    done: [
      "An action says beforehand how many {many} it touches.",
      "What could not be done is listed with the reason; the rest is done.",
    ],
    priority: "COULD",
    effort: "M",
  },
  {
    persona: "System",
    want: "clear away {many} that must not be kept any longer",
    so: "rules on keeping data are met",
    what: "Rules by age and state, a preview, and a record of what went.",
    done: ["What is past its time is gone within a day, backups apart.", "What somebody has put on hold stays."],
    priority: "COULD",
    effort: "M",
  },
  {
    persona: "Administrator",
    want: "set what {many} look like at the beginning",
    so: "people begin with what is right for them",
    what: "Fields, default values and choices of {many} that can be set without a release.",
    done: [
      "A new default counts for the next {one} and changes no old one.",
      "A choice that is in use cannot be removed without a replacement.",
    ],
    priority: "COULD",
    effort: "M",
  },
  {
    persona: "System",
    want: "take over changes of {many} from other programs",
    so: "both sides say the same",
    what: "An exchange in both directions that goes on by itself after a break.",
    done: [
      "A change on one side is on the other within five minutes.",
      "Two changes of the same {one} are shown to somebody who decides.",
    ],
    priority: "WONT",
    effort: "L",
  },
];
