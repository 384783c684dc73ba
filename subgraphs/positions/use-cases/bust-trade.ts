/** Cancels a recorded trade, or a booking, as if it had never been. */

import type { BustRefusalReason } from '../domain/bust-refusal.ts';
import { decide } from '../domain/position-decider.ts';
import type { CommandOrigin } from '../store/event-codec.ts';
import { reasonGiven } from './attempt-dead-letter.ts';
import {
  type ChangedTrade,
  changeTrade,
  type ChangeTradeDeps,
  type RefusedChange,
} from './change-trade.ts';

export type BustedTrade = ChangedTrade | RefusedChange<BustRefusalReason>;

/** Once per trade: the same bust again gets the first answer. */
export function bustTrade(
  deps: ChangeTradeDeps,
  { tradeId, ...asked }: { readonly tradeId: string; readonly reason: string },
  origin: CommandOrigin,
): Promise<BustedTrade> {
  const reason = reasonGiven(asked.reason);
  return changeTrade<BustRefusalReason>(deps, {
    tradeId,
    commandId: `bust ${tradeId}`,
    content: reason,
    idTaken: {
      reason: 'ALREADY_BUSTED',
      message: `${tradeId} was busted before, for another reason`,
    },
    origin,
    decide: (position, { today, target }) =>
      decide(position, { type: 'BustTrade', tradeId, target, reason, today }),
  });
}
