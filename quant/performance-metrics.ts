/**
 * Every statistic of a performance by its name, with the convention that it follows in words.
 * One table: to add a statistic, add a row.
 */

import { calmar, martin, maxDrawdown, ulcerIndex } from './drawdown.ts';
import * as beside from './relative-metrics.ts';
import * as alone from './return-metrics.ts';
import { excessReturns } from './return-series.ts';
import { defined, type Statistic, undefinedBecause } from './statistic.ts';
import { type TailRisk, valueAtRiskHistorical } from './value-at-risk-historical.ts';
import { valueAtRiskCornishFisher, valueAtRiskNormal } from './value-at-risk-normal.ts';

export interface Performance {
  /** Simple returns, one a period. */
  readonly returns: Float64Array;
  /** 252 for daily returns, 52 for weekly, 12 for monthly. */
  readonly periodsPerYear: number;
  /** Risk-free return of one period. */
  readonly riskFree: number;
  /** Minimum acceptable return of one period, for SORTINO, DOWNSIDE_RISK and OMEGA. */
  readonly minimumReturn: number;
}

export interface RelativePerformance extends Performance {
  /** As many as there are returns; undefined without a benchmark. */
  readonly benchmark: Float64Array | undefined;
  /** One-way turnover of each rebalance. */
  readonly turnovers: readonly number[];
}

export type Metric = Statistic & { readonly name: MetricName; readonly convention: string };

export type AbsoluteMetricName = (typeof ABSOLUTE)[number]['name'];
export type RelativeMetricName = (typeof RELATIVE)[number]['name'];
export type MetricName = AbsoluteMetricName | RelativeMetricName | 'TURNOVER';

const CONFIDENCE = 0.95;
const TURNOVER_CONVENTION =
  'sum of |change of weight| / 2 over all rebalances, a year; the first purchase does not count';

/** All of them, in a fixed order. Those beside a benchmark are null without one. */
export function performanceMetrics(performance: RelativePerformance): readonly Metric[] {
  const { returns, benchmark, periodsPerYear, turnovers } = performance;
  const pair = benchmark && { returns, benchmark };
  const relative = RELATIVE.map(({ name, convention, of }) => ({
    name,
    convention,
    ...(pair ? of(pair, performance) : undefinedBecause('NO_BENCHMARK')),
  }));
  const turnover = alone.annualTurnover(turnovers, { returns: returns.length, periodsPerYear });
  return [
    ...absoluteMetrics(performance),
    ...relative,
    { name: 'TURNOVER', convention: TURNOVER_CONVENTION, ...turnover },
  ];
}

/** Those that need nothing but the returns: also for the benchmark itself. */
export function absoluteMetrics(performance: Performance): readonly Metric[] {
  const facts = factsOf(performance);
  return ABSOLUTE.map(({ name, convention, of }) => ({ name, convention, ...of(facts) }));
}

/** What several statistics share, worked out once. */
interface Facts extends Performance {
  readonly excess: Float64Array;
  readonly overMinimum: Float64Array;
  readonly sorted: Float64Array;
  readonly historicalTail: TailRisk | undefined;
  readonly normalTail: TailRisk | undefined;
}

function factsOf(performance: Performance): Facts {
  const { returns, riskFree, minimumReturn } = performance;
  const sorted = returns.toSorted();
  return {
    ...performance,
    excess: excessReturns(returns, riskFree),
    overMinimum: excessReturns(returns, minimumReturn),
    sorted,
    historicalTail: returns.length < 2 ? undefined : valueAtRiskHistorical(sorted, CONFIDENCE),
    normalTail: valueAtRiskNormal(returns, CONFIDENCE),
  };
}

interface AbsoluteMeasure {
  readonly name: string;
  readonly convention: string;
  readonly of: (facts: Facts) => Statistic;
}

