/** How the answer of a recalculation enters the position. */

import { accept, type Decision, refuse } from '#kernel/decision';
import { figuresOf, type Position } from './position.ts';
import type { Correct, NoteContract, RefuseCorrection } from './position-command.ts';
import type { PositionEvent } from './position-event.ts';

/** Why a recalculation is not taken. In order of precedence. */
export const RECALCULATION_REFUSAL_REASONS = [
  /** Nothing waits for a correction any more. */
  'NOTHING_PENDING',
  /** Events came in meanwhile: it has to catch up with them first. */
  'OUT_OF_DATE',
] as const;
export type RecalculationRefusalReason = (typeof RECALCULATION_REFUSAL_REASONS)[number];

type RecalculationDecision = Decision<PositionEvent, RecalculationRefusalReason>;

export function correct(position: Position, { recalculated }: Correct): RecalculationDecision {
  const fault = recalculationFault(position, recalculated.basedOnVersion);
  if (fault !== undefined) return fault;
  const { state } = recalculated;
  return accept({
    type: 'HISTORICAL_POSITION_CORRECTED',
    ...recalculated,
    beforeCorrection: figuresOf(position),
    after: figuresOf(state),
  });
}

/** The estimate stands; the reason is in the status until a later recalculation succeeds. */
export function refuseCorrection(
  position: Position,
  { basedOnVersion, effectiveDate, reason, versions, message }: RefuseCorrection,
): RecalculationDecision {
  const fault = recalculationFault(position, basedOnVersion);
  if (fault !== undefined) return fault;
  return accept({
    type: 'CORRECTION_REFUSED',
    effectiveDate,
    basedOnVersion,
    reason,
    versions,
    message,
  });
}

export function noteContract({
  tradeId,
  uti,
  effectiveDate,
}: NoteContract): Decision<PositionEvent, never> {
  return accept({ type: 'CONTRACT_GENERATED', tradeId, uti, effectiveDate });
}

function recalculationFault(position: Position, basedOnVersion: number) {
  if (position.pendingBackdated === 0) return refuse('NOTHING_PENDING');
  if (basedOnVersion === position.version) return undefined;
  return refuse(
    'OUT_OF_DATE',
    `basedOnVersion: expected ${position.version}, was ${basedOnVersion}`,
  );
}
