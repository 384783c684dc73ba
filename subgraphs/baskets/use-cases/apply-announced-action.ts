/**
 * Works an announced corporate action into a live basket after the last close with it: units and
 * divisor change, the level does not.
 */

import { addDays, type BusinessDate } from '#kernel/business-date';
import type { Price } from '#kernel/money';
import { type BasketVersion, effectiveVersion, type IndexBase } from '../domain/basket.ts';
import type { IndexCalendar } from '../domain/basket-command.ts';
import type { Constituent, KnownInstrument } from '../domain/composition.ts';
import {
  actionOf,
  type AnnouncedAction,
  describeTerms,
  METHOD_OF,
  otherSymbol,
} from '../domain/corporate-action-announced.ts';
import {
  atFinalPrice,
  type IndexAtClose,
  type IndexPosition,
  workIn,
} from '../domain/corporate-action-index.ts';
import { type FxSnapshot, fxFactor } from '../domain/fx-snapshot.ts';
import { levelOf, marketValue } from '../domain/index-level.ts';
import { driftedWeights } from '../domain/index-rebalance.ts';
import type { ReferenceDataReader } from '../store/reference-data.ts';
import { type CalendarDeps, calendarOf } from './load-calendar.ts';
import { applyCorporateAction, refuseCorporateAction } from './apply-corporate-action.ts';
import { type CarryOutDeps, closesOn, readBasket } from './carry-out-rebalance.ts';

export interface ApplyActionDeps extends CarryOutDeps, CalendarDeps {
  readonly reference: Pick<ReferenceDataReader, 'instruments'>;
}

export type ActionApplied =
  | { readonly outcome: 'APPLIED' }
  /** It comes again: a close is missing, or the basket cannot take it now. */
  | { readonly outcome: 'LATER'; readonly why: string }
  /** It comes again, but only other closes or another composition can help: somebody must look. */
  | { readonly outcome: 'REFUSED'; readonly why: string };

const later = (why: string): ActionApplied => ({ outcome: 'LATER', why });
/** Further back there is no close to be had. */
const MAX_DAYS_BACK = 14;

/** The last day of the index on which the name still has what the action gives. */
export function lastDayBefore(exDate: BusinessDate, calendar: IndexCalendar): BusinessDate {
  for (let back = 1; back <= MAX_DAYS_BACK; back += 1) {
    const day = addDays(exDate, -back);
    if (calendar.isIndexDay(day)) return day;
  }
  return addDays(exDate, -1);
}

export async function applyAnnouncedAction(
  deps: ApplyActionDeps,
  { code, action }: { readonly code: string; readonly action: AnnouncedAction },
): Promise<ActionApplied> {
  const { clock, closePrices, reference } = deps;
  const basket = await readBasket(deps, code);
  const version = effectiveVersion(basket);
  if (!version?.base) return later('the index has no units yet');
  const symbols = version.constituents.map(({ symbol }) => symbol);
  // An action of the same round may just have taken the name away.
  if (!symbols.includes(action.terms.symbol)) return later('the index has the name no more');
  const calendar = await calendarOf(deps, symbols);
  const day = lastDayBefore(action.exDate, calendar);
  if (clock.nowMs() < calendar.closesAtMs(day)) return later('the last close with it is to come');
  const other = otherSymbol(action.terms);
  const instruments = await reference.instruments(other === undefined ? [] : [other]);
  const closes = await closesOn(deps, basket, symbols, { date: day, calendar });
  const currencies = [...instruments.values(), ...version.constituents].map(
    (each) => each.currency,
  );
  const fx = await closePrices.ratesOn([basket.currency, ...currencies], day);
  const before = indexOf(version, { currency: basket.currency, closes, fx });
  if (typeof before === 'string') return later(before);
  const child = other === undefined ? undefined : instruments.get(other);
  const childFx = child && fxFactor(fx, child.currency, basket.currency);
  const terms = actionOf(action.terms, childFx);
  if (!terms) return later(`${other} is not known, or its currency has no rate`);
  const worked = workIn(before, terms);
  if (!worked.ok) return refused(deps, { code, action, why: worked.message });
  const after = worked.index;
  const applied = await applyCorporateAction(deps, {
    code,
    action: {
      actionId: action.actionId,
      kind: action.terms.kind,
      symbol: action.terms.symbol,
      exDate: action.exDate,
      description: describeTerms(action.terms),
    },
    base: baseOf(version.base, after),
    constituents: namesAfter(version, { after, child }),
    levelBefore: levelOf(marketValue(atFinalPrice(before.positions, terms)), before.divisor),
    levelAfter: levelOf(marketValue(after.positions), after.divisor),
  });
  return applied.ok ? { outcome: 'APPLIED' } : later(applied.message);
}

async function refused(
  deps: ApplyActionDeps,
  about: { readonly code: string; readonly action: AnnouncedAction; readonly why: string },
): Promise<ActionApplied> {
  const { code, action, why } = about;
  const { actionId, terms } = action;
  await refuseCorporateAction(deps, { code, actionId, description: describeTerms(terms), why });
  return { outcome: 'REFUSED', why };
}

/** Or what is missing. */
function indexOf(
  { constituents, base, weighting }: BasketVersion,
  {
    currency,
    closes,
    fx,
  }: {
    readonly currency: string;
    readonly closes: ReadonlyMap<string, Price>;
    readonly fx: FxSnapshot;
  },
): IndexAtClose | string {
  if (base === null) return 'the index has no units yet';
  const positions: IndexPosition[] = [];
  for (const [at, { symbol, currency: own }] of constituents.entries()) {
    const close = closes.get(symbol);
    const factor = fxFactor(fx, own, currency);
    const units = base.units[at];
    if (close === undefined || units === undefined) return `${symbol} has no close`;
    if (factor === undefined) return `no rate from ${own} to ${currency}`;
    positions.push({ symbol, units, price: close, fx: factor });
  }
  return { method: METHOD_OF[weighting], positions, divisor: base.divisor };
}

/** The moment stays that of the weights: prices of before it are known to have been in them. */
function baseOf({ level, basedAtMs }: IndexBase, { positions, divisor }: IndexAtClose): IndexBase {
  return { units: positions.map(({ units }) => units), divisor, level, basedAtMs };
}

/** Null when the names stay; else the names with the weights they have now. */
function namesAfter(
  { constituents }: BasketVersion,
  { after, child }: { readonly after: IndexAtClose; readonly child: KnownInstrument | undefined },
): readonly Constituent[] | null {
  const names = after.positions.map(({ symbol }) => symbol);
  if (names.join() === constituents.map(({ symbol }) => symbol).join()) return null;
  const weights = driftedWeights(after);
  return names.flatMap((symbol, at) => {
    const known = constituents.find((each) => each.symbol === symbol) ?? child;
    const weight = weights[at];
    if (known === undefined || weight === undefined) return [];
    const { instrumentId, currency } = known;
    return [{ symbol, instrumentId, currency, weight }];
  });
}
