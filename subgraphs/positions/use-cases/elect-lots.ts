/** Names the lots that a recorded sale takes, no later than its settlement. */

import { quantity } from '#kernel/money';
import { PlatformError } from '#platform/errors';
import { weekdays } from '../domain/book-calendar.ts';
import type { ElectionRefusalReason } from '../domain/election-refusal.ts';
import { decide } from '../domain/position-decider.ts';
import type { ElectedLotRequest } from '../domain/trade.ts';
import type { CommandOrigin } from '../store/event-codec.ts';
import {
  type ChangedTrade,
  changeTrade,
  type ChangeTradeDeps,
  type RefusedChange,
  requireCommandId,
} from './change-trade.ts';
import { MAX_ELECTED_LOTS } from './record-trades.ts';

export interface Election {
  readonly tradeId: string;
  readonly commandId: string;
  readonly lots: readonly ElectedLotRequest[];
}

export type ElectedLots = ChangedTrade | RefusedChange<ElectionRefusalReason>;

/** Once per command id: the same election again gets the first answer. A later one replaces it. */
export function electLots(
  deps: ChangeTradeDeps,
  { tradeId, commandId, lots: asked }: Election,
  origin: CommandOrigin,
): Promise<ElectedLots> {
  requireCommandId('commandId', commandId);
  requireRoom(asked);
  const lots = asked.map((each) => ({ lotId: each.lotId, quantity: quantity(each.quantity) }));
  const content = [tradeId, lots.map((each) => [each.lotId, each.quantity.toString()])];
  return changeTrade<ElectionRefusalReason>(deps, {
    tradeId,
    commandId: `elect ${commandId}`,
    content: JSON.stringify(content),
    idTaken: {
      reason: 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT',
      message: `commandId: expected what ${commandId} said before, was something else`,
    },
    origin,
    decide: (position, { today, target }) =>
      decide(position, { type: 'ElectLots', tradeId, target, lots, today, calendar: weekdays }),
  });
}

function requireRoom({ length }: Election['lots']): void {
  if (length <= MAX_ELECTED_LOTS) return;
  throw new PlatformError(
    'BAD_USER_INPUT',
    `lots: expected at most ${MAX_ELECTED_LOTS}, were ${length}`,
    { details: { limit: 'MAX_ELECTED_LOTS' } },
  );
}
