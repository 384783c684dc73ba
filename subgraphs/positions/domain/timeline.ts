/**
 * The facts of a history in the order in which they count. A late fact counts after everything that
 * was there when it was written, as an estimate, until a correction settles it: then it counts on
 * its own day.
 */

import type { BusinessDate } from '#kernel/business-date';
import type { Price } from '#kernel/money';
import type { CorporateAction } from './corporate-action.ts';
import type { LotReliefMethod } from './lot-relief.ts';
import { latenessOf, type PositionEvent, type ReceivedLot } from './position-event.ts';
import { amendedLotId, bustedLotId, reversalOf } from './trade-allocation.ts';
import type { Trade } from './trade.ts';

/**
 * An event with its place in the history. Of effects, only `reliefMethod`, what was realized, and
 * `opened` where it went short are read: the lots are computed anew.
 */
export interface HistoryEvent {
  readonly event: PositionEvent;
  readonly version: number;
}

export interface KnownEvent extends HistoryEvent {
  readonly recordedAtMs: number;
}

/** What was known at an instant: every answer for it is computed from these. */
export function knownAt(known: readonly KnownEvent[], instantMs: number): readonly KnownEvent[] {
  return known.filter(({ recordedAtMs }) => recordedAtMs <= instantMs);
}

/** What happened, without what it did to lots. */
export type Fact =
  | {
      readonly type: 'TRADE';
      readonly trade: Trade;
      /** Of the lot that it opens. */
      readonly lotId: string;
      readonly hasWashSales: boolean;
      /** Lots that were chosen must be there. */
      readonly mustElect: boolean;
      /** It sold units that were not held when it was recorded, and was taken all the same. */
      readonly mayOversell: boolean;
    }
  | { readonly type: 'RESET'; readonly resetId: string; readonly resetPrice: Price }
  | { readonly type: 'ACTION'; readonly action: CorporateAction }
  | { readonly type: 'METHOD'; readonly method: LotReliefMethod }
  | { readonly type: 'RECEIVED'; readonly lots: readonly ReceivedLot[] };

export interface TimelineEntry {
  /** The day it is counted on: its own, or that of the tip while it is an estimate. */
  readonly date: BusinessDate;
  /** Within the day: corporate actions are 0 and come first, everything else is 1. */
  readonly phase: 0 | 1;
  /** Of its event, or of the trade that an amendment changed. */
  readonly version: number;
  readonly fact: Fact;
}

export interface TimelineOptions {
  /** Leaves out what counts later; null: nothing. */
  readonly effectiveAt: BusinessDate | null;
  /** Counts every late fact in its place, also those that no correction has settled yet. */
  readonly settleAll: boolean;
}

/** `known` in version order. */
export function timelineOf(
  known: readonly HistoryEvent[],
  options: TimelineOptions,
): readonly TimelineEntry[] {
  const settlement = settlementOf(known, options.settleAll);
  const entries: TimelineEntry[] = [];
  let isInOrder = true;
  let last: TimelineEntry | undefined;
  const add = (entry: TimelineEntry, visibleFrom: BusinessDate): void => {
    if (options.effectiveAt !== null && visibleFrom > options.effectiveAt) return;
    if (last !== undefined && compareEntries(last, entry) > 0) isInOrder = false;
    entries.push(entry);
    last = entry;
  };
  for (const each of known) addFacts(each, settlement, add);
  return isInOrder ? entries : entries.sort(compareEntries);
}

type Add = (entry: TimelineEntry, visibleFrom: BusinessDate) => void;

/** What corrections have settled, and so what became of earlier trades. */
interface Settlement {
  readonly isSettled: (version: number) => boolean;
  readonly bustedVersions: ReadonlySet<number>;
  readonly amendedByVersion: ReadonlyMap<number, Trade>;
  readonly electedByVersion: ReadonlyMap<number, NonNullable<Trade['electedLots']>>;
  /** Lots that a receipt brings instead. */
  readonly replacedByVersion: ReadonlyMap<number, readonly ReceivedLot[]>;
}

/** Versions of late events that a correction among the known events has put in their place. */
export function settledVersions(known: readonly HistoryEvent[]): ReadonlySet<number> {
  const settled = new Set<number>();
  for (const { event } of known) {
    if (event.type !== 'HISTORICAL_POSITION_CORRECTED') continue;
    for (const version of event.settles) settled.add(version);
  }
  return settled;
}

function settlementOf(known: readonly HistoryEvent[], settleAll: boolean): Settlement {
  const settled = settledVersions(known);
  const isSettled = (version: number): boolean => settleAll || settled.has(version);
  const bustedVersions = new Set<number>();
  const amendedByVersion = new Map<number, Trade>();
  const electedByVersion = new Map<number, NonNullable<Trade['electedLots']>>();
  const replacedByVersion = new Map<number, readonly ReceivedLot[]>();
  for (const { event, version } of known) {
    if (event.type === 'LOTS_RECEIVED' && event.replaces !== null && isSettled(version)) {
      replacedByVersion.set(event.replaces, event.lots);
    }
    // Bookings that were busted or amended before their day were never in the lots.
    if (!('target' in event) || event.late === null || !isSettled(version)) continue;
    const target = event.target.version;
    if (event.type === 'TRADE_BUSTED') bustedVersions.add(target);
    if (event.type === 'TRADE_AMENDED') amendedByVersion.set(target, event.newTrade);
    if (event.type === 'LOT_RELIEF_ELECTED') electedByVersion.set(target, event.lots);
  }
  return { isSettled, bustedVersions, amendedByVersion, electedByVersion, replacedByVersion };
}

