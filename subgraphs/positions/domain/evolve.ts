/** What a position is after an event. */

import type { BusinessDate } from '#kernel/business-date';
import {
  closeLedger,
  countCorporateAction,
  countReceived,
  countReset,
  countTrade,
  countWashSales,
  countWashTrade,
  type LotLedger,
  openLedger,
  reachDate,
} from './lot-ledger.ts';
import type { LotReliefMethod } from './lot-relief.ts';
import type { ForwardBooking, Position } from './position.ts';
import type {
  ForwardTradeEffective,
  HistoricalPositionCorrected,
  LotEffects,
  PositionEvent,
  ProvisionalTradeApplied,
  TradeAmended,
  TradeApplied,
  TradeBusted,
} from './position-event.ts';
import { latenessOf } from './position-event.ts';
import { reversalOf } from './trade-allocation.ts';

/** Takes the effects as they were recorded. Never refuses and never throws: an event is a fact. */
export function evolve(position: Position, event: PositionEvent): Position {
  const isLate = latenessOf(event) !== null;
  const next: Position = {
    ...position,
    version: position.version + 1,
    reliefMethod: position.version === 0 ? methodOfFirst(event) : position.reliefMethod,
    ...(isLate && {
      reconciliationStatus: 'PROVISIONAL',
      pendingBackdated: position.pendingBackdated + 1,
    }),
  };
  switch (event.type) {
    case 'TRADE_APPLIED':
      return counted(next, event.trade.effectiveDate, (ledger) => countAsTrade(ledger, event));
    case 'PROVISIONAL_TRADE_APPLIED':
      return counted(next, null, (ledger) => countAsTrade(ledger, event));
    case 'FORWARD_TRADE_EFFECTIVE':
      return counted(
        withoutBooking(next, event.bookingVersion),
        event.trade.effectiveDate,
        (ledger) => countAsTrade(ledger, event),
      );
    case 'FORWARD_TRADE_BOOKED':
      return { ...next, pendingForward: [...next.pendingForward, bookingOf(event, next.version)] };
    case 'TRADE_BUSTED':
      return afterBust(next, event);
    case 'TRADE_AMENDED':
      return afterAmendment(next, event);
    case 'PRICE_RESET':
      return counted(next, event.late === null ? event.effectiveDate : null, (ledger) =>
        countReset(ledger, event.perLot),
      );
    case 'CORPORATE_ACTION_APPLIED':
      return counted(next, event.late === null ? event.action.effectiveDate : null, (ledger) =>
        countCorporateAction(ledger, event),
      );
    case 'WASH_SALE_ADJUSTED':
      return counted(next, null, (ledger) => countWashSales(ledger, event.adjustments));
    case 'LOT_METHOD_CHANGED':
      return counted(next, event.late === null ? event.effectiveDate : null, (ledger) => {
        ledger.reliefMethod = event.method;
      });
    case 'LOTS_RECEIVED':
      if (event.replaces !== null) return next;
      return counted(next, event.late === null ? event.effectiveDate : null, (ledger) => {
        countReceived(ledger, event.lots);
      });
    case 'HISTORICAL_POSITION_CORRECTED':
      return afterCorrection(next, event);
    case 'CORRECTION_REFUSED':
      return { ...next, statusReason: event.reason };
    case 'LOT_RELIEF_ELECTED':
    case 'CONTRACT_GENERATED':
      return next;
  }
}

/** `date` is null for what is late: the newest day in the lots stays. */
function counted(
  position: Position,
  date: BusinessDate | null,
  count: (ledger: LotLedger) => void,
): Position {
  const ledger = openLedger(position);
  count(ledger);
  if (date !== null) reachDate(ledger, date);
  return { ...position, ...closeLedger(ledger) };
}

function countAsTrade(
  ledger: LotLedger,
  event: TradeApplied | ProvisionalTradeApplied | ForwardTradeEffective,
): void {
  // What follows from it is an event of its own.
  if (event.hasWashSales) countWashTrade(ledger, event.trade, event);
  else countTrade(ledger, event.trade, event);
}

function bookingOf(
  event: Extract<PositionEvent, { type: 'FORWARD_TRADE_BOOKED' }>,
  version: number,
): ForwardBooking {
  const { trade, uti, hasWashSales } = event;
  return { version, trade, uti, hasWashSales };
}

function withoutBooking(position: Position, version: number): Position {
  const pendingForward = position.pendingForward.filter((each) => each.version !== version);
  return { ...position, pendingForward };
}

function afterBust(position: Position, { trade, target, estimate }: TradeBusted): Position {
  if (estimate === null) return withoutBooking(position, target.version);
  return counted(position, null, (ledger) => countTrade(ledger, reversalOf(trade), estimate));
}

function afterAmendment(position: Position, event: TradeAmended): Position {
  const { target, oldTrade, newTrade, estimates } = event;
  if (event.late === null) {
    const pendingForward = position.pendingForward.map((each) =>
      each.version === target.version ? { ...each, trade: newTrade } : each,
    );
    return { ...position, pendingForward };
  }
  const [reversal, anew]: readonly (LotEffects | undefined)[] = estimates;
  return counted(position, null, (ledger) => {
    if (reversal !== undefined) countTrade(ledger, reversalOf(oldTrade), reversal);
    if (anew !== undefined) countTrade(ledger, newTrade, anew);
  });
}

function afterCorrection(position: Position, event: HistoricalPositionCorrected): Position {
  const pendingBackdated = Math.max(0, position.pendingBackdated - event.settles.length);
  return {
    ...position,
    ...event.state,
    pendingBackdated,
    reconciliationStatus: pendingBackdated === 0 ? 'RECONCILED' : 'PROVISIONAL',
    statusReason: null,
  };
}

/** The method before any change of it: what the first event of a position was decided with. */
export function methodOfFirst(event: PositionEvent): LotReliefMethod {
  if (event.type === 'LOT_METHOD_CHANGED') return event.method;
  return 'reliefMethod' in event ? event.reliefMethod : 'FIFO';
}
