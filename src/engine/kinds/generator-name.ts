import type { Generator } from "../../generation/generator.ts";

/** Who generates, for people: "outline", or "anthropic (claude-…)". */
export function generatorName({ name, model }: Generator): string {
  return model === null ? name : `${name} (${model})`;
}
