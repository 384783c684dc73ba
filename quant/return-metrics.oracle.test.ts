/** Statistics against those that empyrical computed: small arrays, and six stocks beside SPY. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { addDays, businessDate } from '#kernel/business-date';
import { hasRealData, REAL_DATA_MISSING, realFile } from '../test/support/real-data.ts';
import { readWidePrices } from '../test/support/real-prices.ts';
import { calmar, maxDrawdown } from './drawdown.ts';
import { aggregateReturns } from './period-returns.ts';
import { quantileLinear } from './quantile.ts';
import * as beside from './relative-metrics.ts';
import * as alone from './return-metrics.ts';
import { excessReturns, levelsOf, perPeriodRate, simpleReturns } from './return-series.ts';
import { defined, type Statistic } from './statistic.ts';
import { valueAtRiskHistorical } from './value-at-risk-historical.ts';

const WITHOUT = hasRealData ? '' : `: ${REAL_DATA_MISSING}`;
const DAYS = 252;
const PERIODS = { daily: 252, weekly: 52, monthly: 12 } as const;

/** `null` is a missing value. */
interface Series {
  readonly series: readonly (number | null)[];
  readonly first: string | null;
}

interface Plain {
  readonly array: readonly (number | null)[];
}

interface Case {
  readonly test: string;
  readonly args: readonly (Series | Plain | string | number)[];
  readonly kwargs: Readonly<Record<string, string | number | Series>>;
  readonly result: number | null | Series | Plain;
}

const readJson = (name: string): unknown =>
  JSON.parse(readFileSync(realFile(`oracle/${name}`), 'utf8'));

const readEmpyrical = () =>
  readJson('return_stats_empyrical.json') as {
    readonly functions: Record<string, { readonly cases: readonly Case[] }>;
  };

describe.skipIf(!hasRealData)(`empyrical's small cases${WITHOUT}`, () => {
  const { functions } = hasRealData ? readEmpyrical() : { functions: {} };
  const cases = Object.entries(functions).flatMap(([name, { cases: all }]) =>
    all.map((found): [string, string, Case] => [found.test, name, found]),
  );

  test('every function of the file is checked', () => {
    const checked = [...Object.keys(ONE_VALUE), ...Object.keys(TWO_VALUES), ...Object.keys(SERIES)];
    expect(checked.sort()).toEqual(Object.keys(functions).sort());
    expect(cases.length).toBeGreaterThan(60);
  });

  test.each(cases)('%s of %s', (_, name, { test: id, args, kwargs, result }) => {
    const one = ONE_VALUE[name];
    if (one !== undefined) {
      expectClose(one(args, kwargs).value, result as number | null);
      return;
    }
    const several = SERIES[name]?.(args, kwargs, id) ?? TWO_VALUES[name]?.(args) ?? [];
    const { series, array } = result as Partial<Series & Plain>;
    const wanted = series ?? array ?? [];
    expect(several).toHaveLength(wanted.length);
    wanted.forEach((value, index) => {
      expectClose(several[index] ?? null, value);
    });
  });
});

function expectClose(found: number | null, expected: number | null): void {
  expect(found === null).toBe(expected === null);
  expect(Math.abs((found ?? 0) - (expected ?? 0))).toBeLessThanOrEqual(1e-8);
}

type Args = Case['args'];
type Kwargs = Case['kwargs'];

const isSeries = (arg: unknown): arg is Series =>
  typeof arg === 'object' && arg !== null && 'series' in arg;

/** Two series by date, without the dates on which either has nothing. */
function pairOf([first, second]: Args): beside.Pair {
  if (!isSeries(first) || !isSeries(second)) throw new Error('expected two series');
  const other = datedOf(second);
  const rows = [...datedOf(first)].filter(([date]) => other.has(date));
  return {
    returns: Float64Array.from(rows, ([, value]) => value),
    benchmark: Float64Array.from(rows, ([date]) => other.get(date) ?? Number.NaN),
  };
}

function datedOf({ series, first }: Series): ReadonlyMap<string, number> {
  const start = businessDate(first ?? '2000-01-01');
  const dated = series.map((value, index): [string, number | null] => [
    addDays(start, index),
    value,
  ]);
  return new Map(dated.filter((row): row is [string, number] => row[1] !== null));
}

