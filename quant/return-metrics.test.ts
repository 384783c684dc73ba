import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calmar, drawdownTable, martin, maxDrawdown, ulcerIndex } from './drawdown.ts';
import { METRIC_NAMES, performanceMetrics } from './performance-metrics.ts';
import { quantileLinear } from './quantile.ts';
import * as beside from './relative-metrics.ts';
import * as alone from './return-metrics.ts';
import { excessReturns, levelsOf, simpleReturns } from './return-series.ts';
import type { Statistic } from './statistic.ts';

/** The domain reference's series G2 (section 6): twelve monthly returns and a benchmark's. */
const M = [0.021, -0.013, 0.034, 0.008, -0.045, 0.027, 0.015, -0.009, 0.031, -0.022, 0.012, 0.019];
const B = [0.018, -0.01, 0.029, 0.011, -0.038, 0.02, 0.013, -0.012, 0.027, -0.017, 0.01, 0.016];
const returns = Float64Array.from(M);
const benchmark = Float64Array.from(B);
const pair = { returns, benchmark };
const MONTHLY = { periodsPerYear: 12, riskFree: 0 };

describe('section 6, golden series G1', () => {
  const percents = Float64Array.of(17, 15, 23, -5, 12, 9, 13, -4);

  test.each([
    ['downside deviation', alone.downsideRisk(percents, 1), 2.2638462845],
    ['Sortino', alone.sortino(percents, 1), 4.417261043],
  ])('%s', (_, found, expected) => {
    expect(Math.abs((found.value ?? 0) - expected)).toBeLessThan(1e-10);
  });
});

describe('section 6, golden series G2', () => {
  test.each<[string, Statistic, number]>([
    ['total return', alone.totalReturn(returns), 0.07743156352558178],
    ['total return of the benchmark', alone.totalReturn(benchmark), 0.06667024337713245],
    ['volatility', alone.volatility(returns, 12), 0.08311875403738479],
    ['Sharpe', alone.sharpe(returns, 12), 0.9384163767050395],
    ['Sortino', alone.sortino(returns, 12), 1.4849736672130107],
    ['maximum drawdown', maxDrawdown(returns), -0.045],
    ['Calmar', calmar(returns, 12), 1.7207014116795936],
    ['Ulcer index', ulcerIndex(returns), 0.016718475656480374],
    ['Martin', martin(returns, MONTHLY), 0.07743156352558178 / 0.016718475656480374],
    ['Omega', alone.omega(returns), 1.8764044943820226],
    ['beta', beside.beta(pair), 1.17424562047143],
    ['alpha', beside.alpha(pair, MONTHLY), -0.000674456571585793],
    ['correlation', beside.correlation(pair), 0.9945384778351485],
    ['tracking error', beside.trackingError(pair, 12), 0.015024222866001177],
    ['information ratio', beside.informationRatio(pair, 12), 0.7321510136069855],
    ['Treynor', beside.treynor(pair, MONTHLY), (0.078 / 12 / 1.17424562047143) * 12],
  ])('%s', (_, found, expected) => {
    expect(Math.abs((found.value ?? 0) / expected - 1)).toBeLessThan(1e-9);
  });

  test.each<[string, Statistic, number]>([
    ['population skew', alone.skewness(returns, 'POPULATION'), -0.8315187024],
    ['adjusted skew', alone.skewness(returns, 'ADJUSTED'), -0.9553422556],
    ['population kurtosis', alone.excessKurtosis(returns, 'POPULATION'), -0.2832376752],
    ['adjusted kurtosis', alone.excessKurtosis(returns, 'ADJUSTED'), 0.2833001383],
    ['up capture', beside.upCapture(pair), 1.1590729372],
    ['down capture', beside.downCapture(pair), 1.157236696],
  ])('%s, of which ten decimals are given', (_, found, expected) => {
    expect(Math.abs((found.value ?? 0) - expected)).toBeLessThan(6e-11);
  });

  test('the linear 5 % quantile', () => {
    expect(quantileLinear(returns.toSorted(), 0.05)).toBeCloseTo(-0.03235, 15);
  });

  test('M squared is the risk-free rate plus Sharpe times the volatility of the benchmark', () => {
    const rates = { periodsPerYear: 12, riskFree: 0.001 };
    const ratio = alone.sharpe(excessReturns(returns, 0.001), 12).value ?? 0;
    const scale = alone.volatility(benchmark, 12).value ?? 0;
    expect(beside.mSquared(pair, rates).value).toBeCloseTo(0.012 + ratio * scale, 14);
  });

  test('capture counts a benchmark at rest as down', () => {
    const resting = {
      returns: Float64Array.of(0.1, 0.02, 0),
      benchmark: Float64Array.of(0.1, 0, -0.01),
    };
    expect(beside.upCapture(resting).value).toBeCloseTo(1, 12);
    const geometric = Math.sqrt(1.02) - 1;
    expect(beside.downCapture(resting).value).toBeCloseTo(geometric / (Math.sqrt(0.99) - 1), 12);
  });

  test('hit rate and payoff', () => {
    expect(alone.hitRate(returns).value).toBe(8 / 12);
    expect(alone.payoff(returns).value).toBeCloseTo(0.167 / 8 / (0.089 / 4), 13);
  });

  test('the table of drawdowns starts with month 5', () => {
    const [deepest] = drawdownTable(levelsOf(returns), 3);
    expect(deepest).toMatchObject({ peak: 4, trough: 5 });
    expect(deepest?.depth).toBeCloseTo(-0.045, 15);
  });
});

