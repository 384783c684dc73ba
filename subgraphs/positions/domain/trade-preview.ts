/** What recording a trade would do: at once, and by the correction that a late trade causes. */

import type { Refusal } from '#kernel/decision';
import type { Checkpoint } from './fold.ts';
import {
  type CorrectionRefusalReason,
  type Figures,
  figuresOf,
  type Position,
} from './position.ts';
import type { ApplyTrade } from './position-command.ts';
import type { LotEffects, PositionEvent, Restatement } from './position-event.ts';
import { previewOf } from './preview.ts';
import type { Recalculation } from './recalculation.ts';
import type { TaxLot } from './tax-lot.ts';
import type { HistoryEvent } from './timeline.ts';
import type { TradeClassification } from './trade-classification.ts';
import type { TradeRefusalReason } from './trade-refusal.ts';

/** What the correction would say, with everything late of the position in its place. */
export type PreviewedCorrection =
  | {
      readonly type: 'CORRECTED';
      readonly after: Figures;
      readonly lots: readonly TaxLot[];
      readonly replayedCount: number;
      /** Gains of other trades that would change, in the order in which they were recorded. */
      readonly restatements: readonly Restatement[];
      /** Of the trade itself, where the estimate had another. */
      readonly ownRestatement: Restatement | null;
    }
  | {
      readonly type: 'REFUSED';
      readonly reason: CorrectionRefusalReason;
      readonly message: string;
    };

export interface TradePreview {
  readonly classification: TradeClassification;
  /** Of the event that would record it. */
  readonly version: number;
  readonly before: Position;
  /** Right after it: by estimate when the trade is late. */
  readonly after: Position;
  /** Null for a trade of a later day, which does not count yet. */
  readonly effects: LotEffects | null;
  /** All that the decision says: bookings that become effective, the trade, wash sales, … */
  readonly events: readonly PositionEvent[];
  /** Null when the trade is not late, so that nothing is to be corrected. */
  readonly correction: PreviewedCorrection | null;
}

export type TradePreviewDecision =
  { readonly ok: true; readonly preview: TradePreview } | Refusal<TradeRefusalReason>;

/** `known` is the history in version order, whole or from a checkpoint of no later day on. */
export function previewTradeOn(
  known: readonly HistoryEvent[],
  command: ApplyTrade,
  from?: Checkpoint,
): TradePreviewDecision {
  const decision = previewOf(known, command, command.terms, from);
  if (!decision.ok) return decision;
  const { events, before, after, recalculation } = decision.preview;
  const index = events.findIndex((event) => isRecordOf(event, command));
  const event = events[index];
  if (event === undefined || !isRecordOf(event, command)) {
    throw new Error('invariant broken: an accepted trade has an event');
  }
  const version = before.version + 1 + index;
  return {
    ok: true,
    preview: {
      classification: event.classification,
      version,
      before,
      after,
      effects: event.type === 'FORWARD_TRADE_BOOKED' ? null : event,
      events,
      correction: recalculation && correctionOf(recalculation, version),
    },
  };
}

type TradeRecord = Extract<PositionEvent, { readonly classification: TradeClassification }>;

function isRecordOf(event: PositionEvent, { trade }: ApplyTrade): event is TradeRecord {
  return 'classification' in event && event.trade.tradeId === trade.tradeId;
}

function correctionOf(recalculation: Recalculation, version: number): PreviewedCorrection | null {
  switch (recalculation.type) {
    case 'NOTHING_PENDING':
      return null;
    case 'REFUSED': {
      const { reason, message } = recalculation;
      return { type: 'REFUSED', reason, message };
    }
    case 'RECALCULATED': {
      const { state, replayedCount, restatements } = recalculation.recalculated;
      return {
        type: 'CORRECTED',
        after: figuresOf(state),
        lots: state.lots,
        replayedCount,
        restatements: restatements.filter((each) => each.version !== version),
        ownRestatement: restatements.find((each) => each.version === version) ?? null,
      };
    }
  }
}
