/** Weights: fractions of one whole, always summing to exactly 1 at the published precision. */

import { DECIMAL_PLACES, DECIMAL_UNIT, divideHalfEven, ONE } from '#kernel/decimal';
import { type Weight, weight } from '#kernel/money';

/** Inner scale of a share before it is rounded to 1e-8: 16 places, so that ties are true ties. */
const SHARE_UNIT = 10n ** 16n;
const SHARE_UNITS_PER_WEIGHT = SHARE_UNIT / DECIMAL_UNIT;

/** A share of the whole, not yet rounded, and the identifier that breaks ties. */
interface Share {
  readonly id: string;
  /** Any positive numbers in proportion to the weights. */
  readonly size: bigint;
}

/** The same weight for every name, summing to exactly 1: thirds are 0.33333334, 0.33333333, ... */
export function equalWeights(ids: readonly string[], places = DECIMAL_PLACES): Weight[] {
  return roundToOne(
    ids.map((id) => ({ id, size: 1n })),
    places,
  );
}

/**
 * Rounds shares in proportion to weights of `places` decimals that sum to exactly 1.
 *
 * Largest remainder: every weight is cut, and the units that are missing to 1 go to the largest
 * remainders, ties in order of identifier. Sizes must be positive.
 */
export function roundToOne(shares: readonly Share[], places = DECIMAL_PLACES): Weight[] {
  const step = 10n ** BigInt(DECIMAL_PLACES - places);
  const units = ONE / step;
  const total = shares.reduce((sum, { size }) => sum + size, 0n);
  const cut = shares.map(({ size }) => (size * units) / total);
  const missing = Number(units - cut.reduce((sum, each) => sum + each, 0n));
  const byRemainder = shares
    .map(({ id, size }, at) => ({ id, at, remainder: (size * units) % total }))
    .sort((a, b) => compare(b.remainder, a.remainder) || (a.id < b.id ? -1 : 1));
  const raised = new Set(byRemainder.slice(0, missing).map(({ at }) => at));
  return cut.map((each, at) => weight((each + (raised.has(at) ? 1n : 0n)) * step));
}

export interface DriftedWeights {
  readonly weights: readonly Weight[];
  /** Return of the whole, rounded half-even to 1e-8. */
  readonly portfolioReturn: bigint;
}

/**
 * Weights after one period in which each name returned `returns[i]` (1e-8, above -1):
 * w' = w (1 + r) / (1 + R), R = sum of w r. Rounded by largest remainder to 1e-8.
 */
export function driftWeights(
  names: readonly { readonly id: string; readonly weight: Weight; readonly return: bigint }[],
): DriftedWeights {
  const grown = names.map((name) => ({ id: name.id, size: name.weight * (ONE + name.return) }));
  const total = grown.reduce((sum, { size }) => sum + size, 0n);
  return {
    weights: roundToOne(grown),
    portfolioReturn: divideHalfEven(total, ONE) - ONE,
  };
}

/** Half the sum of the absolute changes: what is sold, as a fraction of the whole. */
export function oneWayTurnover(from: readonly Weight[], to: readonly Weight[]): bigint {
  const moved = from.reduce((sum, each, at) => {
    const change = (to[at] ?? 0n) - each;
    return sum + (change < 0n ? -change : change);
  }, 0n);
  return divideHalfEven(moved, 2n);
}

export type CappedWeights =
  | { readonly ok: true; readonly weights: readonly Weight[] }
  | { readonly ok: false; readonly message: string };

/**
 * Sets every weight above the cap to the cap and spreads the excess pro rata over those that were
 * never capped, until none exceeds it. Refuses with the inequality when names x cap < 1.
 */
export function capWeights(
  names: readonly { readonly id: string; readonly weight: Weight }[],
  cap: Weight,
): CappedWeights {
  const possible = BigInt(names.length) * cap;
  if (possible < ONE) {
    return {
      ok: false,
      message: `names x cap is at least 1, was ${names.length} x ${Number(cap) / Number(ONE)}`,
    };
  }
  const capped = new Set<string>();
  let shares = names.map(({ id, weight: each }) => ({ id, size: each * SHARE_UNITS_PER_WEIGHT }));
  // Every round caps at least one more name, so there are at most as many rounds as names.
  for (let round = 0; round < names.length; round += 1) {
    const limit = cap * SHARE_UNITS_PER_WEIGHT;
    const exceeding = shares.filter(({ id, size }) => !capped.has(id) && size > limit);
    if (exceeding.length === 0) break;
    for (const { id } of exceeding) capped.add(id);
    const free = shares.filter(({ id }) => !capped.has(id));
    const freeTotal = free.reduce((sum, { size }) => sum + size, 0n);
    const room = SHARE_UNIT - BigInt(capped.size) * limit;
    shares = shares.map(({ id, size }) => ({
      id,
      size: capped.has(id) ? limit : shareOf(room, { size, freeTotal, among: free.length }),
    }));
  }
  return { ok: true, weights: roundToOne(shares) };
}

/** Pro rata; names that all weigh nothing get the same each. */
function shareOf(
  room: bigint,
  { size, freeTotal, among }: { size: bigint; freeTotal: bigint; among: number },
): bigint {
  return freeTotal > 0n ? divideHalfEven(size * room, freeTotal) : room / BigInt(among);
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
