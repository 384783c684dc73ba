/** Chance that can be had again: the seed is printed, and FIRE_SEED sets it. */

export interface Chance {
  /** 0 to just below 1. */
  fraction(): number;
  /** A whole number from 0 to just below `count`. */
  below(count: number): number;
  /** True that often, on average. */
  happens(probability: number): boolean;
}

const MAX_SEED = 2 ** 31;

/** Names the test whose seed is printed. */
export function seededChance(name: string): Chance {
  const seed = Number(process.env['FIRE_SEED'] ?? Math.floor(Math.random() * MAX_SEED));
  process.stdout.write(`${name}: FIRE_SEED=${seed}\n`);
  return chanceOf(seed);
}

/** Mulberry32: 32 bits of state are plenty for traffic, and equal seeds give equal traffic. */
export function chanceOf(seed: number): Chance {
  let state = seed | 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    fraction,
    below: (count) => Math.floor(fraction() * count),
    happens: (probability) => fraction() < probability,
  };
}