/** The first argument, less a rate that may be a series: then without the dates it lacks. */
function overRate([first]: Args, rate: string | number | Series | undefined): Float64Array {
  if (!isSeries(first)) throw new Error('expected a series');
  if (!isSeries(rate)) return excessReturns(valuesOf(first), Number(rate ?? 0));
  const { returns, benchmark } = pairOf([first, rate]);
  return excessReturns(returns, benchmark);
}

function valuesOf({ series }: Series): Float64Array {
  return Float64Array.from(series.filter((value) => value !== null));
}

/** empyrical counts a missing first return among the n, as a return of nothing. */
function filled([first]: Args): Float64Array {
  return Float64Array.from(isSeries(first) ? first.series : [], (value) => value ?? 0);
}

const periodsOf = ({ period }: Kwargs): number => PERIODS[(period ?? 'daily') as 'daily'];
const rates = { periodsPerYear: DAYS, riskFree: 0 };

const ONE_VALUE: Record<string, (args: Args, kwargs: Kwargs) => Statistic> = {
  alpha: (args) => beside.alphaCompounded(pairOf(args), rates),
  annual_return: (args, kwargs) => alone.cagr(filled(args), periodsOf(kwargs)),
  annual_volatility: (args, kwargs) => alone.volatility(overRate(args, 0), periodsOf(kwargs)),
  beta: (args) => beside.beta(pairOf(args)),
  cagr: (args, kwargs) => alone.cagr(filled(args), periodsOf(kwargs)),
  cum_returns_final: (args) => alone.totalReturn(overRate(args, 0)),
  down_capture: (args) => beside.annualizedDownCapture(pairOf(args), DAYS),
  downside_risk: (args, kwargs) =>
    alone.downsideRisk(overRate(args, kwargs['required_return']), periodsOf(kwargs)),
  max_drawdown: (args) => maxDrawdown(overRate(args, 0)),
  omega_ratio: (args, kwargs) => {
    const threshold = perPeriodRate(Number(kwargs['required_return']), DAYS);
    return alone.omega(excessReturns(overRate(args, kwargs['risk_free']), threshold));
  },
  sharpe_ratio: (args, kwargs) => alone.sharpe(overRate(args, kwargs['risk_free']), DAYS),
  sortino_ratio: (args, kwargs) =>
    alone.sortino(overRate(args, kwargs['required_return']), periodsOf(kwargs)),
  up_capture: (args) => beside.annualizedUpCapture(pairOf(args), DAYS),
  value_at_risk: ([returns, tail]) =>
    defined(
      quantileLinear(
        Float64Array.from((returns as { array: number[] }).array).toSorted(),
        Number(tail),
      ),
    ),
};

const TWO_VALUES: Record<string, (args: Args) => readonly (number | null)[]> = {
  alpha_beta: (args) => alphaAndBeta(pairOf(args), () => true),
  up_alpha_beta: (args) => alphaAndBeta(pairOf(args), (b) => b >= 0),
  down_alpha_beta: (args) => alphaAndBeta(pairOf(args), (b) => b < 0),
};

function alphaAndBeta({ returns, benchmark }: beside.Pair, isTaken: (b: number) => boolean) {
  const taken = {
    returns: returns.filter((_, index) => isTaken(benchmark[index] ?? 0)),
    benchmark: benchmark.filter(isTaken),
  };
  return [beside.alphaCompounded(taken, rates).value, beside.beta(taken).value];
}

type SeriesFunction = (args: Args, kwargs: Kwargs, id: string) => readonly (number | null)[];

const SERIES: Record<string, SeriesFunction> = {
  cum_returns: ([first], { starting_value: start }) => {
    if (!isSeries(first) || first.series.length === 0) return [];
    const levels = levelsOf(filled([first]), Number(start) || 1).slice(1);
    return [...levels].map((level) => (Number(start) === 0 ? level - 1 : level));
  },
  aggregate_returns: ([first, period], _kwargs, id) => {
    if (!isSeries(first)) throw new Error('expected a series');
    const key = { weekly: 'WEEKLY', monthly: 'MONTHLY', quarterly: 'QUARTERLY', yearly: 'ANNUAL' };
    const dates = first.series.map((_, index) => dateInCase(first, index, id));
    const wanted = key[period as keyof typeof key] as 'WEEKLY' | 'MONTHLY';
    return aggregateReturns(valuesOf(first), dates, wanted).map(({ value }) => value);
  },
};

