import type { Slice } from "./slice.ts";

/** Stories in which something wrong is kept out. */
export const validate: readonly Slice[] = [
  {
    id: "rules",
    need: 1,
    size: 1,
    title: "Write down what is right and wrong for {many}, with examples",
    what: "Put each rule into one sentence with an example that just passes and one that just fails, and have {who} confirm them.",
    done: [
      "Each rule has one example on either side of its border.",
      "{who} has confirmed the list, exceptions included.",
    ],
    draws: /\b(rules?|defin\w*|maximum|minimum|length|format|values?)\b/giu,
  },
  {
    id: "check",
    need: 1,
    size: 3,
    after: ["rules"],
    title: "{do}",
    what: "Build the check so that it decides as the examples say, wherever {many} come in.",
    done: [
      "Every example is decided as it was agreed.",
      "What is accepted today and right stays accepted.",
      "A test runs all examples, and fails when a rule is taken out.",
    ],
    draws: /\b(accept\w*|reject\w*|valid\w*|prevent\w*|not|check\w*|ensure\w*|correct\w*)\b/giu,
  },
  {
    id: "say",
    need: 1,
    size: 2,
    after: ["check"],
    title: "Say for each refusal about {many} what is wrong and what to do",
    what: "Word each message so that it names the place, what was found there and what would be right.",
    done: [
      "Each message names the place, the value and what was expected.",
      "All that is wrong is named at once, not one after another.",
    ],
    draws: /\b(message|error|explain\w*|warning|shows?|text|inform\w*)\b/giu,
  },
  {
    id: "stored",
    need: 2,
    size: 2,
    after: ["check"],
    title: "Hold what is already stored against the rules for {many}",
    what: "Run the check over everything there is, list what does not pass, and agree on what becomes of it.",
    done: [
      "Every stored case that does not pass is listed with its rule.",
      "Each has been mended, or there is a decision to leave it.",
    ],
    draws: /\b(existing|historical|already|stored|database|previous)\b/giu,
  },
  {
    id: "ways",
    need: 2,
    size: 1,
    after: ["check"],
    title: "Apply the rules for {many} at every way in",
    what: "Find all the ways in which {many} enter (screen, file, API) and let each go through the same check.",
    done: [
      "The same {one} gets the same answer, whichever way it comes in.",
      "A test sends one example through every way.",
    ],
    draws: /\b(api|import|upload|file|form|batch|everywhere)\b/giu,
  },
  {
    id: "count",
    need: 2,
    size: 1,
    after: ["check"],
    title: "Show how often each rule for {many} strikes",
    what: "Count refusals by rule, so that a rule that is wrong or unclear is noticed.",
    done: ["For each rule it can be seen how often it refused something this week.", "The count names no person."],
    draws: /\b(count|report|statistics|monitor\w*|log\w*|metrics?)\b/giu,
  },
];

/** Stories about time. */
export const performance: readonly Slice[] = [
  {
    id: "measure",
    need: 1,
    size: 2,
    title: "Measure how long {who} waits for {the} today",
    what: "Build a measurement with real amounts that gives the same figure twice, and agree on the figure to reach.",
    done: [
      "The measurement runs by one command and varies by less than a tenth.",
      "The figure to reach is written down, with the amount it holds for.",
    ],
    draws: /\b(measur\w*|seconds?|minutes?|ms|time|benchmark)\b/giu,
  },
  {
    id: "find",
    need: 1,
    size: 2,
    after: ["measure"],
    title: "Find what takes the time with {many}",
    what: "Follow one slow case to the end and say for each part how long it takes, before anything is changed.",
    done: [
      "The three largest parts are known with their share.",
      "Each has an idea for what to do and what that would gain.",
    ],
    draws: /\b(profil\w*|slow\w*|cause|bottleneck|query)\b/giu,
  },
  {
    id: "mend",
    need: 1,
    size: 3,
    after: ["find"],
    title: "{do}",
    what: "Change the largest part first, measure after each change, and stop when the figure is reached.",
    done: [
      "The measurement shows the agreed figure.",
      "Results are the same as before, compared case by case.",
      "A test fails when the time grows back.",
    ],
    draws: /\b(faster|cache\w*|index\w*|within|performance|reduce\w*|limit)\b/giu,
  },
  {
    id: "load",
    need: 2,
    size: 2,
    after: ["mend"],
    title: "Try {many} with ten times today's amount",
    what: "Run the measurement with the amount of next year and with many people at once, and say where it ends.",
    done: ["The amount at which the figure no longer holds is known.", "Beyond it, things get slower and do not fail."],
    draws: /\b(load|large|many|concurrent|scale|amount|number)\b/giu,
  },
  {
    id: "wait",
    need: 2,
    size: 1,
    after: ["measure"],
    title: "Show {who} that something is happening meanwhile",
    what: "Where waiting remains, show progress and let it be stopped.",
    done: [
      "Within a tenth of a second there is a sign that it has begun.",
      "It can be stopped, and stopping leaves nothing half-done.",
    ],
    draws: /\b(progress|wait\w*|spinner|feedback|background)\b/giu,
  },
  {
    id: "watch",
    need: 2,
    size: 1,
    after: ["mend"],
    title: "Notice when {the} becomes slow again",
    what: "Record the time in daily use and raise an alarm before people complain.",
    done: [
      "The time of the slowest twentieth can be seen for each day.",
      "An alarm comes when it passes the agreed figure.",
    ],
    draws: /\b(monitor\w*|alert\w*|alarm|log\w*|metric\w*)\b/giu,
  },
];
