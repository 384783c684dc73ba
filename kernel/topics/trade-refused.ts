/** Topic `trade-refused`: trades that were not counted, and why, keyed by trade id. */

import type { EventType } from './event-type.ts';
import { payload, text, textOrNull } from './reading.ts';

export const TRADE_REFUSED_TOPIC = 'trade-refused';

export interface TradeRefusedByPositions {
  readonly tradeId: string;
  readonly bookId: string;
  readonly accountId: string;
  readonly symbol: string;
  /** The order's ClOrdID when the trade is a fill. */
  readonly clOrdId: string | null;
  /** A value of TradeRefusalReason in the schema; readers treat it as text. */
  readonly reason: string;
  /** The expected and the found value, for people. */
  readonly message: string;
  /** Where the trade is kept. */
  readonly deadLetterId: string;
  /** Who sent it: a user or a service principal. */
  readonly user: string;
}

export const tradeRefused: EventType<TradeRefusedByPositions> = {
  topic: TRADE_REFUSED_TOPIC,
  name: 'TradeRefused',
  version: 1,
  encode: (event) => ({ ...event }),
  parse: (value) => {
    const from = payload(value);
    return {
      tradeId: text(from, 'tradeId'),
      bookId: text(from, 'bookId'),
      accountId: text(from, 'accountId'),
      symbol: text(from, 'symbol'),
      clOrdId: textOrNull(from, 'clOrdId'),
      reason: text(from, 'reason'),
      message: text(from, 'message'),
      deadLetterId: text(from, 'deadLetterId'),
      user: text(from, 'user'),
    };
  },
};
