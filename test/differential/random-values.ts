/** Choices that depend on nothing but a seed and a text: the same question, the same answer. */

export interface Choices {
  /** From 0 up to 1. */
  readonly share: (of: string) => number;
  readonly below: (limit: number, of: string) => number;
  readonly pick: <T>(from: readonly T[], of: string) => T;
}

const FNV_OFFSET = 2_166_136_261;
const FNV_PRIME = 16_777_619;
const RANGE = 2 ** 32;

export function choicesOf(seed: number): Choices {
  const share = (of: string) => scramble(hash(`${seed} ${of}`)) / RANGE;
  const below = (limit: number, of: string) => Math.floor(share(of) * limit);
  return {
    share,
    below,
    pick: (from, of) => {
      const picked = from[below(from.length, of)];
      if (picked === undefined) throw new Error('nothing to pick from');
      return picked;
    },
  };
}

function hash(text: string): number {
  let value = FNV_OFFSET;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), FNV_PRIME);
  }
  return value >>> 0;
}

/** FNV alone changes little between texts that differ at their end. */
function scramble(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x7feb_352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846c_a68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
