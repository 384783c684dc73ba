/** Lets the bookings become effective whose day has come. */

import type { Clock } from '#platform/clock';
import { PlatformError } from '#platform/errors';
import type { Logger } from '#platform/logger';
import { decide } from '../domain/position-decider.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { WaitingPositions } from '../store/waiting-positions.ts';
import type { WriteCommand } from './decide-batch.ts';
import type { PartitionWriters } from './partition-writers.ts';

/** Positions handed to the writers at once. */
export const POSITIONS_PER_PAGE = 256;
export const FORWARD_ROLL_SOURCE = 'forward-roll';

export interface RollForwardDeps {
  readonly waiting: Pick<WaitingPositions, 'withDueBookings'>;
  readonly writers: Pick<PartitionWriters, 'submit'>;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
}

/**
 * Position after position, until none is due; answers how many were rolled. A booking becomes
 * effective once, whoever asks how often: the position no longer has it then. One position that
 * fails keeps no other from its turn, and is due again the next time.
 */
export async function rollForward(deps: RollForwardDeps, signal: AbortSignal): Promise<number> {
  const { waiting, clock, newId } = deps;
  const today = clock.today();
  const correlationId = newId();
  let rolled = 0;
  let after = '';
  while (!signal.aborted) {
    const keys = await waiting.withDueBookings(today, { after, limit: POSITIONS_PER_PAGE });
    const last = keys.at(-1);
    if (last === undefined) break;
    after = last.text;
    for (const isRolled of await Promise.all(keys.map((key) => roll(deps, key, correlationId)))) {
      if (isRolled) rolled += 1;
    }
  }
  return rolled;
}

async function roll(
  { writers, logger }: RollForwardDeps,
  key: PositionKey,
  correlationId: string,
): Promise<boolean> {
  const command: WriteCommand = {
    key,
    once: null,
    origin: {
      user: FORWARD_ROLL_SOURCE,
      correlationId,
      causationId: null,
      source: FORWARD_ROLL_SOURCE,
    },
    decide: (position, { today }) => decide(position, { type: 'RollForward', today }),
  };
  try {
    const [outcome] = await writers.submit([command]);
    return outcome?.type === 'RECORDED';
  } catch (error) {
    // No room, or no database: the others would fail as well, and the next round tries again.
    if (error instanceof PlatformError && error.code !== 'VERSION_CONFLICT') throw error;
    logger.warn({ err: error, positionKey: key.text }, 'bookings could not become effective');
    return false;
  }
}
