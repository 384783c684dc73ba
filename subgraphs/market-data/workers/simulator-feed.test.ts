import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import { fixedClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { nextStep, normalDraw, seededRandom } from '../domain/random-walk.ts';
import type { SourceTick } from '../domain/tick.ts';
import type { FeedSink } from './feed.ts';
import { createSimulatorFeed } from './simulator-feed.ts';

const CLOSES = [
  { symbol: 'AAPL', currency: 'USD', close: decimal('159.54') },
  { symbol: 'KO', currency: 'USD', close: decimal('46.2') },
];

async function simulate(count: number, options: { seed: number; market?: string }) {
  const clock = fixedClock(Date.parse('2026-11-20T15:00:00Z'));
  const taken: SourceTick[] = [];
  let resolve: () => void = () => undefined;
  const enough = new Promise<void>((done) => (resolve = done));
  const sink: FeedSink = {
    take(ticks) {
      taken.push(...ticks);
      clock.advance(100);
      if (taken.length >= count) resolve();
      return Promise.resolve();
    },
    unreadable: () => undefined,
    addInstruments: () => Promise.resolve(),
    restarted: () => Promise.resolve(),
  };
  const feed = createSimulatorFeed({
    seed: options.seed,
    instruments: () => Promise.resolve(CLOSES),
    isPricedByMarket: (symbol) => symbol === options.market,
    clock,
    logger: silentLogger,
    stepMs: 1,
  });
  await feed.start(sink);
  await enough;
  expect(feed.status().state).toBe('LIVE');
  await feed.stop();
  return taken.slice(0, count);
}

describe('MD-1 the simulator', () => {
  test('walks from the last close, with a quote around each price, marked as made up', async () => {
    const ticks = await simulate(4, { seed: 1 });
    for (const { symbol, price, bid, ask, isSimulated, source } of ticks) {
      const close = CLOSES.find((each) => each.symbol === symbol)?.close ?? 0n;
      expect(Math.abs(Number(price - close) / Number(close))).toBeLessThan(0.01);
      expect(bid !== null && ask !== null && bid < price && price < ask).toBe(true);
      expect([isSimulated, source]).toEqual([true, 'simulator']);
    }
  });

  test('leaves a symbol to the market that prices it', async () => {
    const ticks = await simulate(3, { seed: 1, market: 'AAPL' });
    expect(new Set(ticks.map(({ symbol }) => symbol))).toEqual(new Set(['KO']));
  });
});

describe('a random walk', () => {
  test('is the same for the same seed', () => {
    const [one, two, other] = [seededRandom(7), seededRandom(7), seededRandom(8)];
    const draw = (random: () => number) => Array.from({ length: 5 }, () => normalDraw(random));
    const first = draw(one);
    expect(draw(two)).toEqual(first);
    expect(draw(other)).not.toEqual(first);
  });

  test('stays positive, on the tick size, inside its quote', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 15n }),
        fc.double({ min: -40, max: 40, noNaN: true }),
        fc.double({ min: 0, max: 86_400, noNaN: true }),
        (start, normal, seconds) => {
          const { price, bid, ask } = nextStep(start, seconds, normal);
          expect(0n < bid && bid < price && price < ask).toBe(true);
          expect(price % (price > 10n ** 8n ? 1_000_000n : 10_000n)).toBe(0n);
        },
      ),
    );
  });

  test('has the deviation of 20 % a year', () => {
    const random = seededRandom(42);
    const year = 252 * 6.5 * 3_600;
    const start = 10n ** 12n;
    const logs = Array.from({ length: 4_000 }, () =>
      Math.log(Number(nextStep(start, year, normalDraw(random)).price) / Number(start)),
    );
    const mean = logs.reduce((sum, each) => sum + each) / logs.length;
    const variance = logs.reduce((sum, each) => sum + (each - mean) ** 2, 0) / logs.length;
    expect(Math.sqrt(variance)).toBeCloseTo(0.2, 1);
    expect(mean).toBeCloseTo(-0.02, 1);
  });
});
