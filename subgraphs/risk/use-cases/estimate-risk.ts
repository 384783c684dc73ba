/** The value at risk of a portfolio from stored closes. */

import { PlatformError } from '#platform/errors';
import { toNumber } from '#kernel/decimal';
import { alignCloses, type RateSeries } from '../domain/close-history.ts';
import { rateSeries } from '../domain/currency-conversion.ts';
import {
  conventionOf,
  estimateValueAtRisk,
  type VarEstimate,
  type VarMethod,
  type VarOptions,
} from '../domain/value-at-risk.ts';
import { requireAmounts } from './amount-bound.ts';
import type { PortfolioSource } from './load-holdings.ts';
import { type PortfolioReport, reportPortfolio, type ValuationDeps } from './value-portfolio.ts';

export interface RiskQuestion {
  readonly method: VarMethod | 'MONTE_CARLO';
  readonly confidence: number;
  readonly horizonDays: number;
  readonly windowDays: number;
}

export interface RiskReport extends VarEstimate, VarOptions {
  readonly portfolio: PortfolioReport;
  readonly convention: string;
  /** Value over gross exposure; null when either is missing or zero. */
  readonly fraction: number | null;
}

const LIMITS = {
  confidence: { min: 0.5, max: 0.9999 },
  horizonDays: { min: 1, max: 60 },
  windowDays: { min: 20, max: 10_000 },
} as const;

export async function estimateRisk(
  deps: ValuationDeps,
  source: PortfolioSource,
  question: RiskQuestion,
): Promise<RiskReport> {
  const options = checkedOptions(question);
  const portfolio = await reportPortfolio(deps, source);
  const { holdings } = portfolio;
  const maxDays = options.windowDays + options.horizonDays;
  const symbols = holdings.map(({ symbol }) => symbol);
  const series = symbols.length === 0 ? [] : await deps.inputs.closes(symbols, maxDays);
  const withHistory = new Map(series.map((each) => [each.symbol, each]));
  const used = holdings.filter(({ symbol }) => withHistory.has(symbol));
  const columns = used.flatMap(({ symbol }) => withHistory.get(symbol) ?? []);
  const rates = await historicalRates(deps, portfolio.currency, columns);
  const estimate = estimateValueAtRisk(
    alignCloses(columns, rates, maxDays),
    Float64Array.from(used, ({ marketValue }) => toNumber(marketValue)),
    options,
  );
  const sums = {
    'value at risk': estimate.value,
    'expected shortfall': estimate.expectedShortfall,
  };
  requireAmounts(sums, portfolio.currency);
  const gross = toNumber(portfolio.grossExposure);
  return {
    ...options,
    ...estimate,
    portfolio,
    convention: conventionOf(options),
    fraction: estimate.value === null || gross === 0 ? null : estimate.value / gross,
    warnings: [...estimate.warnings, ...leftOut(portfolio, withHistory)],
  };
}

function leftOut(
  { unvalued, holdings }: PortfolioReport,
  withHistory: ReadonlyMap<string, unknown>,
): readonly string[] {
  return [
    ...unvalued.map(({ symbol, reason }) => `${symbol} is left out: ${reason}`),
    ...holdings
      .filter(({ symbol }) => !withHistory.has(symbol))
      .map(({ symbol }) => `${symbol} is left out: no closes are stored`),
  ];
}

async function historicalRates(
  { inputs }: ValuationDeps,
  currency: string,
  columns: readonly { readonly currency: string; readonly dates: readonly string[] }[],
): Promise<ReadonlyMap<string, RateSeries>> {
  const foreign = [...new Set(columns.map((each) => each.currency))].filter(
    (each) => each !== currency,
  );
  const firstDay = columns.flatMap(({ dates }) => dates.slice(0, 1)).sort()[0];
  if (foreign.length === 0 || firstDay === undefined) return new Map();
  const fixings = await inputs.fixings([...foreign, currency], firstDay);
  return new Map(
    foreign.map((from) => [from, rateSeries({ from, to: currency }, fixings) ?? NEVER_FIXED]),
  );
}

/** Leaves every day of the column out, so that the history is honestly too short. */
const NEVER_FIXED: RateSeries = { dates: [], rates: new Float64Array() };

function checkedOptions(question: RiskQuestion): VarOptions {
  for (const name of ['confidence', 'horizonDays', 'windowDays'] as const) {
    const { min, max } = LIMITS[name];
    const found = question[name];
    if (!(found >= min && found <= max)) {
      throw badInput(`${name}: expected ${min} to ${max}, was ${found}`);
    }
  }
  const { method } = question;
  if (method === 'MONTE_CARLO') {
    throw badInput('method: MONTE_CARLO is not available yet; use HISTORICAL or PARAMETRIC');
  }
  return { ...question, method };
}

function badInput(message: string): PlatformError {
  return new PlatformError('BAD_USER_INPUT', message);
}
