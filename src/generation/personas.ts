import type { PersonaSet } from "./generator.ts";

const LIGHTWEIGHT = ["End user", "Administrator", "System"] as const;
const CORE = [...LIGHTWEIGHT, "Product owner", "Developer"] as const;
const FULL = [...CORE, "QA engineer", "Security analyst", "Support agent", "Operations"] as const;

/** Somebody, or something, that wants a story. */
export type Persona = (typeof FULL)[number];

/** Who is in each set. */
export const PERSONAS: Readonly<Record<PersonaSet, readonly Persona[]>> = { LIGHTWEIGHT, CORE, FULL };
