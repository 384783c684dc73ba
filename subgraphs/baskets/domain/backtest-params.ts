/** What a backtest of a basket is asked for, and what is wrong with it. */

import { type BusinessDate, daysBetween } from '#kernel/business-date';
import { type Decimal, decimal, formatDecimal, ONE } from '#kernel/decimal';
import { type Refusal, refuse } from '#kernel/decision';
import type { BasketRefusalReason } from './refusal-reason.ts';

export const REBALANCE_RULES = [
  'NONE',
  'DAILY',
  'WEEKLY',
  'MONTHLY',
  'QUARTERLY',
  'SEMIANNUAL',
  'ANNUAL',
] as const;
export const TRADE_EXECUTIONS = ['SAME_CLOSE', 'NEXT_CLOSE', 'NEXT_OPEN'] as const;
export const MISSING_PRICE_POLICIES = ['REFUSE', 'JOIN_AT_NEXT_REBALANCE'] as const;

export interface BacktestParams {
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  readonly rebalance: (typeof REBALANCE_RULES)[number];
  readonly execution: (typeof TRADE_EXECUTIONS)[number];
  readonly missingPrices: (typeof MISSING_PRICE_POLICIES)[number];
  /** Of the notional traded, each side, in basis points. */
  readonly costBps: Decimal;
  /** Null for none. */
  readonly benchmarkSymbol: string | null;
  /** How old a close may be, in sessions. */
  readonly maxCarriedSessions: number;
  /** Target weight that must be priced before JOIN_AT_NEXT_REBALANCE starts, 0 to 1. */
  readonly leastStartWeight: Decimal;
}

/** First and last close of a name. */
export interface PriceHistory {
  readonly first: BusinessDate;
  readonly last: BusinessDate;
}

/** Names whose closes do not cover a window, with what they have; null for none at all. */
export type PriceGaps = ReadonlyMap<string, PriceHistory | null>;

/** 15 years, with some days to spare for a start on a weekend. */
export const MAX_WINDOW_DAYS = 15 * 366 + 7;
export const MAX_COST_BPS = decimal('1000');
export const MAX_CARRIED_SESSIONS = 20;
/** A window may begin on a holiday, or end before the newest close is in: days either way. */
export const WINDOW_SLACK_DAYS = 7;
const MAX_SYMBOLS_SHOWN = 10;

/** In order of precedence: the window, the rules, the prices. */
export function backtestFault(
  params: BacktestParams,
  known: {
    readonly today: BusinessDate;
    /** Of the basket. */
    readonly symbols: readonly string[];
    readonly gaps: PriceGaps;
  },
): Refusal<BasketRefusalReason> | undefined {
  return windowFault(params, known.today) ?? rulesFault(params) ?? historyFault(params, known);
}

function windowFault({ from, to }: BacktestParams, today: BusinessDate) {
  if (from >= to || to > today) {
    return refuse(
      'INVALID_WINDOW' as const,
      `expected from before to, to not after ${today}, was ${from} to ${to}`,
    );
  }
  const days = daysBetween(from, to);
  if (days <= MAX_WINDOW_DAYS) return undefined;
  return refuse('INVALID_WINDOW' as const, `expected at most ${MAX_WINDOW_DAYS} days, was ${days}`);
}

function rulesFault({ costBps, maxCarriedSessions, leastStartWeight }: BacktestParams) {
  if (costBps < 0n || costBps > MAX_COST_BPS) {
    return refuse(
      'INVALID_BACKTEST_RULE' as const,
      `expected costBps from 0 to ${formatDecimal(MAX_COST_BPS)}, was ${formatDecimal(costBps)}`,
    );
  }
  if (maxCarriedSessions < 0 || maxCarriedSessions > MAX_CARRIED_SESSIONS) {
    return refuse(
      'INVALID_BACKTEST_RULE' as const,
      `expected maxCarriedSessions from 0 to ${MAX_CARRIED_SESSIONS}, was ${maxCarriedSessions}`,
    );
  }
  if (leastStartWeight >= 0n && leastStartWeight <= ONE) return undefined;
  return refuse(
    'INVALID_BACKTEST_RULE' as const,
    `expected leastStartWeight from 0 to 1, was ${formatDecimal(leastStartWeight)}`,
  );
}

/** The exact gaps are found by the backtest; this refuses what cannot succeed. */
function historyFault(
  { from, to, missingPrices, benchmarkSymbol }: BacktestParams,
  { symbols, gaps }: { readonly symbols: readonly string[]; readonly gaps: PriceGaps },
) {
  const isOutside = (symbol: string) => {
    const days = gaps.get(symbol);
    return days === null || (days !== undefined && (days.first > to || days.last < from));
  };
  if (benchmarkSymbol !== null && isOutside(benchmarkSymbol)) {
    return refuse(
      'NO_PRICE_HISTORY' as const,
      `the benchmark ${benchmarkSymbol} has no close from ${from} to ${to}`,
    );
  }
  const short = symbols.filter((symbol) => gaps.has(symbol));
  const isHopeless = missingPrices === 'REFUSE' ? short.length > 0 : symbols.every(isOutside);
  if (!isHopeless) return undefined;
  const shown = short.slice(0, MAX_SYMBOLS_SHOWN).map((symbol) => {
    const days = gaps.get(symbol);
    return days ? `${symbol} has them from ${days.first} to ${days.last}` : `${symbol} has none`;
  });
  const more = short.length > shown.length ? ` and ${short.length - shown.length} more` : '';
  return refuse(
    'NO_PRICE_HISTORY' as const,
    `expected closes from ${from} to ${to}; ${shown.join(', ')}${more}`,
  );
}
