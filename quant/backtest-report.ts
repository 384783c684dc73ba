/** What a reader wants to know of a backtest: statistics, drawdowns, months, years, benchmark. */

import type { BusinessDate } from '#kernel/business-date';
import type { PricePanel } from './backtest-input.ts';
import type { BacktestRun, BacktestWarning } from './backtest-result.ts';
import { type Drawdown, drawdownTable } from './drawdown.ts';
import { createLastCloses } from './last-close.ts';
import { absoluteMetrics, type Metric, performanceMetrics } from './performance-metrics.ts';
import { aggregateReturns, type PeriodReturn } from './period-returns.ts';
import { simpleReturns } from './return-series.ts';

export interface BacktestReport {
  readonly metrics: readonly Metric[];
  /** Of the benchmark alone; empty without one. */
  readonly benchmarkMetrics: readonly Metric[];
  /** Beside the run's levels, from the same base; undefined without a benchmark. */
  readonly benchmarkLevels: Float64Array | undefined;
  /** The deepest first. */
  readonly drawdowns: readonly DatedDrawdown[];
  readonly months: readonly PeriodReturn[];
  readonly years: readonly PeriodReturn[];
  /** The run's and those about the benchmark. */
  readonly warnings: readonly BacktestWarning[];
}

export interface DatedDrawdown {
  /** Negative. */
  readonly depth: number;
  readonly peak: BusinessDate;
  readonly trough: BusinessDate;
  /** Undefined while it is still open. */
  readonly recovery: BusinessDate | undefined;
  /** Sessions from the peak to the recovery, or to the end. */
  readonly sessions: number;
}

export interface ReportOptions {
  /** All sessions of the price panel. */
  readonly sessions: readonly BusinessDate[];
  /** One close a session of the panel, NaN where there is none: the one before is taken. */
  readonly benchmarkCloses: Float64Array | undefined;
  readonly periodsPerYear: number;
  /** Risk-free and minimum acceptable return of one session. */
  readonly riskFree: number;
  readonly minimumReturn: number;
}

export const SESSIONS_PER_YEAR = 252;
export const MAX_DRAWDOWNS_LISTED = 20;

export function reportBacktest(run: BacktestRun, options: ReportOptions): BacktestReport {
  const { sessions, benchmarkCloses } = options;
  const { levels, startSession } = run;
  const returns = simpleReturns(levels);
  const benchmark = benchmarkCloses && benchmarkOf(run, benchmarkCloses);
  const dates = sessions.slice(startSession);
  const turnovers = run.rebalances.map(({ turnover }) => turnover);
  const benchmarkReturns = benchmark?.levels && simpleReturns(benchmark.levels);
  const performance = { ...options, returns, benchmark: benchmarkReturns, turnovers };
  return {
    metrics: performanceMetrics(performance),
    benchmarkMetrics: benchmarkReturns
      ? absoluteMetrics({ ...options, returns: benchmarkReturns })
      : [],
    benchmarkLevels: benchmark?.levels,
    drawdowns: drawdownTable(levels, MAX_DRAWDOWNS_LISTED).map((found) => dated(found, dates)),
    months: aggregateReturns(returns, dates.slice(1), 'MONTHLY'),
    years: aggregateReturns(returns, dates.slice(1), 'ANNUAL'),
    warnings: [...run.warnings, ...(benchmark?.warnings ?? [])],
  };
}

interface Benchmark {
  readonly levels: Float64Array | undefined;
  readonly warnings: readonly BacktestWarning[];
}

/** Levels only when there is a close at or before the start. */
function benchmarkOf({ startSession, levels }: BacktestRun, closes: Float64Array): Benchmark {
  const panel: PricePanel = { sessions: [], names: 1, closes };
  const lastCloses = createLastCloses(panel);
  const base = lastCloses.at(0, startSession);
  if (Number.isNaN(base)) return { levels: undefined, warnings: [{ kind: 'BENCHMARK_MISSING' }] };
  let carried = 0;
  const found = levels.map((_, index) => {
    const session = startSession + index;
    if (lastCloses.sessionOf(0, session) < session) carried += 1;
    return (lastCloses.at(0, session) / base) * (levels[0] ?? Number.NaN);
  });
  const warnings = carried > 0 ? [{ kind: 'BENCHMARK_CARRIED', sessions: carried } as const] : [];
  return { levels: found, warnings };
}

function dated(found: Drawdown, dates: readonly BusinessDate[]): DatedDrawdown {
  const { depth, peak, trough, recovery } = found;
  const end = recovery ?? dates.length - 1;
  return {
    depth,
    peak: dateAt(dates, peak),
    trough: dateAt(dates, trough),
    recovery: recovery === undefined ? undefined : dateAt(dates, recovery),
    sessions: end - peak,
  };
}

function dateAt(dates: readonly BusinessDate[], position: number): BusinessDate {
  const date = dates[position];
  if (date === undefined) throw new RangeError(`there is no session ${position}`);
  return date;
}