const ABSOLUTE = [
  {
    name: 'TOTAL_RETURN',
    convention: 'product of all 1 + r, minus 1',
    of: ({ returns }) => alone.totalReturn(returns),
  },
  {
    name: 'CAGR',
    convention: '(1 + total)^(P / n) - 1, with n returns and P = 252 periods a year for daily ones',
    of: ({ returns, periodsPerYear }) => alone.cagr(returns, periodsPerYear),
  },
  {
    name: 'VOLATILITY',
    convention: 'sample deviation (n - 1) x sqrt(P)',
    of: ({ returns, periodsPerYear }) => alone.volatility(returns, periodsPerYear),
  },
  {
    name: 'SHARPE',
    convention: 'mean(r - rf) / sample deviation(r - rf) x sqrt(P)',
    of: ({ excess, periodsPerYear }) => alone.sharpe(excess, periodsPerYear),
  },
  {
    name: 'SORTINO',
    convention: 'mean(r - MAR) / sqrt(mean(min(r - MAR, 0)^2)) x sqrt(P), both means over all n',
    of: ({ overMinimum, periodsPerYear }) => alone.sortino(overMinimum, periodsPerYear),
  },
  {
    name: 'DOWNSIDE_RISK',
    convention: 'sqrt(mean(min(r - MAR, 0)^2)) x sqrt(P), the mean over all n',
    of: ({ overMinimum, periodsPerYear }) => alone.downsideRisk(overMinimum, periodsPerYear),
  },
  {
    name: 'OMEGA',
    convention: 'sum of max(r - MAR, 0) over sum of max(MAR - r, 0)',
    of: ({ overMinimum }) => alone.omega(overMinimum),
  },
  {
    name: 'MAX_DRAWDOWN',
    convention: 'lowest level / highest level before it - 1, negative; the first level counts',
    of: ({ returns }) => maxDrawdown(returns),
  },
  {
    name: 'CALMAR',
    convention: 'CAGR / |maximum drawdown|',
    of: ({ returns, periodsPerYear }) => calmar(returns, periodsPerYear),
  },
  {
    name: 'ULCER_INDEX',
    convention: 'sqrt(mean of squared drawdowns over n)',
    of: ({ returns }) => ulcerIndex(returns),
  },
  {
    name: 'MARTIN',
    convention: '(CAGR - compounded risk-free rate of a year) / Ulcer index',
    of: ({ returns, ...rates }) => martin(returns, rates),
  },
  {
    name: 'VAR_95',
    convention: 'one period, historical: loss at rank ceil(0.05 n) from the worst, positive',
    of: ({ historicalTail }) => definedTail(historicalTail?.valueAtRisk),
  },
  {
    name: 'CVAR_95',
    convention: 'one period, historical: mean of the losses up to that rank, positive',
    of: ({ historicalTail }) => definedTail(historicalTail?.expectedShortfall),
  },
  {
    name: 'VAR_95_NORMAL',
    convention: '-(mean + z x sample deviation), z the 5 % quantile of the normal distribution',
    of: ({ normalTail }) => definedTail(normalTail?.valueAtRisk),
  },
  {
    name: 'CVAR_95_NORMAL',
    convention: '-mean + sample deviation x density(z) / 0.05',
    of: ({ normalTail }) => definedTail(normalTail?.expectedShortfall),
  },
  {
    name: 'VAR_95_CORNISH_FISHER',
    convention:
      'as VAR_95_NORMAL, z corrected by population skew (to 1) and excess kurtosis (to 8)',
    of: ({ returns }) => cornishFisher(returns),
  },
  {
    name: 'TAIL_RATIO',
    convention: '|95 % quantile| / |5 % quantile|, linear between observations',
    of: ({ sorted }) => alone.tailRatio(sorted),
  },
  {
    name: 'SKEWNESS',
    convention: 'population skewness, divisors n',
    of: ({ returns }) => alone.skewness(returns, 'POPULATION'),
  },
  {
    name: 'EXCESS_KURTOSIS',
    convention: 'population kurtosis - 3, divisors n',
    of: ({ returns }) => alone.excessKurtosis(returns, 'POPULATION'),
  },
  {
    name: 'HIT_RATE',
    convention: 'share of the returns above zero',
    of: ({ returns }) => alone.hitRate(returns),
  },
  {
    name: 'PAYOFF',
    convention: 'mean gain / |mean loss|',
    of: ({ returns }) => alone.payoff(returns),
  },
  {
    name: 'STABILITY',
    convention: 'R squared of a straight line through the cumulative log returns',
    of: ({ returns }) => alone.stability(returns),
  },
] as const satisfies readonly AbsoluteMeasure[];

function definedTail(loss: number | undefined): Statistic {
  return loss === undefined ? undefinedBecause('TOO_FEW_RETURNS') : defined(loss);
}

const LEAST_FOR_CORNISH_FISHER = 4;

function cornishFisher(returns: Float64Array): Statistic {
  const skew = alone.skewness(returns, 'POPULATION');
  if (returns.length < LEAST_FOR_CORNISH_FISHER) return undefinedBecause('TOO_FEW_RETURNS');
  if (skew.value === null) return skew;
  const loss = valueAtRiskCornishFisher(returns, CONFIDENCE);
  return loss === undefined ? undefinedBecause('OUTSIDE_VALIDITY') : defined(loss);
}

interface RelativeMeasure {
  readonly name: string;
  readonly convention: string;
  readonly of: (pair: beside.Pair, rates: beside.YearAndRate) => Statistic;
}

const RELATIVE = [
  {
    name: 'BETA',
    convention: 'cov(r, b) / var(b)',
    of: (pair) => beside.beta(pair),
  },
  {
    name: 'ALPHA',
    convention: '(mean(r - rf) - beta x mean(b - rf)) x P',
    of: beside.alpha,
  },
  {
    name: 'CORRELATION',
    convention: 'cov(r, b) / (deviation of r x deviation of b)',
    of: (pair) => beside.correlation(pair),
  },
  {
    name: 'TRACKING_ERROR',
    convention: 'sample deviation(r - b) x sqrt(P)',
    of: (pair, { periodsPerYear }) => beside.trackingError(pair, periodsPerYear),
  },
  {
    name: 'INFORMATION_RATIO',
    convention: 'mean(r - b) x P / tracking error',
    of: (pair, { periodsPerYear }) => beside.informationRatio(pair, periodsPerYear),
  },
  {
    name: 'UP_CAPTURE',
    convention: 'geometric mean of r / geometric mean of b, where b > 0',
    of: (pair) => beside.upCapture(pair),
  },
  {
    name: 'DOWN_CAPTURE',
    convention: 'geometric mean of r / geometric mean of b, where b <= 0',
    of: (pair) => beside.downCapture(pair),
  },
  {
    name: 'TREYNOR',
    convention: 'mean(r - rf) x P / beta',
    of: beside.treynor,
  },
  {
    name: 'M_SQUARED',
    convention: 'rf x P + Sharpe x volatility of the benchmark',
    of: beside.mSquared,
  },
] as const satisfies readonly RelativeMeasure[];

export const METRIC_NAMES: readonly MetricName[] = [
  ...ABSOLUTE.map(({ name }) => name),
  ...RELATIVE.map(({ name }) => name),
  'TURNOVER',
];