describe('drawdowns', () => {
  test('run from the last peak to the first level at its height again', () => {
    const levels = Float64Array.of(100, 90, 100, 100, 120, 60, 80, 130, 117);
    expect(drawdownTable(levels, 10)).toEqual([
      { depth: -0.5, peak: 4, trough: 5, recovery: 7 },
      { depth: 90 / 100 - 1, peak: 0, trough: 1, recovery: 2 },
      { depth: 117 / 130 - 1, peak: 7, trough: 8, recovery: undefined },
    ]);
  });

  test('count the first level as a peak', () => {
    expect(maxDrawdown(Float64Array.of(-0.2, 0.1)).value).toBeCloseTo(-0.2, 15);
  });

  test('are never below -1 and never above 0, and the deepest is the maximum', () => {
    fc.assert(
      fc.property(fc.float64Array({ min: -0.5, max: 0.5, minLength: 1, noNaN: true }), (series) => {
        const found = maxDrawdown(series).value ?? Number.NaN;
        expect(found).toBeLessThanOrEqual(0);
        expect(found).toBeGreaterThan(-1);
        const [deepest] = drawdownTable(levelsOf(series), 1);
        expect(deepest?.depth ?? 0).toBeCloseTo(found, 13);
      }),
    );
  });
});

describe('what is undefined is null with a reason', () => {
  const pairOf = (series: Float64Array) => ({ returns: series, benchmark: series });
  const none = new Float64Array();
  const rising = Float64Array.of(0.01, 0.02, 0.03);
  const steady = simpleReturns(levelsOf(new Float64Array(300).fill(0.07)));
  const flat = { returns: rising, benchmark: new Float64Array(3) };
  const falling = { returns: rising, benchmark: Float64Array.of(-0.01, -0.02, -0.01) };

  test.each<[string, Statistic, string]>([
    ['total return of nothing', alone.totalReturn(none), 'TOO_FEW_RETURNS'],
    ['volatility of one return', alone.volatility(rising.slice(0, 1), 252), 'TOO_FEW_RETURNS'],
    ['Sharpe of steady growth', alone.sharpe(steady, 252), 'NO_VARIATION'],
    ['skew of steady growth', alone.skewness(steady, 'POPULATION'), 'NO_VARIATION'],
    ['Sortino without losses', alone.sortino(rising, 252), 'NO_LOSSES'],
    ['Omega without losses', alone.omega(rising), 'NO_LOSSES'],
    ['payoff without losses', alone.payoff(rising), 'NO_LOSSES'],
    ['payoff without gains', alone.payoff(falling.benchmark), 'NO_GAINS'],
    ['Calmar without drawdown', calmar(rising, 252), 'NO_DRAWDOWN'],
    ['Calmar of nothing', calmar(none, 252), 'TOO_FEW_RETURNS'],
    ['beta to a flat benchmark', beside.beta(flat), 'BENCHMARK_WITHOUT_VARIATION'],
    ['up capture of falling ones', beside.upCapture(falling), 'NO_UP_PERIODS'],
    ['down capture of a flat one', beside.downCapture(flat), 'NO_DOWN_PERIODS'],
    ['information ratio of itself', beside.informationRatio(pairOf(rising), 252), 'NO_VARIATION'],
    ['CAGR beyond a number', alone.cagr(Float64Array.of(1e9), 252), 'OUT_OF_RANGE'],
    ['a flat level’s stability', alone.stability(new Float64Array(5)), 'NO_VARIATION'],
    ['adjusted kurtosis of three', alone.excessKurtosis(rising, 'ADJUSTED'), 'TOO_FEW_RETURNS'],
  ])('%s', (_, found, reason) => {
    expect(found).toEqual({ value: null, undefinedReason: reason });
  });

  test('volatility and tracking error of what does not vary are zero, not undefined', () => {
    expect(alone.volatility(new Float64Array(5), 252).value).toBe(0);
    expect(beside.trackingError(pairOf(rising), 252).value).toBe(0);
  });
});

