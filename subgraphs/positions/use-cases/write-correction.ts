/** Hands what was calculated beside the live flow to the owner of the position's partition. */

import { refuse } from '#kernel/decision';
import { decide } from '../domain/position-decider.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { Position } from '../domain/position.ts';
import { catchUp } from '../domain/recalculation.ts';
import { latenessOf } from '../domain/position-event.ts';
import type { CommandFacts, WriteCommand } from './decide-batch.ts';
import type { PartitionWriters } from './partition-writers.ts';
import type { Correction, CorrectionOrigin } from './recalculate-position.ts';

export const COLD_PATH_SOURCE = 'positions-cold';

export interface WriteCorrectionDeps {
  readonly writers: Pick<PartitionWriters, 'submit'>;
}

export interface CalculatedCorrection {
  readonly key: PositionKey;
  readonly correction: Correction;
  /** Of the contract, today. */
  readonly isLongOnly: boolean;
  readonly origin: CorrectionOrigin;
}

/** RESTART: more came late, or somebody else was faster: another calculation finds out which. */
export async function writeCorrection(
  { writers }: WriteCorrectionDeps,
  { key, correction, isLongOnly, origin }: CalculatedCorrection,
): Promise<'WRITTEN' | 'RESTART'> {
  const command: WriteCommand = {
    key,
    once: null,
    origin: { ...origin, source: COLD_PATH_SOURCE },
    history: { afterVersion: basedOnVersionOf(correction) },
    decide: (position, facts) => decideCorrection(position, facts, { correction, isLongOnly }),
  };
  const [outcome] = await writers.submit([command]);
  switch (outcome?.type) {
    case 'RECORDED':
      return 'WRITTEN';
    case 'REFUSED':
    case 'UNCHANGED':
      return 'RESTART';
    case 'ID_TAKEN':
    case 'NOT_PROCESSED':
    case undefined:
      throw new Error(`the correction of ${key.text} could not be stored`);
  }
}

function basedOnVersionOf(correction: Correction): number {
  return correction.type === 'RECALCULATED'
    ? correction.recalculated.basedOnVersion
    : correction.refusal.basedOnVersion;
}

/** Counts what came meanwhile, and has the position take the result. */
function decideCorrection(
  position: Position,
  { history }: CommandFacts,
  { correction, isLongOnly }: Pick<CalculatedCorrection, 'correction' | 'isLongOnly'>,
): ReturnType<WriteCommand['decide']> {
  if (history === null) return refuse('RESTART', 'too much came meanwhile');
  if (correction.type === 'REFUSED') {
    if (history.some(({ event }) => latenessOf(event) !== null)) return refuse('RESTART');
    const basedOnVersion = position.version;
    return decide(position, { type: 'RefuseCorrection', ...correction.refusal, basedOnVersion });
  }
  const recalculated = catchUp(correction.recalculated, history, { isLongOnly });
  if (recalculated === 'RESTART') return refuse('RESTART');
  return decide(position, { type: 'Correct', recalculated });
}
