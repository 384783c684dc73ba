/** A geometric random walk with a seed: the simulator's prices, the same for the same seed. */

import { divideHalfEven } from '#kernel/decimal';

const CENT = 1_000_000n;
const HUNDREDTH_OF_A_CENT = 10_000n;
const ONE_UNIT = 100_000_000n;
const BPS_PER_ONE = 10_000n;
/** Half of the distance between bid and ask. */
const HALF_SPREAD_BPS = 1n;
const SECONDS_PER_TRADING_YEAR = 252 * 6.5 * 3_600;
export const ANNUAL_VOLATILITY = 0.2;

/** Uniform in [0, 1). Mulberry32, public domain; good enough for pictures, not for statistics. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A standard normal draw, by Box and Muller. */
export function normalDraw(random: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}

export interface WalkStep {
  readonly price: bigint;
  readonly bid: bigint;
  readonly ask: bigint;
}

/**
 * The price after `seconds` of trading, with drift zero, rounded half-even to the tick size (a
 * cent; a hundredth of one below 1) and never below one tick, and a quote around it.
 */
export function nextStep(price: bigint, seconds: number, normal: number): WalkStep {
  const deviation = ANNUAL_VOLATILITY * Math.sqrt(seconds / SECONDS_PER_TRADING_YEAR);
  const growth = Math.exp(deviation * normal - (deviation * deviation) / 2);
  // 1e9 keeps the growth exact to a tenth of a millionth of a percent; the price stays a bigint.
  const moved = divideHalfEven(price * BigInt(Math.round(growth * 1e9)), 1_000_000_000n);
  const size = moved < ONE_UNIT ? HUNDREDTH_OF_A_CENT : CENT;
  const rounded = divideHalfEven(moved, size) * size;
  const next = rounded < 2n * size ? 2n * size : rounded;
  const half = divideHalfEven(next * HALF_SPREAD_BPS, BPS_PER_ONE * size) * size;
  const distance = half < size ? size : half;
  return { price: next, bid: next - distance, ask: next + distance };
}
