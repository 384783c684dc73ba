/** What the cold path and its readers are told of an event, in the transaction that writes it. */

import { amount } from '#kernel/money';
import type { FiguresOfPosition, PositionFields } from '#kernel/topics/position-fields';
import type { LateEventRecorded } from '#kernel/topics/backdated-trades';
import {
  MAX_RESTATED_GAINS_TOLD,
  type PositionWasCorrected,
} from '#kernel/topics/position-corrected';
import type { Figures, Position } from '../domain/position.ts';
import { effectiveDateOf, latenessOf, type PositionEvent } from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { causeOf } from '../domain/recalculation.ts';

interface Written {
  readonly key: PositionKey;
  readonly event: PositionEvent;
  /** The position right after the event. */
  readonly after: Position;
  readonly user: string;
}

/** Null for an event that did not come late. */
export function lateRecordOf({ key, event, after, user }: Written): LateEventRecorded | null {
  if (latenessOf(event) === null) return null;
  return {
    ...fieldsOf(key),
    eventVersion: after.version,
    eventType: event.type,
    causedBy: causeOf(event),
    effectiveDate: effectiveDateOf(event),
    user,
  };
}

/** Null for an event that corrects nothing. */
export function correctionRecordOf({
  key,
  event,
  after,
  user,
}: Written): PositionWasCorrected | null {
  if (event.type !== 'HISTORICAL_POSITION_CORRECTED') return null;
  return {
    ...fieldsOf(key),
    eventVersion: after.version,
    causedBy: event.causedBy,
    beforeTrade: figuresOf(event.beforeTrade),
    before: figuresOf(event.beforeCorrection),
    after: figuresOf(event.after),
    restatedGains: event.restatements
      .slice(0, MAX_RESTATED_GAINS_TOLD)
      .map(({ version, tradeId, before, after: corrected }) => ({
        tradeId,
        eventVersion: version,
        before,
        after: corrected,
      })),
    restatedCount: event.restatements.length,
    restatedTotal: amount(
      event.restatements.reduce((sum, each) => sum + each.after - each.before, 0n),
    ),
    replayedCount: event.replayedCount,
    reliefMethod: after.reliefMethod,
    reconciliationStatus: after.reconciliationStatus,
    user,
  };
}

export function fieldsOf(key: PositionKey): PositionFields {
  return {
    positionKey: key.text,
    bookId: key.bookId,
    accountId: key.accountId,
    contractId: key.contractId,
    instrumentId: key.instrumentId,
    symbol: key.symbol,
    currency: key.currency,
  };
}

function figuresOf({ quantity, costBasis, realizedPnl, lotCount }: Figures): FiguresOfPosition {
  return { quantity, costBasis, realizedPnl, lotCount };
}
