import type { Slice } from "./slice.ts";

/** Stories in which something is taken along. */
export const exporting: readonly Slice[] = [
  {
    id: "content",
    need: 1,
    size: 1,
    title: "Agree on the content and format of {the} as a file",
    what: "Agree with {who} on the contents, their order and the format, with an example that has been opened in the program it is for.",
    done: [
      "The example opens without questions in the program that {who} uses.",
      "Every part has a name that says what it is, with its unit.",
    ],
    draws: /\b(format|columns?|fields?|contains?|includes?|csv|pdf|json|excel|header)\b/giu,
  },
  {
    id: "produce",
    need: 1,
    size: 3,
    after: ["content"],
    title: "{let}",
    what: "Produce the file on request, from what is stored at that moment, with letters of all languages intact.",
    done: [
      "The file agrees with what is on the screen at that moment.",
      "Its name says what it is and of which day.",
      "A test reads the file back and compares.",
    ],
    draws: /\b(download\w*|export\w*|generat\w*|file|click\w*|print\w*)\b/giu,
  },
  {
    id: "large",
    need: 1,
    size: 2,
    after: ["produce"],
    title: "Produce large files of {many} without making {who} wait",
    what: "Send a file while it is being made, or make it in the background, so that size is no reason to fail.",
    done: [
      "A hundred times the usual amount still arrives, without the memory growing with it.",
      "A broken download can be started again.",
      "A test takes along a large amount.",
    ],
    draws: /\b(large|big|seconds?|minutes?|progress|performance|all|timeout|size)\b/giu,
  },
  {
    id: "rights",
    need: 2,
    size: 1,
    after: ["produce"],
    title: "Leave out of the file what its reader may not see of {the}",
    what: "Apply the rules of access where the file is made, and keep links to it from working for others.",
    done: [
      "Two people with different rights get different files.",
      "A copied link opens nothing for somebody without the right.",
    ],
    draws: /\b(only|permission|private|access|authori[sz]ed)\b/giu,
  },
  {
    id: "place",
    need: 2,
    size: 1,
    after: ["produce"],
    title: "Offer the download of {the} where {who} looks at it",
    what: "Put the step beside what it takes along, and say beforehand how large it will be.",
    done: [
      "It takes one step from the page that shows {the}.",
      "Filters on that page apply to the file, and it says so.",
    ],
    draws: /\b(button|page|link|menu|screen|view\w*)\b/giu,
  },
  {
    id: "fail",
    need: 2,
    size: 1,
    after: ["produce"],
    title: "Say what to do when {the} cannot be produced",
    what: "Name the reasons for which no file comes, and what {who} can do about each.",
    done: [
      "Instead of a damaged or empty file there is a message with the reason.",
      "A test makes the source fail half-way.",
    ],
    draws: /\b(error|fail\w*|empty|missing|unavailable)\b/giu,
  },
];

/** Stories in which something is shown to people elsewhere. */
export const share: readonly Slice[] = [
  {
    id: "link",
    need: 1,
    size: 2,
    title: "Give {the} an address that shows exactly what {who} sees",
    what: "Put everything that makes up {the} into a lasting address that opens it again for others.",
    done: [
      "Opened elsewhere, the address shows the same state.",
      "It still works after the next release.",
      "A test opens an address made by an older version.",
    ],
    draws: /\b(url|link|address|state|open)\w*\b/giu,
  },
  {
    id: "act",
    need: 1,
    size: 2,
    after: ["link"],
    title: "{let}",
    what: "Offer the ways that {who} uses, copying the address included, and hand over title and text.",
    done: [
      "Each way opens with title, text and address filled in.",
      "Without any of those services, the address can still be copied.",
    ],
    draws: /\b(share\w*|button|social|network|copy|email|embed\w*)\b/giu,
  },
  {
    id: "card",
    need: 1,
    size: 2,
    after: ["link"],
    title: "Show a title and a picture of {the} where it is shared",
    what: "Provide what other services show of an address: title, short text and a picture that suits.",
    done: [
      "The card names {the} and shows a picture in the right size.",
      "A test reads the card's facts from the page without running it.",
    ],
    draws: /\b(image|picture|preview|title|description|thumbnail)\b/giu,
  },
  {
    id: "rights",
    need: 2,
    size: 1,
    after: ["link"],
    title: "Show behind a shared address only what its reader may see",
    what: "Apply the reader's rights, not the sender's, and tell {who} beforehand who will be able to open it.",
    done: ["What is private stays private behind a shared address.", "{who} is told before sharing who can open it."],
    draws: /\b(only|private|public|permission|access|anyone)\b/giu,
  },
  {
    id: "stop",
    need: 2,
    size: 1,
    after: ["act"],
    title: "Let {who} take a shared address back",
    what: "List what has been shared and let each address be closed.",
    done: [
      "A closed address says that it was closed.",
      "The list names each address with the day on which it was made.",
    ],
    draws: /\b(stop|revoke\w*|withdraw\w*|expire\w*|remove\w*)\b/giu,
  },
  {
    id: "small",
    need: 2,
    size: 1,
    after: ["link"],
    title: "Make a shared {one} readable on a phone",
    what: "Most shared addresses are opened on a phone: lay {the} out for that first.",
    done: [
      "It can be read without zooming or scrolling sideways.",
      "It appears within three seconds on a slow connection.",
    ],
    draws: /\b(mobile|phone|screen|responsive|fast)\b/giu,
  },
];
