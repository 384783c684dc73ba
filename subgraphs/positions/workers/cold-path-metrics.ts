/** What operations see of the cold path: how long it takes, what waits, what was refused. */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Logger } from '#platform/logger';
import type { ProvisionalPositions } from '../store/waiting-positions.ts';
import type { RecalculationOutcome } from '../use-cases/recalculate-position.ts';

/** Seconds; the alarms at a minute and at five are among them. */
const CALCULATION_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 60, 300];

export type ColdPathMetrics = ReturnType<typeof createColdPathMetrics>;

export function createColdPathMetrics(registry: Registry) {
  const registers = [registry];
  const calculations = new Histogram({
    name: 'plumbline_positions_recalculation_seconds',
    help: 'Recalculations of one position, from the start of loading to the durable answer',
    labelNames: ['outcome'],
    buckets: CALCULATION_BUCKETS,
    registers,
  });
  const delay = new Histogram({
    name: 'plumbline_positions_correction_delay_seconds',
    help: 'From the arrival of a late event to its durable correction: warn at 60, alert at 300',
    buckets: CALCULATION_BUCKETS,
    registers,
  });
  const corrections = new Counter({
    name: 'plumbline_positions_corrections_total',
    help: 'Corrections written and refused',
    labelNames: ['outcome'],
    registers,
  });
  const restarts = new Counter({
    name: 'plumbline_positions_recalculation_restarts_total',
    help: 'Recalculations begun anew because more had come late meanwhile',
    registers,
  });
  return {
    onCalculated: (outcome: RecalculationOutcome | 'FAILED', seconds: number) => {
      calculations.observe({ outcome }, seconds);
      if (outcome === 'CORRECTED' || outcome === 'REFUSED') corrections.inc({ outcome });
    },
    onDelay: (seconds: number) => {
      delay.observe(seconds);
    },
    onRestart: () => {
      restarts.inc();
    },
  };
}

export interface ColdPathState {
  readonly waiting: () => number;
  readonly provisional: () => Promise<ProvisionalPositions>;
  readonly logger: Logger;
}

/** Reads them when somebody asks. The topic's lag is among the metrics of all consumer groups. */
export function watchColdPath(registry: Registry, state: ColdPathState): void {
  const { waiting, provisional, logger } = state;
  let reading: Promise<ProvisionalPositions | undefined> | undefined;
  // The gauges of one scrape are collected together: one query serves them all.
  const readOnce = (): Promise<ProvisionalPositions | undefined> => {
    reading ??= provisional()
      .catch((error: unknown) => {
        logger.warn({ err: error }, 'could not count the provisional positions');
        return undefined;
      })
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const gauge = (name: string, help: string, read: () => Promise<number | undefined>) =>
    new Gauge({
      name: `plumbline_positions_${name}`,
      help,
      registers: [registry],
      async collect() {
        const value = await read();
        if (value === undefined) this.reset();
        else this.set(value);
      },
    });
  gauge('cold_waiting_events', 'Late events in memory that wait for a recalculation', () =>
    Promise.resolve(waiting()),
  );
  gauge(
    'provisional',
    'Positions whose figures are an estimate',
    async () => (await readOnce())?.count,
  );
  gauge(
    'provisional_oldest_seconds',
    'Since when the first position waits for its correction: alert at 300',
    async () => (await readOnce())?.oldestSeconds,
  );
  gauge(
    'correction_refused',
    'Positions that stay provisional until somebody acts',
    async () => (await readOnce())?.refusedCount,
  );
}
