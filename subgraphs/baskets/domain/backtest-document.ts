/**
 * The result of a backtest as it is kept: one JSON text with its keys in a fixed order, and the
 * weights of all rebalances as numbers. Equal inputs give equal bytes.
 */

import type { BusinessDate } from '#kernel/business-date';
import type { BacktestReport, DatedDrawdown } from '#quant/backtest-report';
import type { BacktestRun, Rebalance } from '#quant/backtest-result';
import type { Metric, MetricName } from '#quant/performance-metrics';
import type { PeriodReturn } from '#quant/period-returns';
import { UNDEFINED_REASONS } from '#quant/statistic';
import { type PanelWords, warningText } from './backtest-words.ts';

/** Of one session. */
export const RISK_FREE_RETURN = 0;
export const MINIMUM_RETURN = 0;

export interface BacktestDocument {
  readonly symbols: readonly string[];
  readonly dates: readonly BusinessDate[];
  /** At each date; the first is the base level. */
  readonly levels: readonly number[];
  readonly benchmarkLevels: readonly number[] | null;
  readonly metrics: readonly KeptMetric[];
  readonly benchmarkMetrics: readonly KeptMetric[];
  readonly drawdowns: readonly KeptDrawdown[];
  readonly months: readonly PeriodReturn[];
  readonly years: readonly PeriodReturn[];
  readonly rebalances: readonly KeptRebalance[];
  /** By name, as in `symbols`. */
  readonly initialWeights: readonly number[];
  readonly finalWeights: readonly number[];
  readonly contributions: readonly number[];
  readonly warnings: readonly string[];
}

export interface KeptMetric {
  readonly name: MetricName;
  readonly value: number | null;
  readonly convention: string;
  readonly undefinedReason: string | null;
}

export interface KeptDrawdown {
  readonly depth: number;
  readonly peak: BusinessDate;
  readonly trough: BusinessDate;
  readonly recovery: BusinessDate | null;
  readonly sessions: number;
}

export interface KeptRebalance {
  readonly decidedOn: BusinessDate;
  readonly executedOn: BusinessDate;
  readonly valueBefore: number;
  readonly turnover: number;
  readonly cost: number;
  /** Names whose weight it changes. */
  readonly trades: number;
}

export interface Findings {
  readonly run: BacktestRun;
  readonly report: BacktestReport;
  readonly words: PanelWords;
  /** Told before those of the run. */
  readonly dataWarnings: readonly string[];
}

export function documentOf({ run, report, words, dataWarnings }: Findings): BacktestDocument {
  const { symbols, dates } = words;
  const dateAt = (session: number): BusinessDate => {
    const date = dates[session];
    if (date === undefined) throw new RangeError(`there is no session ${session}`);
    return date;
  };
  return {
    symbols,
    dates: dates.slice(run.startSession),
    levels: Array.from(run.levels),
    benchmarkLevels: report.benchmarkLevels ? Array.from(report.benchmarkLevels) : null,
    metrics: report.metrics.map(keptMetric),
    benchmarkMetrics: report.benchmarkMetrics.map(keptMetric),
    drawdowns: report.drawdowns.map(keptDrawdown),
    months: report.months,
    years: report.years,
    rebalances: run.rebalances.map((rebalance) => keptRebalance(rebalance, dateAt)),
    initialWeights: Array.from(run.initialWeights),
    finalWeights: Array.from(run.finalWeights),
    contributions: Array.from(run.contributions),
    warnings: [...dataWarnings, ...report.warnings.map((each) => warningText(each, words))],
  };
}

function keptMetric({ name, value, convention, undefinedReason }: Metric): KeptMetric {
  const reason = undefinedReason && `${undefinedReason}: ${UNDEFINED_REASONS[undefinedReason]}`;
  return { name, value, convention: withRates(convention), undefinedReason: reason };
}

/** Which numbers the letters of a convention stand for here. */
function withRates(convention: string): string {
  const rates = [
    /\bP\b/.test(convention) ? 'P = 252' : '',
    /\brf\b/.test(convention) ? `rf = ${RISK_FREE_RETURN}` : '',
    /\bMAR\b/.test(convention) ? `MAR = ${MINIMUM_RETURN}` : '',
  ].filter((text) => text !== '');
  return rates.length === 0 ? convention : `${convention}; ${rates.join(', ')}`;
}

function keptDrawdown({ depth, peak, trough, recovery, sessions }: DatedDrawdown): KeptDrawdown {
  return { depth, peak, trough, recovery: recovery ?? null, sessions };
}

function keptRebalance(
  rebalance: Rebalance,
  dateAt: (session: number) => BusinessDate,
): KeptRebalance {
  const { weightsBefore, weightsAfter } = rebalance;
  return {
    decidedOn: dateAt(rebalance.decidedSession),
    executedOn: dateAt(rebalance.executedSession),
    valueBefore: rebalance.valueBefore,
    turnover: rebalance.turnover,
    cost: rebalance.cost,
    trades: weightsAfter.reduce(
      (count, after, name) => (after === weightsBefore[name] ? count : count + 1),
      0,
    ),
  };
}

/** Of each rebalance the weights before, then those after. */
export function weightsOf(rebalances: readonly Rebalance[], names: number): Float64Array {
  const all = new Float64Array(rebalances.length * 2 * names);
  rebalances.forEach(({ weightsBefore, weightsAfter }, index) => {
    all.set(weightsBefore, index * 2 * names);
    all.set(weightsAfter, (index * 2 + 1) * names);
  });
  return all;
}
