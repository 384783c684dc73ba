/** Computes a backtest from prices in memory: the part that takes a thread for itself. */

import { toNumber } from '#kernel/decimal';
import { runBacktest as simulate } from '#quant/backtest';
import { BACKTEST_DEFAULTS, flatCosts } from '#quant/backtest-input';
import { reportBacktest, SESSIONS_PER_YEAR } from '#quant/backtest-report';
import {
  type BacktestDocument,
  documentOf,
  MINIMUM_RETURN,
  RISK_FREE_RETURN,
  weightsOf,
} from '../domain/backtest-document.ts';
import { compositionsOf } from '../domain/backtest-compositions.ts';
import type { BacktestJob } from '../domain/backtest-job.ts';
import { dateOfDay, type PanelData } from '../domain/backtest-panel.ts';
import { shownNames } from '../domain/shown-names.ts';
import { refusalText } from '../domain/backtest-words.ts';
import type { BacktestProgress } from './backtest-progress.ts';

export interface Calculation {
  readonly job: BacktestJob;
  readonly panel: PanelData;
  readonly unadjusted: readonly string[];
}

export type CalculationOutcome =
  | { readonly ok: true; readonly document: BacktestDocument; readonly weights: Float64Array }
  | { readonly ok: false; readonly message: string };

/** Exchanges close for up to nine days in a row around new year; beyond that prices are missing. */
const MAX_DAYS_BETWEEN_SESSIONS = 14;

export function calculateBacktest(
  { job, panel: whole, unadjusted }: Calculation,
  progress: BacktestProgress,
): CalculationOutcome {
  const { params, names } = job;
  const lead = Array.from(whole.days, dateOfDay).filter((date) => date < params.from).length;
  const panel = lead === 0 ? whole : withoutLead(whole, lead);
  const words = {
    symbols: names.map(({ symbol }) => symbol),
    dates: Array.from(panel.days, dateOfDay),
  };
  const { closes, opens, benchmark } = panel;
  const hole = holeText(panel.days);
  if (hole !== undefined && params.missingPrices === 'REFUSE') {
    return { ok: false, message: `MISSING_PRICES: ${hole}` };
  }
  const targets = compositionsOf(job, { panel: whole, lead, dates: words.dates });
  if (!targets.ok) return targets;
  const run = simulate(
    {
      panel: { sessions: words.dates, names: names.length, closes, ...(opens ? { opens } : {}) },
      compositions: targets.compositions,
      delistings: [],
      // The names of a version are chosen with what is known at its making, for the whole window.
      universe: 'TODAYS_LIST',
      rebalance: params.rebalance,
      execution: params.execution,
      missingPrices: params.missingPrices,
      costs: flatCosts(names.length, toNumber(params.costBps)),
      baseLevel: BACKTEST_DEFAULTS.baseLevel,
      maxCarriedSessions: params.maxCarriedSessions,
      leastStartWeight: toNumber(params.leastStartWeight),
    },
    progress,
  );
  if (!run.ok) return { ok: false, message: refusalText(run, words) };
  const report = reportBacktest(run, {
    sessions: words.dates,
    benchmarkCloses: benchmark,
    periodsPerYear: SESSIONS_PER_YEAR,
    riskFree: RISK_FREE_RETURN,
    minimumReturn: MINIMUM_RETURN,
  });
  const holes = hole === undefined ? [] : [hole];
  const dataWarnings = [...holes, ...warningsOfData(panel, unadjusted), ...warningsOfScheme(job)];
  return {
    ok: true,
    document: documentOf({ run, report, words, dataWarnings }),
    weights: weightsOf(run.rebalances, names.length),
  };
}

/** What volatilities needed of the days before the window is not part of it. */
function withoutLead(panel: PanelData, lead: number): PanelData {
  const { days, names, closes, opens, benchmark } = panel;
  return {
    ...panel,
    days: days.subarray(lead),
    closes: closes.subarray(lead * names),
    opens: opens?.subarray(lead * names),
    benchmark: benchmark?.subarray(lead),
  };
}

/** Shares of today over adjusted closes: splits are in both, issues and buybacks in neither. */
function warningsOfScheme({ scheme }: BacktestJob): readonly string[] {
  if (scheme === null || scheme.sharesOf === null) return [];
  return [`shares outstanding are those of ${scheme.sharesOf} for the whole window`];
}

/** Days without a session are no gaps of a single name: they do not show anywhere else. */
function holeText(days: Int32Array): string | undefined {
  const after = days.findIndex(
    (day, session) => day - (days[session - 1] ?? day) > MAX_DAYS_BETWEEN_SESSIONS,
  );
  const [last, next] = [days[after - 1], days[after]];
  if (last === undefined || next === undefined) return undefined;
  return `no name has a close between ${dateOfDay(last)} and ${dateOfDay(next)}`;
}

function warningsOfData(
  { weekendDaysLeftOut, offSessionCloses }: PanelData,
  unadjusted: readonly string[],
): readonly string[] {
  const warnings: string[] = [];
  if (unadjusted.length > 0) {
    const shown = shownNames(unadjusted);
    warnings.push(`not adjusted for dividends and splits are the prices of ${shown}`);
  }
  if (offSessionCloses > 0) {
    warnings.push(
      `${offSessionCloses} closes are left out: they are of days on which the exchange rests`,
    );
  }
  if (weekendDaysLeftOut > 0) {
    warnings.push(
      `${weekendDaysLeftOut} Saturdays and Sundays are left out: not every name trades on them`,
    );
  }
  return warnings;
}
