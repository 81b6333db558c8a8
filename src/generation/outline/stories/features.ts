import { withoutEnd } from "../../../backlog/characters.ts";
import type { Persona } from "../../personas.ts";
import { lowerFirst } from "../inflect.ts";
import { verbAt } from "../kinds.ts";
import { tidy } from "../read-story.ts";

/** Something that an epic's description asks for. */
export interface Feature {
  readonly persona: Persona;
  /** What is wanted, verb first, in lower case: "renew a loan". */
  readonly want: string;
  /** What for, where the description says so. */
  readonly so: string | null;
}

const ABLE =
  /^(?<who>.{1,60}?)\s+(?:can|may|must|should|will|shall|want to|wants to|need to|needs to|(?:is|are|must be|should be|will be) able to)\s+(?:also\s+|be able to\s+)?(?<want>\p{L}.*)$/iu;
const LONGEST = 160;
const WHO: readonly (readonly [RegExp, Persona])[] = [
  [/\b(?:admins?|administrators?|managers?|moderators?|editors?)\b/iu, "Administrator"],
  [/\b(?:system|server|platform|service|application|app|program)\b/iu, "System"],
  [/\b(?:product owners?|stakeholders?|management)\b/iu, "Product owner"],
  [/\b(?:developers?|integrators?|API)\b/iu, "Developer"],
  [/\b(?:testers?|QA)\b/iu, "QA engineer"],
  [/\b(?:security|auditors?)\b/iu, "Security analyst"],
  [/\b(?:support|help ?desk)\b/iu, "Support agent"],
  [/\b(?:operations|operators?|ops|devops)\b/iu, "Operations"],
];

/**
 * What a description asks for, in its own words and order: "Members can renew a loan", "- export as CSV". Sentences that
 * say something else are left out.
 */
export function featuresOf(description: string | null, personas: readonly Persona[]): readonly Feature[] {
  const features: Feature[] = [];
  const seen = new Set<string>();
  for (const sentence of (description ?? "").split(/[\n;]|[.!?](?=\s|$)/u)) {
    const told = withoutEnd(tidy(sentence).replace(/^(?:[-*•–]\s*|\(?\d+[.)]\s*)/u, ""), ".,;:!–—-");
    const feature = featureOf(told, personas);
    if (feature === null || seen.has(feature.want.toLowerCase())) continue;
    seen.add(feature.want.toLowerCase());
    features.push(feature);
  }
  return features;
}

function featureOf(told: string, personas: readonly Persona[]): Feature | null {
  const able = ABLE.exec(told)?.groups;
  const [asked = "", aim] = (able?.["want"] ?? told).split(/,?\s+so that\s+/iu);
  const want = lowerFirst(asked);
  if (want.length > LONGEST || want.split(" ").length < 2) return null;
  // Behind "can" anything is a verb, elsewhere only what is known as one.
  if (able === undefined && verbAt(want.split(" "), 0) === null) return null;
  // "Not" changes what is wanted into its opposite.
  if (/^(?:not|never)\b/iu.test(want)) return null;
  const who = able?.["who"] ?? "";
  const persona = WHO.find(([words]) => words.test(who))?.[1] ?? "End user";
  return { want, so: aim ?? null, persona: personas.includes(persona) ? persona : "End user" };
}
