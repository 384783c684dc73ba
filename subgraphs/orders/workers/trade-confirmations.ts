/** Consumes what the positions tell of trades: counted, or refused. */

import { TRADE_APPLIED_TOPIC, tradeApplied } from '#kernel/topics/trade-applied';
import { TRADE_REFUSED_TOPIC, tradeRefused } from '#kernel/topics/trade-refused';
import { parsed, payload } from '#kernel/topics/reading';
import type { Consumer, EventLog } from '#platform/ports';
import {
  confirmTrades,
  type ConfirmTradesDeps,
  noteRefusedTrades,
} from '../use-cases/confirm-trades.ts';

const GROUP = 'orders';

export async function consumeTradeConfirmations(
  eventLog: EventLog,
  deps: ConfirmTradesDeps,
): Promise<readonly Consumer[]> {
  return Promise.all([
    eventLog.consume({
      topic: TRADE_APPLIED_TOPIC,
      group: GROUP,
      handle: async (records) => {
        // The id is all that is needed: an event of a later form will still have it.
        const tradeIds = records
          .filter(({ type }) => type === tradeApplied.name)
          .map((record) => parsed(payload(record.payload), 'tradeId', String));
        await confirmTrades(deps, tradeIds);
      },
    }),
    eventLog.consume({
      topic: TRADE_REFUSED_TOPIC,
      group: GROUP,
      handle: async (records) => {
        const refused = records.map((each) => tradeRefused.parse(each.payload, each.version));
        await noteRefusedTrades(deps, refused);
      },
    }),
  ]);
}
