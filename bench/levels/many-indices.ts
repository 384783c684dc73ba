// A thousand indices over one universe of names in two currencies, and ticks for them.

import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { currencyCode, price } from '#kernel/money';
import { baseNow, type LiveIndex } from '../../subgraphs/baskets/domain/live-index.ts';
import { level } from '../../subgraphs/baskets/domain/index-level.ts';
import type { LivePrice } from '../../subgraphs/baskets/domain/live-price.ts';
import { equalWeights } from '../../subgraphs/baskets/domain/weights.ts';
import { LevelEngine } from '../../subgraphs/baskets/workers/level-engine.ts';

export interface World {
  readonly engine: LevelEngine;
  /** A new price for each of the first `count` names of a shuffled universe. */
  batch(count: number): (readonly [string, LivePrice])[];
}

export interface Sizes {
  readonly indices: number;
  readonly names: number;
  readonly universe: number;
}

export const NOW_MS = Date.UTC(2026, 10, 20, 15);
const USD = currencyCode('USD');
const EUR = currencyCode('EUR');

export function openWorld({ indices, names, universe }: Sizes): World {
  const random = randomFrom(7);
  const engine = new LevelEngine();
  engine.convertAt(
    new Map([['USD', { unitsPerEur: decimal('1.0851'), fixedOn: businessDate('2026-11-20') }]]),
  );
  const symbols = Array.from({ length: universe }, (_, at) => `S${at}`);
  for (let at = 0; at < indices; at += 1) {
    const held = shuffled(symbols, random).slice(0, names);
    const weights = equalWeights(held);
    engine.put({
      basketId: `bsk_${at}`,
      code: `B${at}`,
      currency: USD,
      state: 'ACTIVE',
      baseLevel: decimal('1000'),
      actions: [],
      sessions: new Map(),
      version: {
        number: 1,
        status: 'EFFECTIVE',
        origin: 'EDIT',
        weighting: 'EQUAL',
        weighing: null,
        hash: '',
        base: null,
        constituents: held.map((symbol, of) => ({
          symbol,
          instrumentId: `ins_${symbol}`,
          currency: Number(symbol.slice(1)) % 4 === 0 ? EUR : USD,
          weight: weights[of] ?? equalWeights([symbol])[0] ?? (0n as never),
        })),
      },
    });
  }
  let sequence = 0n;
  const tick = (symbol: string): readonly [string, LivePrice] => {
    sequence += 1n;
    const cents = BigInt(1_000 + Math.floor(random() * 100_000));
    const times = { eventTimeMs: NOW_MS, receivedAtMs: NOW_MS };
    return [symbol, { price: price(cents * 1_000_000n), ...times, quality: 'GOOD', sequence }];
  };
  engine.accept(symbols.map(tick));
  for (const index of engine.readyForBase()) startAtBase(engine, index);
  return {
    engine,
    batch: (count) => shuffled(symbols, random).slice(0, count).map(tick),
  };
}

function startAtBase(engine: LevelEngine, index: LiveIndex): void {
  const target = level(decimal('1000'));
  const based = baseNow(index, target);
  if (!based) throw new Error('no units');
  engine.start(index, { ...based, level: target, basedAtMs: NOW_MS });
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const copy = [...items];
  for (let at = copy.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    const [a, b] = [copy[at], copy[other]];
    if (a !== undefined && b !== undefined) [copy[at], copy[other]] = [b, a];
  }
  return copy;
}

/** Mulberry32: the same numbers on every machine. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
