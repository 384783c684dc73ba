/** Trades: as they were sent, and as they passed the gate. */

import type { BusinessDate } from '#kernel/business-date';
import type { Decimal } from '#kernel/decimal';
import type { Amount, CurrencyCode, Price, Quantity } from '#kernel/money';
import type { ElectedLot } from './lot-relief.ts';
import type { PositionKey } from './position-key.ts';

export const SIDES = ['BUY', 'SELL'] as const;
export type Side = (typeof SIDES)[number];

/** As sent: well-formed, nothing checked. */
export interface TradeRequest {
  readonly tradeId: string;
  readonly bookId: string;
  readonly accountId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Decimal;
  readonly price: Decimal;
  /** Null: the instrument's. */
  readonly currency: string | null;
  /** Null: none. */
  readonly fees: Decimal | null;
  readonly effectiveDate: BusinessDate;
  readonly executedAtMs: number | null;
  readonly contractId: string | null;
  /** The order's ClOrdID when the trade is a fill. */
  readonly clOrdId: string | null;
  /** The lots a sale takes, under SPECIFIC; null or left out: none were chosen. */
  readonly electedLots?: readonly ElectedLotRequest[] | null;
  /** Why it counts in a closed period; null or left out: it should not. */
  readonly overrideReason?: string | null;
}

export interface ElectedLotRequest {
  readonly lotId: string;
  readonly quantity: Decimal;
}

/** What reference data says about the instrument of a trade. */
export interface TradedInstrument {
  readonly instrumentId: string;
  readonly symbol: string;
  readonly currency: CurrencyCode;
}

/** A trade that passed the gate. */
export interface Trade {
  readonly tradeId: string;
  readonly key: PositionKey;
  readonly side: Side;
  /** Units, above zero; the side says which way. */
  readonly quantity: Quantity;
  /** Above zero, in the currency of the key. */
  readonly price: Price;
  /** Of the whole trade, zero or more, in the currency of the key. */
  readonly fees: Amount;
  readonly effectiveDate: BusinessDate;
  readonly executedAtMs: number | null;
  readonly clOrdId: string | null;
  /** The lots a closing trade takes, under SPECIFIC; null: none were chosen. */
  readonly electedLots: readonly ElectedLot[] | null;
  /** Why it counts in a closed period; null: nobody asked for that. */
  readonly overrideReason: string | null;
}

/**
 * The trade's content in one form, whichever way it was written (`100` and `100.00`, lower case,
 * fees left out): two requests with one trade id are the same when this text is.
 */
export function canonicalText(trade: Trade): string {
  return JSON.stringify([
    trade.tradeId,
    trade.key.text,
    trade.side,
    trade.quantity.toString(),
    trade.price.toString(),
    trade.fees.toString(),
    trade.effectiveDate,
    trade.executedAtMs,
    trade.clOrdId,
    // Left out when there are none, so that fingerprints of earlier releases stay the same.
    ...(trade.electedLots === null
      ? []
      : [trade.electedLots.map((each) => [each.lotId, each.quantity.toString()])]),
    ...(trade.overrideReason === null ? [] : [`override: ${trade.overrideReason}`]),
  ]);
}
