/** A position computed from its history, as of a day and as known at an instant. */

import type { BusinessDate } from '#kernel/business-date';
import type { Amount } from '#kernel/money';
import { amount } from '#kernel/money';
import { applyCorporateAction } from './corporate-action-effect.ts';
import { methodOfFirst } from './evolve.ts';
import {
  closeLedger,
  countCorporateAction,
  countReceived,
  countReset,
  countTrade,
  countWashSales,
  countWashTrade,
  keepRanked,
  type LotLedger,
  openLedger,
  reachDate,
} from './lot-ledger.ts';
import type { LotReliefMethod } from './lot-relief.ts';
import { type ForwardBooking, initialPosition, type LotState, type Position } from './position.ts';
import { latenessOf } from './position-event.ts';
import { resetLots } from './price-reset.ts';
import {
  type Fact,
  type HistoryEvent,
  settledVersions,
  type TimelineEntry,
  timelineOf,
} from './timeline.ts';
import { allocateTrade } from './trade-allocation.ts';

/** A position after one of its versions, kept while nothing was pending: where a fold may start. */
export type Checkpoint = Position;

export interface FoldOptions {
  /** Leaves out what counts later; null or left out: nothing. */
  readonly effectiveAt?: BusinessDate | null;
  /** Then `known` are the events after it. See `canStartFrom`. */
  readonly from?: Checkpoint;
}

/**
 * The position that follows from the events known, in version order: those recorded at or before
 * the instant asked for. Without `effectiveAt` it equals what was published right after the last of
 * them. Never throws.
 */
export function foldAsOf(known: readonly HistoryEvent[], options: FoldOptions = {}): Position {
  const { effectiveAt = null, from = initialPosition } = options;
  const { state } = replay(known, { effectiveAt, from, settleAll: false });
  const settled = settledVersions(known);
  const pendingBackdated = known.filter(
    ({ event, version }) => latenessOf(event) !== null && !settled.has(version),
  ).length;
  return {
    ...state,
    version: known.at(-1)?.version ?? from.version,
    reconciliationStatus: pendingBackdated === 0 ? 'RECONCILED' : 'PROVISIONAL',
    statusReason: statusReasonOf(known),
    pendingBackdated,
    pendingForward: bookingsOf(known, from.pendingForward, effectiveAt),
  };
}

/**
 * Whether a fold over `tail`, the events known after the checkpoint, may start there: nothing in
 * the tail may concern what the checkpoint has counted already.
 */
export function canStartFrom(
  checkpoint: Checkpoint,
  tail: readonly HistoryEvent[],
  effectiveAt: BusinessDate | null,
): boolean {
  const { lastEffectiveDate, version } = checkpoint;
  if (checkpoint.pendingBackdated > 0) return false;
  if (lastEffectiveDate === null) return version === 0;
  if (effectiveAt !== null && effectiveAt < lastEffectiveDate) return false;
  return tail.every(({ event }) => {
    if (latenessOf(event) === null) return true;
    switch (event.type) {
      case 'TRADE_BUSTED':
      case 'LOT_RELIEF_ELECTED':
        return event.target.version > version;
      case 'TRADE_AMENDED':
        return event.target.version > version && event.newTrade.effectiveDate >= lastEffectiveDate;
      case 'CORPORATE_ACTION_APPLIED':
        return event.action.effectiveDate > lastEffectiveDate;
      case 'PROVISIONAL_TRADE_APPLIED':
        return event.trade.effectiveDate >= lastEffectiveDate;
      case 'LOTS_RECEIVED':
        if (event.replaces !== null) return event.replaces > version;
        return event.effectiveDate >= lastEffectiveDate;
      case 'PRICE_RESET':
      case 'LOT_METHOD_CHANGED':
        return event.effectiveDate >= lastEffectiveDate;
      case 'TRADE_APPLIED':
      case 'FORWARD_TRADE_BOOKED':
      case 'FORWARD_TRADE_EFFECTIVE':
      case 'WASH_SALE_ADJUSTED':
      case 'HISTORICAL_POSITION_CORRECTED':
      case 'CONTRACT_GENERATED':
      case 'CORRECTION_REFUSED':
        return true;
    }
  });
}

export interface Replay {
  readonly state: LotState;
  /** What each fact realized, by the version of its event; those that realized nothing left out. */
  readonly gainByVersion: ReadonlyMap<number, Amount>;
  /** Facts that were applied. */
  readonly count: number;
  /** Of sales that leave less than nothing. */
  readonly oversold: readonly number[];
  /** Of trades whose chosen lots are not there. */
  readonly brokenElections: readonly number[];
}

export interface ReplayOptions {
  readonly effectiveAt: BusinessDate | null;
  readonly from: LotState;
  readonly settleAll: boolean;
}

