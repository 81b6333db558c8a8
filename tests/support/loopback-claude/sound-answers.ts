import { blocksOf, type WireRequest } from "./wire.ts";

const STEPS = [
  "Store what is needed to",
  "Build the page to",
  "Check the input to",
  "Show the result to whoever wants to",
  "Handle failures of those who try to",
  "Tell those concerned of whoever may",
  "Limit who may",
  "Keep it quick to",
  "Make it possible on a phone to",
  "Write the help on how to",
  "Count how many people",
  "Undo it for those who did not mean to",
  "Put into other languages how to",
  "Rehearse with five people how to",
  "Explain to newcomers how to",
];
const EFFORTS = ["S", "M", "M", "L", "XS"];
const PRIORITIES = ["MUST", "MUST", "SHOULD", "SHOULD", "COULD"];

/** An answer that passes every check, made of what the request itself says; any other request gets a sentence. */
export function soundAnswer(request: WireRequest): string {
  const rules = blocksOf(request.system)
    .map((block) => block.text)
    .join("\n");
  const data = dataOf(request);
  const least = Number(/It has (\d+) to \d+/u.exec(rules)?.[1] ?? 3);
  if (data?.name === "story") return JSON.stringify({ subtasks: subtasksFor(data.value, least + 1) });
  if (data?.name === "epic") {
    const personas = (/The personas are: ([^.]+)\./u.exec(rules)?.[1] ?? "End user").split(", ");
    return JSON.stringify({ stories: storiesFor(data.value, least + 1, personas) });
  }
  return "This server answers stories and epics in Storymill's form, and to everything else just this.";
}

type Data = Readonly<Record<string, unknown>>;

/** The item that a request is about: JSON between tags in its last block. */
function dataOf(request: WireRequest): { readonly name: string; readonly value: Data } | null {
  const [first] = request.messages ?? [];
  const text = blocksOf(first?.content).at(-1)?.text ?? "";
  const groups = /<(?<name>story|epic)-(?<nonce>[^>\s]+)>\n(?<json>.*?)\n<\/\k<name>-\k<nonce>>/su.exec(text)?.groups;
  return groups === undefined ? null : { name: groups["name"] ?? "", value: JSON.parse(groups["json"] ?? "{}") };
}

function subtasksFor(story: Data, count: number) {
  const criteria = listOf(story["acceptanceCriteria"]).length;
  return titlesFor(story, listOf(story["existingSubtasks"]), count).map((title, index) => ({
    key: `k${index}`,
    title,
    description: `${title}. It ends where the next one begins.`,
    effort: EFFORTS[index % EFFORTS.length],
    acceptanceCriteria: [`Somebody can see that part ${index + 1} is done.`, `A test of part ${index + 1} passes.`],
    dependsOn: index === 0 ? [] : [`k${index - 1}`],
    coversCriteria: Array.from({ length: criteria }, (_, number) => number).filter(
      (number) => number % count === index,
    ),
  }));
}

function storiesFor(epic: Data, count: number, personas: readonly string[]) {
  return titlesFor(epic, listOf(epic["existingStories"]), count).map((title, index) => {
    const persona = personas[index % personas.length] ?? "End user";
    return {
      title,
      persona,
      narrative: `As a ${persona.toLowerCase()}, I want to ${lowerFirst(title)}, so that it works for me.`,
      description: `${title}. It ends where the next one begins.`,
      acceptanceCriteria: [`Somebody can see that story ${index + 1} is done.`, `A mistake in it is told.`],
      priority: PRIORITIES[index % PRIORITIES.length],
      effort: EFFORTS[index % EFFORTS.length],
    };
  });
}

/** Titles from the item's own, unlike each other and unlike those that it has. */
function titlesFor(item: Data, existing: readonly Data[], count: number): string[] {
  const taken = new Set(existing.map((each) => String(each["title"]).toLowerCase()));
  const own = [...lowerFirst(String(item["title"])).toWellFormed().replaceAll("\0", "")].slice(0, 120).join("");
  const titles: string[] = [];
  for (let round = 1; titles.length < count; round++) {
    for (const step of STEPS) {
      const title = round === 1 ? `${step} ${own}` : `${step} ${own} (${round})`;
      if (titles.length < count && !taken.has(title.toLowerCase())) titles.push(title);
    }
  }
  return titles;
}

function listOf(value: unknown): readonly Data[] {
  return Array.isArray(value) ? value : [];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
