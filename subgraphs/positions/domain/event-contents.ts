/** What the events of a position have in common, asked of any of them. */

import { type Amount, amount } from '#kernel/money';
import type { Allocation, LotEffects, PositionEvent } from './position-event.ts';
import type { Trade } from './trade.ts';

/** The trade an event is about, with the terms that hold after it; null when it is about none. */
export function tradeIn(event: PositionEvent): Trade | null {
  if ('trade' in event) return event.trade;
  return event.type === 'TRADE_AMENDED' ? event.newTrade : null;
}

/** Id of the trade an event is about, also where its terms are not in the event. */
export function tradeIdIn(event: PositionEvent): string | null {
  if ('tradeId' in event) return event.tradeId;
  if ('target' in event) return event.target.tradeId;
  return tradeIn(event)?.tradeId ?? null;
}

/** What the trade of the event did to the lots: of an amendment, what the new terms did. */
export function effectsIn(event: PositionEvent): LotEffects | null {
  if ('allocations' in event) return event;
  if ('estimate' in event) return event.estimate;
  return 'estimates' in event ? (event.estimates.at(-1) ?? null) : null;
}

/** From which lots units were taken, in order of relief; of an amendment, both times. */
export function allocationsIn(event: PositionEvent): readonly Allocation[] {
  if (event.type === 'TRADE_AMENDED') return event.estimates.flatMap((each) => each.allocations);
  if (event.type === 'LOTS_RECEIVED') return event.closed;
  return effectsIn(event)?.allocations ?? [];
}

/** What the event alone added to the realized P&L; null for a note, which counts nothing. */
export function gainIn(event: PositionEvent): Amount | null {
  switch (event.type) {
    case 'TRADE_APPLIED':
    case 'PROVISIONAL_TRADE_APPLIED':
    case 'FORWARD_TRADE_EFFECTIVE':
    case 'CORPORATE_ACTION_APPLIED':
    case 'LOTS_RECEIVED':
      return event.realizedPnl;
    case 'TRADE_BUSTED':
      return event.estimate?.realizedPnl ?? null;
    case 'TRADE_AMENDED':
      return event.late === null
        ? null
        : amount(event.estimates.reduce((sum, { realizedPnl }) => sum + realizedPnl, 0n));
    case 'PRICE_RESET':
      return event.settlement;
    case 'WASH_SALE_ADJUSTED':
      return event.disallowed;
    case 'HISTORICAL_POSITION_CORRECTED':
      return amount(event.after.realizedPnl - event.beforeCorrection.realizedPnl);
    case 'FORWARD_TRADE_BOOKED':
    case 'LOT_METHOD_CHANGED':
    case 'LOT_RELIEF_ELECTED':
    case 'CONTRACT_GENERATED':
    case 'CORRECTION_REFUSED':
      return null;
  }
}