/** Applies the facts in order, and computes anew what each does to the lots. */
export function replay(known: readonly HistoryEvent[], options: ReplayOptions): Replay {
  const ledger = openLedger(options.from);
  ledger.reliefMethod = firstMethodOf(known, options.from);
  return replayOn(ledger, timelineOf(known, options));
}

/** The method in force before the first of the facts. */
export function firstMethodOf(known: readonly HistoryEvent[], from: LotState): LotReliefMethod {
  const first = known[0];
  return first?.version === 1 ? methodOfFirst(first.event) : from.reliefMethod;
}

/** Goes on from a ledger, and closes it. The answer is about these facts and those `after` saw. */
export function replayOn(
  ledger: LotLedger,
  entries: readonly TimelineEntry[],
  after?: Replay,
): Replay {
  const gainByVersion = new Map(after?.gainByVersion);
  const oversold = [...(after?.oversold ?? [])];
  const brokenElections = [...(after?.brokenElections ?? [])];
  for (const { fact, date, version } of entries) {
    const realizedBefore = ledger.realizedPnl;
    const isElectionMet = apply(ledger, fact);
    reachDate(ledger, date);
    const gain = ledger.realizedPnl - realizedBefore;
    if (gain !== 0n) gainByVersion.set(version, amount((gainByVersion.get(version) ?? 0n) + gain));
    if (!isElectionMet) brokenElections.push(version);
    if (isOversold(ledger, fact)) oversold.push(version);
  }
  const state = closeLedger(ledger);
  const count = (after?.count ?? 0) + entries.length;
  return { state, gainByVersion, count, oversold, brokenElections };
}

function isOversold({ quantity }: LotLedger, fact: Fact): boolean {
  return fact.type === 'TRADE' && fact.trade.side === 'SELL' && !fact.mayOversell && quantity < 0n;
}

/** False when the lots that were chosen for a trade are not there. */
function apply(ledger: LotLedger, fact: Fact): boolean {
  switch (fact.type) {
    case 'TRADE': {
      const { trade, lotId } = fact;
      const method = ledger.reliefMethod;
      keepRanked(ledger);
      const { effects, electionFault } = allocateTrade(ledger, trade, { method, lotId });
      if (fact.hasWashSales) countWashSales(ledger, countWashTrade(ledger, trade, effects));
      else countTrade(ledger, trade, effects);
      return electionFault === null || !fact.mustElect;
    }
    case 'RESET':
      countReset(ledger, resetLots(ledger.lots, fact.resetPrice).perLot);
      return true;
    case 'ACTION': {
      const { reliefMethod } = ledger;
      const { perLot } = applyCorporateAction(ledger.lots, fact.action, reliefMethod);
      countCorporateAction(ledger, { perLot, reliefMethod });
      return true;
    }
    case 'METHOD':
      ledger.reliefMethod = fact.method;
      return true;
    case 'RECEIVED':
      countReceived(ledger, fact.lots);
      return true;
  }
}

/** Why the newest recalculation was refused; null when none was since the last correction. */
function statusReasonOf(known: readonly HistoryEvent[]): Position['statusReason'] {
  for (let index = known.length - 1; index >= 0; index -= 1) {
    const event = known[index]?.event;
    if (event?.type === 'HISTORICAL_POSITION_CORRECTED') return null;
    if (event?.type === 'CORRECTION_REFUSED') return event.reason;
  }
  return null;
}

/** Bookings that are known and, on the day asked for, still to come. */
function bookingsOf(
  known: readonly HistoryEvent[],
  before: readonly ForwardBooking[],
  effectiveAt: BusinessDate | null,
): readonly ForwardBooking[] {
  const byVersion = new Map(before.map((booking) => [booking.version, booking]));
  for (const { event, version } of known) {
    if (event.type === 'FORWARD_TRADE_BOOKED') {
      const { trade, uti, hasWashSales } = event;
      byVersion.set(version, { version, trade, uti, hasWashSales });
    } else if (event.type === 'FORWARD_TRADE_EFFECTIVE') {
      if (effectiveAt !== null && event.trade.effectiveDate > effectiveAt) continue;
      byVersion.delete(event.bookingVersion);
    } else if (event.type === 'TRADE_BUSTED' && event.late === null) {
      byVersion.delete(event.target.version);
    } else if (event.type === 'TRADE_AMENDED' && event.late === null) {
      const booking = byVersion.get(event.target.version);
      if (booking !== undefined)
        byVersion.set(booking.version, { ...booking, trade: event.newTrade });
    }
  }
  return byVersion.size === 0 ? NO_BOOKINGS : [...byVersion.values()];
}

const NO_BOOKINGS: readonly ForwardBooking[] = [];
