import { describe, expect, test } from 'vitest';
import { BACKTEST_DEFAULTS, flatCosts } from '#quant/backtest-input';
import { runBacktest } from '#quant/backtest';
import { measureKernel } from './measure-kernel.ts';
import { plainBacktest, type PlainRules } from './plain-backtest.ts';
import { differences } from './same-result.ts';
import { dayMajor, sampleMarket } from './sample-market.ts';

const SIZE = { sessions: 400, names: 13, lateShare: 0.4, gapShare: 0.1, seed: 7 };
const RULES = ['NONE', 'MONTHLY', 'DAILY'] as const;
const EXECUTIONS = ['SAME_CLOSE', 'NEXT_CLOSE', 'NEXT_OPEN'] as const;

const cases = [1, 2, 3].flatMap((seed) =>
  RULES.flatMap((rebalance) =>
    EXECUTIONS.map((execution): [number, (typeof RULES)[number], (typeof EXECUTIONS)[number]] => [
      seed,
      rebalance,
      execution,
    ]),
  ),
);

describe('BK-4 the kernel and the plain reference', () => {
  test.each(cases)('agree on market %d, %s, %s', (seed, rebalance, execution) => {
    const market = sampleMarket({ ...SIZE, seed });
    const raw = Array.from({ length: SIZE.names }, (_, name) => name + 1);
    const weights = raw.map((weight) => weight / raw.reduce((sum, other) => sum + other, 0));
    const rules: PlainRules = { weights, rebalance, execution, costBps: 25, maxCarriedSessions: 2 };
    const outcome = runBacktest({
      ...BACKTEST_DEFAULTS,
      panel: {
        sessions: market.sessions,
        names: SIZE.names,
        closes: dayMajor(market.closesByName),
        opens: dayMajor(market.opensByName),
      },
      compositions: [{ fromSession: 0, weights: Float64Array.from(weights) }],
      delistings: [],
      universe: 'TODAYS_LIST',
      rebalance,
      execution,
      missingPrices: 'JOIN_AT_NEXT_REBALANCE',
      maxCarriedSessions: 2,
      costs: flatCosts(SIZE.names, 25),
    });
    if (!outcome.ok) throw new Error(outcome.reason);
    expect(differences({ run: outcome }, { run: plainBacktest(market, rules) })).toEqual([]);
    expect(outcome.rebalances.length).toBe(
      { NONE: 0, MONTHLY: 18, DAILY: 398 }[rebalance] +
        (rebalance === 'DAILY' && execution === 'SAME_CLOSE' ? 1 : 0),
    );
    expect(outcome.warnings.map(({ kind }) => kind)).toContain('PRICE_CARRIED');
  });

  // measureKernel throws when the two differ; how fast they are is for the bench to say.
  test('agree on 15 years of 500 names', () => {
    expect(measureKernel({ rounds: 1 })).toHaveLength(2);
  }, 60_000);
});
