/** A market whose ticks pass every rule: small steps up and down, a number on each. */

import type { SourceTick } from '../../subgraphs/market-data/domain/tick.ts';

const SYMBOL_COUNT = 100;
const CENT = 1_000_000n;
const FIRST_PRICE = 10_000n * CENT;
const HALF_SPREAD = 2n * CENT;
const LOT = 100_000_000n;

export const SYMBOLS: readonly string[] = Array.from(
  { length: SYMBOL_COUNT },
  (_, number) => `BENCH${String(number).padStart(3, '0')}`,
);

export type Market = ReturnType<typeof createMarket>;

/** The symbols take turns. */
export function createMarket() {
  const prices = SYMBOLS.map(() => FIRST_PRICE);
  let made = 0;

  const nextTick = (): SourceTick => {
    const number = made % SYMBOL_COUNT;
    const round = Math.floor(made / SYMBOL_COUNT);
    made += 1;
    // -4 to 4 cents, the same in each run; never 0, so that each tick is news.
    const step = ((round * 7 + number * 3) % 8) + 1;
    const price = (prices[number] ?? FIRST_PRICE) + BigInt(step > 4 ? step - 4 : -step) * CENT;
    prices[number] = price;
    return {
      symbol: SYMBOLS[number] ?? '',
      price,
      bid: price - HALF_SPREAD,
      ask: price + HALF_SPREAD,
      size: LOT,
      currency: 'USD',
      eventTimeMs: Date.now(),
      recordedEventTimeMs: null,
      source: 'bench',
      sourceSequence: String(round + 1),
      isSimulated: false,
    };
  };

  return {
    take: (count: number): SourceTick[] => Array.from({ length: count }, nextTick),
  };
}
