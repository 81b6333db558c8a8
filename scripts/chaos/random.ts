import { createHash } from "node:crypto";

/** Seeded chance: what is drawn follows from the seed and from how often it was drawn before. */
export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  /** From `least` up to, but not including, `most`. */
  between(least: number, most: number): number;
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number;
  chance(probability: number): boolean;
  /** @throws RangeError for an empty list */
  pick<T>(list: readonly T[]): T;
  /** One of the keys, by their weights. */
  weighed<K extends string>(weights: Readonly<Record<K, number>>): K;
  /** Chance of its own for one concern: what is drawn there moves nothing here. */
  fork(name: string): Random;
}

/** xoshiro128** by Blackman and Vigna, its state taken from a hash of the seed. */
export function createRandom(seed: string): Random {
  const state = new Uint32Array(new Uint8Array(createHash("sha256").update(seed).digest()).buffer, 0, 4);
  const at = (index: number): number => state[index] ?? 0;

  function next(): number {
    const result = Math.imul(rotate(Math.imul(at(1), 5), 7), 9) >>> 0;
    const shifted = at(1) << 9;
    state[2] = at(2) ^ at(0);
    state[3] = at(3) ^ at(1);
    state[1] = at(1) ^ at(2);
    state[0] = at(0) ^ at(3);
    state[2] = at(2) ^ shifted;
    state[3] = rotate(at(3), 11);
    return result / 2 ** 32;
  }

  const random: Random = {
    next,
    between: (least, most) => least + next() * (most - least),
    whole: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (probability) => next() < probability,
    pick<T>(list: readonly T[]): T {
      if (list.length === 0) throw new RangeError("There is nothing to pick from.");
      return list[Math.floor(next() * list.length)] as T;
    },
    weighed<K extends string>(weights: Readonly<Record<K, number>>): K {
      const entries = Object.entries<number>(weights) as [K, number][];
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [key, weight] of entries) if ((left -= weight) < 0) return key;
      return random.pick(entries)[0];
    },
    fork: (name) => createRandom(`${seed}/${name}`),
  };
  return random;
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
