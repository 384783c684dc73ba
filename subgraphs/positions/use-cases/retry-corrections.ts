/** Recalculates positions whose correction was refused: what was in the way may be gone. */

import type { Clock } from '#platform/clock';
import type { PositionKey } from '../domain/position-key.ts';
import type { PositionRepository } from '../store/positions.ts';
import type { PositionSummary } from '../store/snapshot-codec.ts';
import type { WaitingPositions } from '../store/waiting-positions.ts';
import { findKey, type FindPositionDeps, type KeyAsked } from './find-position.ts';
import type { CorrectionOrigin } from './recalculate-position.ts';
import type { LateEvent, RecalculationQueue } from './recalculation-queue.ts';

/** Recalculated together; the next ones follow. */
export const REFUSED_PER_PAGE = 100;

export interface Recalculations {
  readonly queue: Pick<RecalculationQueue, 'recalculateAll'>;
  readonly clock: Pick<Clock, 'nowMs' | 'today'>;
}

export interface RetryUnderContractDeps extends Recalculations {
  readonly waiting: Pick<WaitingPositions, 'refusedUnder'>;
}

/** All of a contract, whose terms are others now. Throws when one of them could not be tried. */
export async function retryUnderContract(
  deps: RetryUnderContractDeps,
  contractId: string,
  { origin, signal }: { readonly origin: CorrectionOrigin; readonly signal: AbortSignal },
): Promise<void> {
  for (let after = ''; ;) {
    const page = { after, limit: REFUSED_PER_PAGE };
    const keys = await deps.waiting.refusedUnder(contractId, page);
    await recalculate(deps, { keys, origin, signal });
    const last = keys.at(-1);
    if (last === undefined || keys.length < REFUSED_PER_PAGE) return;
    after = last.text;
  }
}

export interface RetryCorrectionDeps extends Pick<FindPositionDeps, 'instruments'> {
  readonly positions: Pick<PositionRepository, 'byKeys'>;
  readonly recalculations: Recalculations;
}

export type RetryCorrectionReason = 'UNKNOWN_POSITION' | 'NOTHING_TO_CORRECT';

export type RetriedCorrection =
  | { readonly type: 'RETRIED'; readonly summary: PositionSummary }
  | {
      readonly type: 'REFUSED';
      readonly reason: RetryCorrectionReason;
      readonly message: string;
    };

/** Answers with the position after it: corrected, or provisional still, and why. */
export async function retryCorrection(
  { recalculations, ...deps }: RetryCorrectionDeps,
  asked: KeyAsked,
  { origin, signal }: { readonly origin: CorrectionOrigin; readonly signal: AbortSignal },
): Promise<RetriedCorrection> {
  const key = await findKey(deps, asked);
  const before = key && (await deps.positions.byKeys([key.text])).get(key.text);
  if (before === undefined) {
    return { type: 'REFUSED', reason: 'UNKNOWN_POSITION', message: 'there is no such position' };
  }
  const { reconciliationStatus } = before.figures;
  if (reconciliationStatus !== 'PROVISIONAL') {
    const message = `status: expected PROVISIONAL, was ${reconciliationStatus}`;
    return { type: 'REFUSED', reason: 'NOTHING_TO_CORRECT', message };
  }
  await recalculate(recalculations, { keys: [before.key], origin, signal });
  const after = (await deps.positions.byKeys([before.key.text])).get(before.key.text);
  return { type: 'RETRIED', summary: after ?? before };
}

interface Asked {
  readonly keys: readonly PositionKey[];
  readonly origin: CorrectionOrigin;
  readonly signal: AbortSignal;
}

async function recalculate(
  { queue, clock }: Recalculations,
  { keys, origin, signal }: Asked,
): Promise<void> {
  const results = await queue.recalculateAll(
    keys.map((key): LateEvent => ({
      key,
      // Not of one event: the calculation finds what is late by itself.
      version: 0,
      causedBy: 'retry',
      effectiveDate: clock.today(),
      recordedAtMs: clock.nowMs(),
      ...origin,
    })),
    signal,
  );
  for (const each of results) if (each.status === 'rejected') throw each.reason;
}
