/** Three backtests on real prices against an independent script's results, to 1e-9. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hasRealData, REAL_DATA_MISSING, realFile } from '../test/support/real-data.ts';
import { readWidePrices } from '../test/support/real-prices.ts';
import { BACKTEST_DEFAULTS, type BacktestInput, flatCosts } from './backtest-input.ts';
import type { BacktestRun } from './backtest-result.ts';
import { runBacktest } from './backtest.ts';
import { drawdownTable, maxDrawdown } from './drawdown.ts';
import { mean, sampleDeviation } from './moments.ts';
import { aggregateReturns } from './period-returns.ts';
import { quantileLinear } from './quantile.ts';
import * as alone from './return-metrics.ts';
import { simpleReturns } from './return-series.ts';
import { valueAtRiskHistorical } from './value-at-risk-historical.ts';
import { valueAtRiskNormal } from './value-at-risk-normal.ts';

interface OracleCase {
  readonly id: string;
  readonly weights: Readonly<Record<string, number>>;
  readonly from_: string;
  readonly to: string;
  readonly rebalance: 'quarterly' | 'none';
  readonly cost_bps: number;
  readonly expected: Readonly<Record<string, number>> & {
    readonly first_date: string;
    readonly last_date: string;
    readonly max_drawdown_peak: string;
    readonly max_drawdown_trough: string;
    readonly calendar_year_returns: Readonly<Record<string, number>>;
    readonly first_rebalance: readonly string[];
    readonly last_rebalance: readonly string[];
    readonly final_weights: Readonly<Record<string, number>>;
    readonly nav_checkpoints: Readonly<Record<string, number>>;
  };
}

const WITHOUT = hasRealData ? '' : `: ${REAL_DATA_MISSING}`;
const cases = hasRealData
  ? (
      JSON.parse(readFileSync(realFile('oracle/backtest_oracle.json'), 'utf8')) as {
        readonly cases: readonly OracleCase[];
      }
    ).cases
  : [];

function inputOf({ weights, from_: from, to, rebalance, cost_bps: bps }: OracleCase) {
  const symbols = Object.keys(weights);
  const file = 'prices/us20_adjclose_1989_2018.csv.gz';
  const { dates, closes } = readWidePrices(file, { from, to, symbols });
  return {
    ...BACKTEST_DEFAULTS,
    panel: { sessions: dates, names: symbols.length, closes },
    compositions: [{ fromSession: 0, weights: Float64Array.from(Object.values(weights)) }],
    delistings: [],
    universe: 'TODAYS_LIST',
    rebalance: rebalance === 'none' ? 'NONE' : 'QUARTERLY',
    execution: 'SAME_CLOSE',
    costs: flatCosts(symbols.length, bps),
    baseLevel: 1,
  } as const satisfies BacktestInput;
}

function runOf(input: BacktestInput): BacktestRun {
  const outcome = runBacktest(input);
  if (!outcome.ok) throw new Error(`refused: ${outcome.reason}`);
  return outcome;
}

function figuresOf({ levels, rebalances }: BacktestRun): Readonly<Record<string, number>> {
  const returns = simpleReturns(levels);
  const sorted = returns.toSorted();
  const tail = valueAtRiskHistorical(returns, 0.95);
  const total = (value: (rebalance: BacktestRun['rebalances'][number]) => number): number =>
    rebalances.reduce((sum, rebalance) => sum + value(rebalance), 0);
  return {
    observations_of_nav: levels.length,
    daily_returns: returns.length,
    final_nav_from_1: levels.at(-1) ?? 0,
    cumulative_return: alone.totalReturn(returns).value ?? 0,
    cagr_252: alone.cagr(returns, 252).value ?? 0,
    mean_daily: mean(returns),
    stdev_daily_sample: sampleDeviation(returns),
    annualised_vol_sqrt252: alone.volatility(returns, 252).value ?? 0,
    sharpe_rf0_sqrt252: alone.sharpe(returns, 252).value ?? 0,
    sortino_mar0_sqrt252: alone.sortino(returns, 252).value ?? 0,
    max_drawdown: maxDrawdown(returns).value ?? 0,
    var95_1d_historical_interpolated: quantileLinear(sorted, 0.05),
    var99_1d_historical_interpolated: quantileLinear(sorted, 0.01),
    cvar95_1d_mean_of_returns_le_var: -(tail?.expectedShortfall ?? 0),
    var95_1d_order_statistic_k: -(tail?.valueAtRisk ?? 0),
    var95_1d_parametric_normal: -(valueAtRiskNormal(returns, 0.95)?.valueAtRisk ?? 0),
    best_day: sorted.at(-1) ?? 0,
    worst_day: sorted[0] ?? 0,
    rebalances: rebalances.length,
    total_cost_in_nav_units: total(({ cost }) => cost),
    sum_two_sided_turnover: total(({ turnover }) => 2 * turnover),
  };
}

const expectRelative = (found: number, expected: number, what: string): void => {
  const error = expected === 0 ? Math.abs(found) : Math.abs(found / expected - 1);
  expect(error, `${what}: ${found}, expected ${expected}`).toBeLessThan(1e-9);
};

describe.skipIf(!hasRealData)(`BK-4 the backtest oracle${WITHOUT}`, () => {
  test('has three cases', () => {
    expect(cases.map(({ id }) => id)).toHaveLength(3);
  });

  test.each(cases.map((found): [string, OracleCase] => [found.id, found]))('%s', (_, found) => {
    const { expected } = found;
    const input = inputOf(found);
    const { sessions } = input.panel;
    const run = runOf(input);
    for (const [name, value] of Object.entries(figuresOf(run))) {
      expectRelative(value, expected[name] ?? Number.NaN, name);
    }
    const [deepest] = drawdownTable(run.levels, 1);
    expect(sessions[deepest?.peak ?? -1]).toBe(expected.max_drawdown_peak);
    expect(sessions[deepest?.trough ?? -1]).toBe(expected.max_drawdown_trough);
    const dates = run.rebalances.map(({ executedSession }) => sessions[executedSession]);
    expect(dates.slice(0, 1)).toEqual(expected.first_rebalance);
    expect(dates.slice(-1)).toEqual(expected.last_rebalance);
    Object.values(expected.final_weights).forEach((weight, name) => {
      expectRelative(run.finalWeights[name] ?? 0, weight, `final weight ${name}`);
    });
    for (const [date, level] of Object.entries(expected.nav_checkpoints)) {
      expectRelative(run.levels[sessions.findIndex((other) => other === date)] ?? 0, level, date);
    }
    const years = aggregateReturns(simpleReturns(run.levels), sessions.slice(1), 'ANNUAL');
    expect(years.map(({ period }) => period)).toEqual(Object.keys(expected.calendar_year_returns));
    for (const { period, value } of years) {
      expectRelative(value, expected.calendar_year_returns[period] ?? Number.NaN, period);
    }
  });
});
