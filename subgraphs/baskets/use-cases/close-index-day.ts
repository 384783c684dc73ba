/**
 * The level of a live basket at the close of a day, from official closes as far as there are any.
 */

import type { BusinessDate } from '#kernel/business-date';
import { effectiveVersion } from '../domain/basket.ts';
import { type Valuation, type ValuedName, valuationLevel } from '../domain/contribution.ts';
import { fxFactor } from '../domain/fx-snapshot.ts';
import type { ValuationStore } from '../store/level-valuations.ts';
import type { DailyLevelRepository } from '../store/restatements.ts';
import { type CarryOutDeps, closesOn, readBasket } from './carry-out-rebalance.ts';
import { type CalendarDeps, calendarOf } from './load-calendar.ts';

export interface CloseDayDeps extends CarryOutDeps, CalendarDeps {
  readonly daily: Pick<DailyLevelRepository, 'store'>;
  readonly valuations: Pick<ValuationStore, 'store'>;
}

export type DayClosed =
  'CLOSED' | 'ALREADY_CLOSED' | 'NOT_A_DAY' | 'NOT_LIVE_THEN' | 'CLOSES_MISSING';

/** Comes again while closes are missing; the first level of a day stays, others restate it. */
export async function closeIndexDay(
  deps: CloseDayDeps,
  { code, date }: { readonly code: string; readonly date: BusinessDate },
): Promise<DayClosed> {
  const { clock, closePrices, daily, valuations } = deps;
  const basket = await readBasket(deps, code);
  const version = effectiveVersion(basket);
  if (!version?.base) return 'NOT_LIVE_THEN';
  const symbols = version.constituents.map(({ symbol }) => symbol);
  const calendar = await calendarOf(deps, symbols);
  if (!calendar.isIndexDay(date)) return 'NOT_A_DAY';
  const isFirst = !basket.versions.some(({ status }) => status === 'SUPERSEDED');
  // A later version took over at this close and at this level; a first one was not there yet.
  if (isFirst && version.base.basedAtMs > calendar.closesAtMs(date)) return 'NOT_LIVE_THEN';
  const official = await closePrices.official(symbols, date);
  const closes = await closesOn(deps, basket, symbols, { date, calendar });
  const currencies = version.constituents.map(({ currency }) => currency);
  const fx = await closePrices.ratesOn([basket.currency, ...currencies], date);
  const names: ValuedName[] = [];
  for (const [at, { symbol, currency }] of version.constituents.entries()) {
    const price = closes.get(symbol);
    const factor = fxFactor(fx, currency, basket.currency);
    const units = version.base.units[at];
    if (price === undefined || factor === undefined || units === undefined) return 'CLOSES_MISSING';
    names.push({ symbol, currency, units, price, fx: factor });
  }
  const atMs = calendar.closesAtMs(date);
  const { number: versionNumber, base } = version;
  const valuation: Valuation = { atMs, versionNumber, divisor: base.divisor, names };
  const level = valuationLevel(valuation);
  if (level <= 0n) return 'CLOSES_MISSING';
  const isStored = await daily.store({
    basketId: basket.id,
    date,
    level,
    versionNumber,
    divisor: base.divisor,
    quality: official.size === symbols.length ? 'GOOD' : 'INDICATIVE',
    atMs: clock.nowMs(),
  });
  if (!isStored) return 'ALREADY_CLOSED';
  await valuations.store([{ basketId: basket.id, valuation, closeOf: date }]);
  return 'CLOSED';
}
