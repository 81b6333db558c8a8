import { readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { ROOT } from "./markdown.ts";

const read = (file: string) => readFile(path.join(ROOT, file), "utf8");

/** One line of the Dockerfile, continued lines joined. */
export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** The stages of the Dockerfile, in order; the last is the image. */
export async function readDockerfile(): Promise<Instruction[][]> {
  const text = (await read("Dockerfile")).replaceAll(/^#.*\n/gm, "").replaceAll(/\\\n\s*/g, "");
  const stages: Instruction[][] = [];
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const [, name = "", rest = ""] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (name === "FROM") stages.push([]);
    stages.at(-1)?.push({ name, rest });
  }
  return stages;
}

/** What stands behind an instruction of that name; empty where there is none. */
export function restOf(stage: readonly Instruction[], name: string): string {
  return stage.find((instruction) => instruction.name === name)?.rest ?? "";
}

/** What an image copies from the project, not from another stage. */
export function copiedFrom(stage: readonly Instruction[]): string[] {
  const copies = stage.filter(({ name, rest }) => name === "COPY" && !rest.startsWith("--from"));
  return copies.flatMap(({ rest }) => rest.split(" ").slice(0, -1));
}

/** `A=1 B=2`, as in ENV and Environment. */
export function readAssignments(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/(\w+)=(\S*)/g)].map(([, name = "", value = ""]) => [name, value]));
}

const COMPOSE = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      build: z.string().optional(),
      environment: z.record(z.string(), z.string()),
      ports: z.array(z.string()).default([]),
      stop_grace_period: z.string(),
      volumes: z.array(z.string()).default([]),
    }),
  ),
});

/** The services of compose.yaml; POSTGRES_PASSWORD is "secret". */
export async function readCompose() {
  const text = (await read("compose.yaml")).replaceAll(/\$\{POSTGRES_PASSWORD[^}]*\}/g, "secret");
  return COMPOSE.parse(parse(text, { merge: true })).services;
}

/** The settings of a systemd unit, in order, sections apart; `%i` is the port 4101. */
export async function readUnit(name: string): Promise<[name: string, value: string][]> {
  const text = (await read(path.join("deploy", name))).replaceAll("%i", "4101");
  return [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, setting = "", value = ""]) => [setting, value]);
}