function addFacts({ event, version }: HistoryEvent, settlement: Settlement, add: Add): void {
  switch (event.type) {
    case 'TRADE_APPLIED':
    case 'PROVISIONAL_TRADE_APPLIED':
    case 'FORWARD_TRADE_EFFECTIVE':
      return addTrade(event, version, settlement, add);
    case 'TRADE_BUSTED':
    case 'TRADE_AMENDED':
      return addEstimates(event, version, settlement, add);
    case 'PRICE_RESET': {
      const { resetId, resetPrice, effectiveDate } = event;
      const fact: Fact = { type: 'RESET', resetId, resetPrice };
      return addDated(event, { version, effectiveDate, fact, phase: 1 }, settlement, add);
    }
    case 'CORPORATE_ACTION_APPLIED': {
      const { action } = event;
      const { effectiveDate } = action;
      const fact: Fact = { type: 'ACTION', action };
      return addDated(event, { version, effectiveDate, fact, phase: 0 }, settlement, add);
    }
    case 'LOT_METHOD_CHANGED': {
      const { method, effectiveDate } = event;
      const fact: Fact = { type: 'METHOD', method };
      return addDated(event, { version, effectiveDate, fact, phase: 1 }, settlement, add);
    }
    case 'LOTS_RECEIVED': {
      const { effectiveDate, replaces } = event;
      if (replaces !== null) return undefined;
      const lots = settlement.replacedByVersion.get(version) ?? event.lots;
      const fact: Fact = { type: 'RECEIVED', lots };
      return addDated(event, { version, effectiveDate, fact, phase: 1 }, settlement, add);
    }
    case 'FORWARD_TRADE_BOOKED':
    case 'LOT_RELIEF_ELECTED':
    case 'WASH_SALE_ADJUSTED':
    case 'HISTORICAL_POSITION_CORRECTED':
    case 'CONTRACT_GENERATED':
    case 'CORRECTION_REFUSED':
      return undefined;
  }
}

type TradeEvent = Extract<
  PositionEvent,
  { type: 'TRADE_APPLIED' | 'PROVISIONAL_TRADE_APPLIED' | 'FORWARD_TRADE_EFFECTIVE' }
>;

function addTrade(event: TradeEvent, version: number, settlement: Settlement, add: Add): void {
  const { bustedVersions, amendedByVersion, electedByVersion } = settlement;
  const isForward = event.type === 'FORWARD_TRADE_EFFECTIVE';
  // Busts, amendments and elections of a booking name the event that booked it.
  const booked = isForward ? event.bookingVersion : version;
  if (bustedVersions.has(booked)) return;
  const elected = electedByVersion.get(booked);
  const terms = amendedByVersion.get(booked) ?? event.trade;
  const trade = elected === undefined ? terms : { ...terms, electedLots: elected };
  const fact: Fact = {
    type: 'TRADE',
    trade,
    lotId: trade.tradeId,
    hasWashSales: event.hasWashSales,
    mustElect: !isForward || elected !== undefined,
    mayOversell: latenessOf(event) === null && (event.opened?.quantity ?? 0n) < 0n,
  };
  const { effectiveDate } = trade;
  addDated(event, { version, effectiveDate, fact, phase: 1 }, settlement, add);
}

interface DatedFact {
  readonly version: number;
  readonly effectiveDate: BusinessDate;
  readonly fact: Fact;
  readonly phase: 0 | 1;
}

function addDated(event: PositionEvent, dated: DatedFact, settlement: Settlement, add: Add): void {
  const { version, effectiveDate, fact, phase } = dated;
  const late = latenessOf(event);
  if (late === null || settlement.isSettled(version)) {
    add({ date: effectiveDate, phase, version, fact }, effectiveDate);
  } else {
    add({ date: late.tipDate, phase: 1, version, fact }, late.bookedOn);
  }
}

/** Until they are settled, a bust is a reversal and an amendment a reversal and a trade anew. */
function addEstimates(
  event: Extract<PositionEvent, { type: 'TRADE_BUSTED' | 'TRADE_AMENDED' }>,
  version: number,
  settlement: Settlement,
  add: Add,
): void {
  const { late, target } = event;
  if (late === null || settlement.isSettled(version)) return;
  const addEstimate = (trade: Trade, lotId: string): void => {
    const fact: Fact = {
      type: 'TRADE',
      trade,
      lotId,
      hasWashSales: false,
      mustElect: false,
      mayOversell: true,
    };
    add({ date: late.tipDate, phase: 1, version, fact }, late.bookedOn);
  };
  const { tradeId } = target;
  const undone = event.type === 'TRADE_BUSTED' ? event.trade : event.oldTrade;
  addEstimate(reversalOf(undone), bustedLotId(tradeId, version));
  if (event.type === 'TRADE_AMENDED') addEstimate(event.newTrade, amendedLotId(tradeId, version));
}

/** Equal only for the two estimates of one amendment: the sort is stable and keeps their order. */
function compareEntries(a: TimelineEntry, b: TimelineEntry): number {
  if (a.date !== b.date) return a.date < b.date ? -1 : 1;
  return a.phase - b.phase || a.version - b.version;
}
