/** What a command would do to a position, its later correction included. Nothing is written. */

import type { Refusal } from '#kernel/decision';
import { evolve } from './evolve.ts';
import { type Checkpoint, foldAsOf } from './fold.ts';
import { initialPosition, type Position } from './position.ts';
import type { ApplyTrade, PositionCommand } from './position-command.ts';
import { decide, type PositionRefusalReason } from './position-decider.ts';
import { latenessOf, type PositionEvent } from './position-event.ts';
import { type Recalculation, recalculate } from './recalculation.ts';
import type { HistoryEvent } from './timeline.ts';
import type { TradeRefusalReason } from './trade-refusal.ts';

export interface Preview {
  readonly events: readonly PositionEvent[];
  readonly before: Position;
  /** Right after the command: an estimate when one of the events is late. */
  readonly after: Position;
  /** What the correction would say, restated later sales included; null when none is due. */
  readonly recalculation: Recalculation | null;
}

export type PreviewDecision<Reason extends string = PositionRefusalReason> =
  { readonly ok: true; readonly preview: Preview } | Refusal<Reason>;

/**
 * `known` is the history in version order, whole or from a checkpoint on that neither it nor the
 * command touches (`canStartFrom`); the command is decided on what it folds to.
 */
export function previewOf(
  known: readonly HistoryEvent[],
  command: ApplyTrade,
  terms: { readonly isLongOnly: boolean },
  from?: Checkpoint,
): PreviewDecision<TradeRefusalReason>;
export function previewOf(
  known: readonly HistoryEvent[],
  command: PositionCommand,
  terms: { readonly isLongOnly: boolean },
  from?: Checkpoint,
): PreviewDecision;
export function previewOf(
  known: readonly HistoryEvent[],
  command: PositionCommand,
  { isLongOnly }: { readonly isLongOnly: boolean },
  from: Checkpoint = initialPosition,
): PreviewDecision {
  const before = foldAsOf(known, { from });
  const decision = decide(before, command);
  if (!decision.ok) return decision;
  const { events } = decision;
  const extended = known.concat(
    events.map((event, index) => ({ event, version: before.version + 1 + index })),
  );
  const isLate = events.some((event) => latenessOf(event) !== null);
  return {
    ok: true,
    preview: {
      events,
      before,
      after: events.reduce<Position>(evolve, before),
      recalculation: isLate ? recalculate(extended, { isLongOnly }, from) : null,
    },
  };
}