/** The file leaves out how far apart the dates are: published are days, weeks and month ends. */
function dateInCase({ first }: Series, index: number, id: string) {
  const start = businessDate(first ?? '');
  if (id === 'test_aggregate_returns_4') return addDays(start, 7 * index);
  if (id === 'test_aggregate_returns_6') return addDays(businessDate('2000-01-28'), 30 * index);
  return addDays(start, index);
}

describe.skipIf(!hasRealData)(`six stocks beside SPY${WITHOUT}`, () => {
  const rows = hasRealData
    ? (readJson('return_stats_real_series.json') as { rows: readonly RealRow[] }).rows
    : [];

  test('are six', () => {
    expect(rows).toHaveLength(6);
  });

  test.each(rows.map((row): [string, RealRow] => [row.symbol, row]))('%s', (symbol, row) => {
    const { from_: from, to } = row;
    const stock = readWidePrices('prices/us20_adjclose_1989_2018.csv.gz', {
      from,
      to,
      symbols: [symbol],
    });
    const spy = readWidePrices('prices/spy_adjclose_1993_2019.csv.gz', {
      from,
      to,
      symbols: ['SPY'],
    });
    expect(spy.dates).toEqual(stock.dates);
    const found = statisticsOf(simpleReturns(stock.closes), simpleReturns(spy.closes));
    for (const [name, value] of Object.entries(found)) {
      const expected = row[name] as number;
      expect(Math.abs(value / expected - 1), `${name} ${value} ${expected}`).toBeLessThan(1e-9);
    }
    const unchecked = Object.keys(row).filter((name) => !(name in found));
    expect(unchecked).toEqual(['symbol', 'benchmark', 'from_', 'to']);
  });
});

type RealRow = Readonly<Record<string, number | string>> & {
  readonly symbol: string;
  readonly from_: string;
  readonly to: string;
};

function statisticsOf(returns: Float64Array, benchmark: Float64Array): Record<string, number> {
  const pair = { returns, benchmark };
  const sorted = returns.toSorted();
  const value = (statistic: Statistic): number => statistic.value ?? Number.NaN;
  const shortfall = (tail: number): number =>
    -(valueAtRiskHistorical(returns, 1 - tail)?.expectedShortfall ?? Number.NaN);
  return {
    n_returns: returns.length,
    cum_return: value(alone.totalReturn(returns)),
    cagr: value(alone.cagr(returns, DAYS)),
    annual_volatility: value(alone.volatility(returns, DAYS)),
    sharpe_rf0: value(alone.sharpe(returns, DAYS)),
    sharpe_daily_rf_0_0001: value(alone.sharpe(excessReturns(returns, 0.0001), DAYS)),
    sortino_mar0: value(alone.sortino(returns, DAYS)),
    downside_risk: value(alone.downsideRisk(returns, DAYS)),
    max_drawdown: value(maxDrawdown(returns)),
    calmar: value(calmar(returns, DAYS)),
    omega_0: value(alone.omega(returns)),
    var_05: quantileLinear(sorted, 0.05),
    var_01: quantileLinear(sorted, 0.01),
    cvar_05: shortfall(0.05),
    cvar_01: shortfall(0.01),
    alpha_annual: value(beside.alphaCompounded(pair, rates)),
    beta: value(beside.beta(pair)),
    tail_ratio: value(alone.tailRatio(sorted)),
    stability: value(alone.stability(returns)),
    up_capture: value(beside.annualizedUpCapture(pair, DAYS)),
    down_capture: value(beside.annualizedDownCapture(pair, DAYS)),
    excess_sharpe_daily: value(beside.informationRatio(pair, 1)),
    correlation: value(beside.correlation(pair)),
    tracking_error_annual: value(beside.trackingError(pair, DAYS)),
  };
}
