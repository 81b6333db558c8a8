import { describe, expect, it } from "vitest";
import { createArrayElements } from "../../src/generation/array-elements.ts";

/** The elements found when a text comes in pieces, each with the number of characters that had come by then. */
function found(pieces: Iterable<string>, key = "subtasks") {
  const elements: { json: string; index: number; after: number }[] = [];
  let after = 0;
  const scanner = createArrayElements(key, (json, index) => elements.push({ json, index, after }));
  for (const piece of pieces) {
    after += piece.length;
    scanner.push(piece);
  }
  return elements;
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const CHARACTERS = [
  '"',
  "\\",
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  " ",
  "\n",
  "a",
  "é",
  "😀",
  "\u202e",
  "\u0000",
  "`",
  "subtasks",
];

function randomText(random: () => number): string {
  return Array.from({ length: random() * 8 }, () => CHARACTERS[Math.floor(random() * CHARACTERS.length)]).join("");
}

function randomValue(random: () => number, depth: number): unknown {
  const kind = random() * (depth > 3 ? 4 : 6);
  if (kind < 1) return randomText(random);
  if (kind < 2) return Math.round(random() * 1e6) / 10 ** Math.floor(random() * 4) - 50;
  if (kind < 3) return random() < 0.5;
  if (kind < 4) return null;
  if (kind < 5) return Array.from({ length: random() * 4 }, () => randomValue(random, depth + 1));
  return Object.fromEntries(
    Array.from({ length: random() * 4 }, () => [
      random() < 0.2 ? "subtasks" : randomText(random),
      randomValue(random, depth + 1),
    ]),
  );
}

/** The text in random pieces, of single characters where `most` is 1; they part escapes and surrogate pairs. */
function* inPieces(text: string, random: () => number, most: number): Generator<string> {
  for (let at = 0; at < text.length;) {
    const length = 1 + Math.floor(random() * most);
    yield text.slice(at, at + length);
    at += length;
  }
}

describe("each element is found as its last character comes", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])("in random JSON in random pieces, with seed %i", (seed) => {
    const random = randomOf(seed);
    for (let round = 0; round < 250; round++) {
      const elements = Array.from({ length: random() * 5 }, () => randomValue(random, 1));
      // Other names before and after, values that look like the list among them.
      const answer = {
        [`a${randomText(random)}`]: randomValue(random, 1),
        note: "subtasks",
        subtasks: elements,
        [`z${randomText(random)}`]: randomValue(random, 1),
      };
      const text = JSON.stringify(answer, null, random() < 0.5 ? 2 : undefined);
      const results = found(inPieces(text, random, random() < 0.3 ? 1 : 40));
      expect(results.map(({ json }) => JSON.parse(json))).toEqual(elements);
      expect(results.map(({ index }) => index)).toEqual([...elements.keys()]);
    }
  });

  it("an object by its own brace, a number by what follows it", () => {
    const text = '{"subtasks":[{"a":[1,{}]} , 12 ,"x"]}';
    const results = found(text);
    expect(results.map(({ json }) => json)).toEqual(['{"a":[1,{}]}', "12", '"x"']);
    expect(results.map(({ after }) => text.slice(0, after))).toEqual([
      '{"subtasks":[{"a":[1,{}]}',
      '{"subtasks":[{"a":[1,{}]} , 12 ,',
      text.slice(0, -1),
    ]);
  });

  it("behind a fence or a sentence, and in the first list of that name only", () => {
    const text = 'Here "it" is [sic]:\n```json\n{"deep":{"subtasks":[1]},"subtasks":[2,3],"subtasks":[4]}\n```';
    expect(found(text).map(({ json }) => json)).toEqual(["2", "3"]);
  });

  it("behind an object of another shape, such as a model's notes to itself", () => {
    expect(found('<think>{"plan": [1]}</think>{"subtasks":[{}]}').map(({ json }) => json)).toEqual(["{}"]);
  });

  it.each(["", "}}]]", '"', "[1,2]", '{"subtasks":{"a":[1]}}', '{"subtasks":[', '{"subtasks":[{"a":'])(
    "and nothing in %j, which never throws",
    (text) => {
      expect(found(text)).toEqual([]);
    },
  );
});
