/**
 * Does what falls due, in the one process that holds the lease.
 *
 * Without the lease it asks for it again and again. With it, it carries out what is due, then
 * sleeps until the next is, but never longer than a second: another process may set an earlier one.
 * A timer is gone once the basket has moved on; what cannot be done yet comes again, later each
 * time. Losing the lease ends a round; two processes that fire the same timer do it once, for the
 * second finds the basket moved on.
 */

import { Counter, Histogram, type Registry } from 'prom-client';
import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { Lease } from '#platform/ports';
import type { DueTimer, TimerStore } from '../store/timers.ts';
import type { Fired } from '../use-cases/fire-timer.ts';

export interface TimersDeps {
  readonly timers: TimerStore;
  readonly lease: Lease;
  readonly fire: (timer: DueTimer) => Promise<Fired>;
  readonly clock: Clock;
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** After the death of the process that held it, another one waits so long at most. */
  readonly leaseTtlMs?: number;
}

export interface Timers {
  /** Lets the running round end. */
  stop(): Promise<void>;
}

export const TIMER_LEASE = 'baskets-timers';
const LEASE_TTL_MS = 5_000;
const TIMERS_PER_ROUND = 100;
const LONGEST_SLEEP_MS = 1_000;
const SHORTEST_SLEEP_MS = 10;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 5 * 60_000;
/** From here on somebody should look. */
const ALARM_AFTER_ATTEMPTS = 5;

export function startTimers(deps: TimersDeps): Timers {
  const stopping = new AbortController();
  const running = run(deps, createTimerMetrics(deps.metrics), stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function run(deps: TimersDeps, metrics: TimerMetrics, signal: AbortSignal): Promise<void> {
  const { lease, pause, logger, leaseTtlMs: ttlMs = LEASE_TTL_MS } = deps;
  while (!signal.aborted) {
    try {
      const held = await lease.tryAcquire(TIMER_LEASE, { ttlMs });
      if (held) {
        try {
          await watch(deps, metrics, AbortSignal.any([signal, held.lost]));
        } finally {
          await held.release();
        }
      }
    } catch (error) {
      logger.error({ err: error }, 'timers of baskets failed; they are tried again');
    }
    await pause(LONGEST_SLEEP_MS, signal);
  }
}

async function watch(deps: TimersDeps, metrics: TimerMetrics, signal: AbortSignal): Promise<void> {
  const { timers, clock, pause } = deps;
  while (!signal.aborted) {
    const due = await timers.due(clock.nowMs(), TIMERS_PER_ROUND);
    for (const timer of due) {
      if (signal.aborted) return;
      await carryOut(deps, metrics, timer);
    }
    if (due.length === TIMERS_PER_ROUND) continue;
    const nextMs = (await timers.nextDueAtMs()) ?? Number.POSITIVE_INFINITY;
    const untilMs = Math.min(nextMs - clock.nowMs(), LONGEST_SLEEP_MS);
    await pause(Math.max(untilMs, SHORTEST_SLEEP_MS), signal);
  }
}

/** A failure of one timer does not keep the others waiting. */
async function carryOut(deps: TimersDeps, metrics: TimerMetrics, timer: DueTimer): Promise<void> {
  const { timers, clock, logger, fire } = deps;
  const { kind, code, attempts } = timer;
  const lateMs = clock.nowMs() - timer.dueAtMs;
  const fired = await fire(timer).catch((error: unknown): Fired => {
    logger.error({ err: error, kind, code }, 'a timer of a basket failed');
    return { outcome: 'LATER', why: 'it failed' };
  });
  metrics.onFired(kind, fired.outcome, lateMs);
  if (fired.outcome === 'DONE') return;
  const retryMs = Math.min(FIRST_RETRY_MS * 2 ** attempts, LONGEST_RETRY_MS);
  await timers.postpone(timer, clock.nowMs() + retryMs);
  if (attempts >= ALARM_AFTER_ATTEMPTS) {
    logger.error({ kind, code, attempts, why: fired.why }, 'ALARM: a basket waits for a step');
  }
}

type TimerMetrics = ReturnType<typeof createTimerMetrics>;

function createTimerMetrics(registry: Registry) {
  const registers = [registry];
  const fired = new Counter({
    name: 'plumbline_baskets_timers_fired_total',
    help: 'Steps of baskets that fell due: done, or to be tried again later',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const lateness = new Histogram({
    name: 'plumbline_baskets_timer_lateness_seconds',
    help: 'From the moment a step was due to its being carried out',
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300],
    registers,
  });
  return {
    onFired(kind: string, outcome: string, lateMs: number) {
      fired.inc({ kind, outcome });
      if (outcome === 'DONE') lateness.observe(lateMs / 1_000);
    },
  };
}
