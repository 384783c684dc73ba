import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, businessDate } from '#kernel/business-date';
import {
  BACKTEST_DEFAULTS,
  type BacktestInput,
  flatCosts,
  type TradeExecution,
} from './backtest-input.ts';
import type { BacktestRun } from './backtest-result.ts';
import { runBacktest } from './backtest.ts';

describe('properties of a backtest', () => {
  const price = fc.double({ min: 1, max: 1_000, noNaN: true });
  const market = fc.record({
    rows: fc.integer({ min: 1, max: 6 }).chain((names) =>
      fc.array(
        fc.array(fc.oneof({ weight: 9, arbitrary: price }, fc.constant(Number.NaN)), {
          minLength: names,
          maxLength: names,
        }),
        { minLength: 2, maxLength: 40 },
      ),
    ),
    rebalance: fc.constantFrom('NONE', 'DAILY', 'WEEKLY', 'MONTHLY' as const),
    execution: fc.constantFrom<TradeExecution>('SAME_CLOSE', 'NEXT_CLOSE', 'NEXT_OPEN'),
    bps: fc.constantFrom(0, 10, 250),
  });
  type Market = typeof market extends fc.Arbitrary<infer Value> ? Value : never;

  const inputFor = ({ rows, rebalance, execution, bps }: Market, scale = 1): BacktestInput => {
    const names = rows[0]?.length ?? 0;
    const closes = Float64Array.from(
      rows.flatMap((row) => row.map((value, name) => (name === 0 ? value * scale : value))),
    );
    const sessions = rows.map((_, index) => addDays(businessDate('2024-01-30'), index));
    return {
      ...BACKTEST_DEFAULTS,
      panel: { sessions, names, closes, opens: closes.map((close) => close * 1.01) },
      compositions: [{ fromSession: 0, weights: new Float64Array(names).fill(1 / names) }],
      delistings: [],
      universe: 'POINT_IN_TIME',
      missingPrices: 'JOIN_AT_NEXT_REBALANCE',
      costs: flatCosts(names, bps),
      rebalance,
      execution,
    };
  };
  const runOf = (input: BacktestInput): BacktestRun => {
    const outcome = runBacktest(input);
    if (!outcome.ok) throw new Error(`refused: ${outcome.reason}`);
    return outcome;
  };
  const always = (holds: (run: BacktestRun, found: Market) => void): void =>
    fc.assert(
      fc.property(market, (found) => {
        const outcome = runBacktest(inputFor(found));
        fc.pre(outcome.ok);
        holds(outcome, found);
      }),
      { numRuns: 300 },
    );

  test('equal input gives the same bits', () => {
    always((run, found) => {
      expect(runBacktest(inputFor(found))).toEqual(run);
    });
  });

  test('the unit in which a name is priced changes nothing', () => {
    always((run, found) => {
      // A power of two changes no digit, so not even the rounding differs.
      expect(runBacktest(inputFor(found, 1 / 1024))).toEqual(run);
      const other = runOf(inputFor(found, 3));
      run.levels.forEach((level, index) => {
        expect(Math.abs((other.levels[index] ?? 0) / level - 1)).toBeLessThan(1e-11);
      });
    });
  });

  test('costs never raise the level', () => {
    always((run, found) => {
      const free = runOf(inputFor({ ...found, bps: 0 }));
      run.levels.forEach((level, index) => {
        expect(level).toBeLessThanOrEqual((free.levels[index] ?? 0) * (1 + 1e-12));
      });
    });
  });

  test('weights sum to one after every rebalance, and the last ones with the cash', () => {
    const sum = (weights: Float64Array): number => weights.reduce((total, w) => total + w, 0);
    always((run) => {
      expect(sum(run.initialWeights)).toBeCloseTo(1, 12);
      expect(sum(run.finalWeights)).toBeCloseTo(1, 12);
      for (const { weightsAfter } of run.rebalances) expect(sum(weightsAfter)).toBeCloseTo(1, 12);
    });
  });

  test('contributions less costs are the whole move of the level', () => {
    always((run) => {
      const profit = run.contributions.reduce((total, value) => total + value, 0);
      const cost = run.rebalances.reduce((total, rebalance) => total + rebalance.cost, 0);
      const last = run.levels.at(-1) ?? 0;
      expect(Math.abs(100 + profit - cost - last)).toBeLessThan(1e-9 * Math.max(100, last));
    });
  });

  test('without a rebalance the way of execution changes nothing', () => {
    always((run, found) => {
      const held = runOf(inputFor({ ...found, rebalance: 'NONE', execution: 'SAME_CLOSE' }));
      const other = runOf(inputFor({ ...found, rebalance: 'NONE', execution: 'NEXT_OPEN' }));
      expect(other.levels).toEqual(held.levels);
      expect(run.levels[0]).toBe(100);
    });
  });
});
