/** Gives a recorded trade, or a booking, other terms. */

import { type AmendedTerms, amendedTrade } from '../domain/amended-trade.ts';
import type { AmendmentRefusalReason } from '../domain/amendment-refusal.ts';
import { weekdays } from '../domain/book-calendar.ts';
import { decide } from '../domain/position-decider.ts';
import type { CommandOrigin } from '../store/event-codec.ts';
import { reasonGiven } from './attempt-dead-letter.ts';
import {
  type ChangedTrade,
  changeTrade,
  type ChangeTradeDeps,
  type RefusedChange,
  requireCommandId,
} from './change-trade.ts';
import type { RecordTradesDeps } from './record-trades.ts';

export interface AmendTradeDeps extends ChangeTradeDeps {
  readonly clock: RecordTradesDeps['clock'];
}

export interface Amendment extends AmendedTerms {
  readonly tradeId: string;
  readonly amendmentId: string;
  readonly reason: string;
}

export type AmendedTradeAnswer = ChangedTrade | RefusedChange<AmendmentRefusalReason>;

/** Once per amendment id: the same amendment again gets the first answer. */
export function amendTrade(
  deps: AmendTradeDeps,
  amendment: Amendment,
  origin: CommandOrigin,
): Promise<AmendedTradeAnswer> {
  const { tradeId, amendmentId } = amendment;
  requireCommandId('amendmentId', amendmentId);
  const reason = reasonGiven(amendment.reason);
  const nowMs = deps.clock.nowMs();
  return changeTrade<AmendmentRefusalReason>(deps, {
    tradeId,
    commandId: `amend ${amendmentId}`,
    content: contentOf(amendment, reason),
    idTaken: {
      reason: 'DUPLICATE_AMENDMENT_ID_DIFFERENT_CONTENT',
      message: `amendmentId: expected what ${amendmentId} said before, was something else`,
    },
    origin,
    decide: (position, { today, target }) => {
      const amended = amendedTrade(target.trade, amendment, { today, nowMs });
      if (!amended.ok && !target.isBusted) return amended;
      return decide(position, {
        type: 'AmendTrade',
        amendmentId,
        tradeId,
        target,
        newTrade: amended.ok ? amended.trade : target.trade,
        reason,
        today,
        calendar: weekdays,
      });
    },
  });
}

/** As asked, not as it came out: a term left out stays left out when the trade changes. */
function contentOf(terms: Amendment, reason: string): string {
  return JSON.stringify([
    terms.tradeId,
    terms.side,
    terms.quantity?.toString() ?? null,
    terms.price?.toString() ?? null,
    terms.fees?.toString() ?? null,
    terms.effectiveDate,
    terms.executedAtMs,
    reason,
  ]);
}