describe('the table of all metrics', () => {
  const performance = { ...pair, ...MONTHLY, minimumReturn: 0, turnovers: [0.1, 0.2] };

  test('has every name once, with a convention, in a fixed order', () => {
    const metrics = performanceMetrics(performance);
    expect(metrics.map(({ name }) => name)).toEqual(METRIC_NAMES);
    expect(new Set(METRIC_NAMES).size).toBe(METRIC_NAMES.length);
    expect(metrics.filter(({ convention }) => convention === '')).toEqual([]);
    expect(metrics.filter(({ value }) => value === null)).toEqual([]);
  });

  test('takes a loss as a positive value at risk, and turnover by the year', () => {
    const valueOf = (name: string) =>
      performanceMetrics(performance).find((metric) => metric.name === name)?.value;
    expect(valueOf('VAR_95')).toBe(0.045);
    expect(valueOf('VAR_95_NORMAL')).toBeCloseTo(0.0329671402, 10);
    expect(valueOf('CVAR_95_NORMAL')).toBeCloseTo(0.042993386, 10);
    expect(valueOf('VAR_95_CORNISH_FISHER')).toBeCloseTo(0.0384641028, 10);
    expect(valueOf('TURNOVER')).toBeCloseTo(0.3, 15);
  });

  test('has no NaN and no infinity, whatever the returns', () => {
    const series = fc.float64Array({ min: -1, max: 1e3, maxLength: 30, noNaN: true });
    fc.assert(
      fc.property(series, fc.boolean(), (sample, hasBenchmark) => {
        const metrics = performanceMetrics({
          returns: sample,
          benchmark: hasBenchmark ? sample.toReversed() : undefined,
          periodsPerYear: 252,
          riskFree: 0,
          minimumReturn: 0,
          turnovers: [],
        });
        const odd = metrics.filter(({ value, undefinedReason }) =>
          value === null ? undefinedReason === null : !Number.isFinite(value),
        );
        expect(odd).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('says why there is nothing beside a benchmark that is not there', () => {
    const metrics = performanceMetrics({ ...performance, benchmark: undefined });
    const reasons = metrics.filter(({ undefinedReason }) => undefinedReason === 'NO_BENCHMARK');
    expect(reasons.map(({ name }) => name)).toContain('BETA');
    expect(reasons).toHaveLength(9);
  });
});
