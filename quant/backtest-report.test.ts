import { describe, expect, test } from 'vitest';
import { addDays, businessDate } from '#kernel/business-date';
import { BACKTEST_DEFAULTS, flatCosts } from './backtest-input.ts';
import { type BacktestReport, reportBacktest, SESSIONS_PER_YEAR } from './backtest-report.ts';
import { runBacktest } from './backtest.ts';

const CLOSES = Float64Array.of(100, 110, 99, 90, 120, 108);
const SESSIONS = Array.from(CLOSES, (_, index) => addDays(businessDate('2024-01-30'), index));

function reportOf(benchmarkCloses: Float64Array | undefined): BacktestReport {
  const run = runBacktest({
    ...BACKTEST_DEFAULTS,
    panel: { sessions: SESSIONS, names: 1, closes: CLOSES },
    compositions: [{ fromSession: 0, weights: Float64Array.of(1) }],
    delistings: [],
    universe: 'POINT_IN_TIME',
    rebalance: 'NONE',
    costs: flatCosts(1, 0),
  });
  if (!run.ok) throw new Error(run.reason);
  return reportBacktest(run, {
    sessions: SESSIONS,
    benchmarkCloses,
    periodsPerYear: SESSIONS_PER_YEAR,
    riskFree: 0,
    minimumReturn: 0,
  });
}

const valueIn = (metrics: BacktestReport['metrics'], name: string) =>
  metrics.find((metric) => metric.name === name);

describe('BK-4 the report of a backtest', () => {
  test('dates its drawdowns, the open one without a recovery', () => {
    const { drawdowns } = reportOf(undefined);
    expect(drawdowns.map(({ depth }) => depth.toFixed(4))).toEqual(['-0.1818', '-0.1000']);
    expect(drawdowns[0]).toMatchObject({
      peak: '2024-01-31',
      trough: '2024-02-02',
      recovery: '2024-02-03',
      sessions: 3,
    });
    expect(drawdowns[1]).toMatchObject({ peak: '2024-02-03', recovery: undefined, sessions: 1 });
  });

  test('has months and years that compound to the total', () => {
    const { months, years, metrics } = reportOf(undefined);
    expect(months.map(({ period }) => period)).toEqual(['2024-01', '2024-02']);
    const total = months.reduce((growth, { value }) => growth * (1 + value), 1) - 1;
    expect(years[0]?.value).toBeCloseTo(total, 14);
    expect(valueIn(metrics, 'TOTAL_RETURN')?.value).toBeCloseTo(0.08, 14);
  });

  test('beside itself has beta 1, alpha 0 and no tracking error', () => {
    const { metrics, benchmarkMetrics, benchmarkLevels } = reportOf(CLOSES.map((c) => c * 3));
    expect(benchmarkLevels?.map(Math.round)).toEqual(CLOSES);
    expect(valueIn(metrics, 'BETA')?.value).toBeCloseTo(1, 12);
    expect(valueIn(metrics, 'ALPHA')?.value).toBeCloseTo(0, 12);
    expect(valueIn(metrics, 'TRACKING_ERROR')?.value).toBeCloseTo(0, 12);
    expect(valueIn(benchmarkMetrics, 'SHARPE')?.value).toBeCloseTo(
      valueIn(metrics, 'SHARPE')?.value ?? 0,
      10,
    );
  });

  test('carries a benchmark over its gaps, and does without one that starts later', () => {
    const gap = reportOf(CLOSES.slice().fill(Number.NaN, 2, 4));
    expect(gap.benchmarkLevels?.slice(1, 4)).toEqual(
      Float64Array.of(110, 110, 110).map((c) => (c / 100) * 100),
    );
    expect(gap.warnings).toEqual([{ kind: 'BENCHMARK_CARRIED', sessions: 2 }]);
    const late = reportOf(CLOSES.slice().fill(Number.NaN, 0, 1));
    expect(late.benchmarkLevels).toBeUndefined();
    expect(late.benchmarkMetrics).toEqual([]);
    expect(late.warnings).toEqual([{ kind: 'BENCHMARK_MISSING' }]);
    expect(valueIn(late.metrics, 'BETA')?.undefinedReason).toBe('NO_BENCHMARK');
  });
});
