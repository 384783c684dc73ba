/** Each minute, and at the start: one process lets due bookings become effective. */

import type { Lease } from '#platform/ports';
import { rollForward, type RollForwardDeps } from '../use-cases/roll-forward.ts';

export const ROLL_EVERY_MS = 60_000;
export const ROLL_LEASE = 'positions-forward-roll';
const LEASE_TTL_MS = 30_000;

export interface ForwardRollDeps extends RollForwardDeps {
  readonly lease: Lease;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface ForwardRoll {
  /** Lets the page in hand end. */
  stop(): Promise<void>;
}

export function startForwardRoll(deps: ForwardRollDeps): ForwardRoll {
  const stopping = new AbortController();
  const work = run(deps, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await work;
    },
  };
}

async function run(deps: ForwardRollDeps, signal: AbortSignal): Promise<void> {
  const { logger, pause } = deps;
  while (!signal.aborted) {
    try {
      await rollOnce(deps, signal);
    } catch (error) {
      logger.warn({ err: error }, 'bookings could not be looked at');
    }
    await pause(ROLL_EVERY_MS, signal);
  }
}

/** Nothing is done while another process holds the lease: it does so. */
async function rollOnce(deps: ForwardRollDeps, signal: AbortSignal): Promise<void> {
  const held = await deps.lease.tryAcquire(ROLL_LEASE, { ttlMs: LEASE_TTL_MS });
  if (held === undefined) return;
  try {
    const rolled = await rollForward(deps, AbortSignal.any([signal, held.lost]));
    if (rolled > 0) deps.logger.info({ rolled }, 'bookings became effective');
  } finally {
    await held.release();
  }
}
