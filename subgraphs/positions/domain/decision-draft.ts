/** A decision in the making: its events so far, and the position after them. */

import type { BusinessDate } from '#kernel/business-date';
import { accept, type Decision } from '#kernel/decision';
import { amount } from '#kernel/money';
import { evolve } from './evolve.ts';
import { countWashTrade, disallowedBy, openLedger } from './lot-ledger.ts';
import type { Position } from './position.ts';
import type {
  ForwardTradeEffective,
  Lateness,
  PositionEvent,
  ProvisionalTradeApplied,
  TradeApplied,
} from './position-event.ts';
import { type LimitReason, limitBroken } from './position-limits.ts';
import { allocateTrade, type TradeAllocation } from './trade-allocation.ts';
import type { Trade } from './trade.ts';

export interface Draft {
  position: Position;
  readonly events: PositionEvent[];
}

/**
 * Starts a decision: bookings of today and before become effective first, by effective date and
 * then in order of booking. So none of them is ever late.
 */
export function startDraft(position: Position, today: BusinessDate): Draft {
  const draft: Draft = { position, events: [] };
  const due = position.pendingForward.filter(({ trade }) => trade.effectiveDate <= today);
  const inOrder = due.sort((a, b) => compareText(a.trade.effectiveDate, b.trade.effectiveDate));
  for (const { version, trade, hasWashSales } of inOrder) {
    // It was accepted when it was booked: an election that cannot be met falls to the oldest lots,
    // and the event says FIFO. The lots may still be elected until settlement.
    const { effects } = allocated(draft, trade, trade.tradeId);
    countTradeEvent(draft, {
      type: 'FORWARD_TRADE_EFFECTIVE',
      trade,
      bookingVersion: version,
      ...effects,
      hasWashSales,
    });
  }
  return draft;
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What a trade does to the lots as they are now, by the method in force. */
export function allocated({ position }: Draft, trade: Trade, lotId: string): TradeAllocation {
  return allocateTrade(position, trade, { method: position.reliefMethod, lotId });
}

export function count(draft: Draft, event: PositionEvent): void {
  draft.events.push(event);
  draft.position = evolve(draft.position, event);
}

/** Counts a trade, and the wash sales that follow from it. */
export function countTradeEvent(
  draft: Draft,
  event: TradeApplied | ProvisionalTradeApplied | ForwardTradeEffective,
): void {
  const before = draft.position;
  count(draft, event);
  if (!event.hasWashSales) return;
  const { trade } = event;
  const adjustments = countWashTrade(openLedger(before), trade, event);
  if (adjustments.length === 0) return;
  count(draft, {
    type: 'WASH_SALE_ADJUSTED',
    tradeId: trade.tradeId,
    causedByVersion: draft.position.version,
    adjustments,
    disallowed: amount(disallowedBy(adjustments)),
    effectiveDate: trade.effectiveDate,
  });
}

/**
 * Null when nothing of a later day is in the lots. What counts at the start of its day is late
 * already when something of that day is in the lots.
 */
export function latenessFor(
  { lastEffectiveDate }: Position,
  dates: { readonly effectiveDate: BusinessDate; readonly today: BusinessDate },
  { atStartOfDay }: { readonly atStartOfDay: boolean } = { atStartOfDay: false },
): Lateness | null {
  const { effectiveDate, today } = dates;
  if (lastEffectiveDate === null || effectiveDate > lastEffectiveDate) return null;
  if (effectiveDate === lastEffectiveDate && !atStartOfDay) return null;
  return { tipDate: lastEffectiveDate, bookedOn: today };
}

/** The decision, unless the position would be larger than positions may be. */
export function finish({ position, events }: Draft): Decision<PositionEvent, LimitReason> {
  return limitBroken(position) ?? accept(...events);
}
