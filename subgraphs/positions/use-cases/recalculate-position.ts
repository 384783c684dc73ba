/**
 * Puts what came late to a position in its place: calculates beside the live flow, then hands the
 * result to the owner of the partition, who counts what came since.
 */

import type { Clock } from '#platform/clock';
import { beforeDeadline } from '#platform/deadline';
import { PlatformError } from '#platform/errors';
import type { Logger } from '#platform/logger';
import type { RefuseCorrection } from '../domain/position-command.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { Recalculated } from '../domain/recalculation.ts';
import type { LateEvent } from './recalculation-queue.ts';

/** Of one calculation, its loading included. */
export const CALCULATION_LIMIT_MS = 5 * 60_000;
/** Of handing one result over until it is durable. */
export const PUBLISH_LIMIT_MS = 10_000;
/** Calculations anew because more came late meanwhile; then the position is set aside. */
export const MAX_RESTARTS = 5;
/** While the writers have no room, or another process writes: the position stays provisional. */
export const NO_ROOM_PAUSE_MS = 200;

/** What a replay of the whole position comes to. */
export type Calculation =
  | { readonly type: 'NOTHING_LATE' }
  | { readonly type: 'RECALCULATED'; readonly recalculated: Recalculated }
  | { readonly type: 'REFUSED'; readonly refusal: Omit<RefuseCorrection, 'type'> }
  /** Refused before for the same events, and noted. */
  | { readonly type: 'REFUSED_BEFORE' };

export type Correction = Extract<Calculation, { type: 'RECALCULATED' | 'REFUSED' }>;

/** Who caused it, for the event that the owner writes. */
export interface CorrectionOrigin {
  readonly user: string;
  readonly correlationId: string;
  readonly causationId: string;
}

/** How a recalculation ended. */
export type RecalculationOutcome = 'CORRECTED' | 'REFUSED' | 'NOTHING_LATE';

export interface RecalculatePositionDeps {
  readonly calculations: {
    run(key: PositionKey, signal: AbortSignal): Promise<Calculation>;
  };
  readonly corrections: {
    /** RESTART: something came since that only a new calculation can count. */
    write(
      key: PositionKey,
      correction: Correction,
      origin: CorrectionOrigin,
    ): Promise<'WRITTEN' | 'RESTART'>;
  };
  readonly clock: Clock;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly logger: Logger;
  readonly onRestart?: () => void;
}

/** Throws when the position should be tried again, or set aside: it stays provisional then. */
export async function recalculatePosition(
  deps: RecalculatePositionDeps,
  key: PositionKey,
  late: readonly LateEvent[],
  signal: AbortSignal,
): Promise<RecalculationOutcome> {
  for (let restarts = 0; restarts <= MAX_RESTARTS; restarts += 1) {
    const calculation = await calculate(deps, key, signal);
    switch (calculation.type) {
      case 'NOTHING_LATE':
        return 'NOTHING_LATE';
      case 'REFUSED_BEFORE':
        return 'REFUSED';
      case 'RECALCULATED':
      case 'REFUSED': {
        const answer = await write(deps, { key, correction: calculation, late, signal });
        if (answer === 'WRITTEN') return told(deps, key, calculation);
        deps.onRestart?.();
      }
    }
  }
  throw new Error(
    `${key.text} was recalculated ${MAX_RESTARTS + 1} times, and each time more had come late`,
  );
}

async function calculate(
  { calculations }: RecalculatePositionDeps,
  key: PositionKey,
  signal: AbortSignal,
): Promise<Calculation> {
  const limit = AbortSignal.timeout(CALCULATION_LIMIT_MS);
  try {
    return await calculations.run(key, AbortSignal.any([signal, limit]));
  } catch (cause) {
    signal.throwIfAborted();
    // No outage: another attempt may take as long, so it must not be tried for ever.
    if (limit.aborted) throw new Error(`${key.text} was not recalculated in 5 minutes`, { cause });
    throw cause;
  }
}

interface WriteOptions {
  readonly key: PositionKey;
  readonly correction: Correction;
  readonly late: readonly LateEvent[];
  readonly signal: AbortSignal;
}

async function write(
  { corrections, clock, pause }: RecalculatePositionDeps,
  { key, correction, late, signal }: WriteOptions,
): Promise<'WRITTEN' | 'RESTART'> {
  for (;;) {
    signal.throwIfAborted();
    try {
      // Late to the limit, it may be in or not: the next attempt finds out.
      return await beforeDeadline(corrections.write(key, correction, originOf(late)), {
        stage: 'the correction of a position',
        deadlineAtMs: clock.nowMs() + PUBLISH_LIMIT_MS,
        clock,
      });
    } catch (error) {
      if (!(error instanceof PlatformError && PASSING.has(error.code))) throw error;
      await pause(NO_ROOM_PAUSE_MS, signal);
    }
  }
}

/** Without end: these say nothing against the correction. */
const PASSING: ReadonlySet<string> = new Set(['RATE_LIMITED', 'VERSION_CONFLICT']);

/** Of the late event that counts first. */
function originOf([first]: readonly LateEvent[]): CorrectionOrigin {
  return {
    user: first?.user ?? 'unknown',
    correlationId: first?.correlationId ?? '',
    causationId: first?.causationId ?? '',
  };
}

function told(
  { logger }: RecalculatePositionDeps,
  key: PositionKey,
  correction: Correction,
): RecalculationOutcome {
  if (correction.type === 'RECALCULATED') return 'CORRECTED';
  const { reason, message, versions } = correction.refusal;
  logger.warn({ positionKey: key.text, reason, versions }, `a correction was refused: ${message}`);
  return 'REFUSED';
}
