/** Hands one batch of one partition to a handler until all of it is acknowledged or buried. */

import { type Backoff, backoffMs, pause } from '#platform/backoff';
import { isOutage } from '#platform/outage';
import type { ConsumerOptions, LogRecord } from '#platform/ports';
import type { Burial } from './consumer-backend.ts';

export const DEFAULT_MAX_ATTEMPTS = 5;
/** Of a record handed over alone, after its batch has failed as a whole. */
export const ATTEMPTS_ALONE = 2;
/** An outage says nothing against the records, so it counts as an attempt only after this long. */
export const OUTAGE_PATIENCE_MS = 15 * 60_000;
export const MAX_REASON_LENGTH = 2_000;
const MAX_CAUSES_TOLD = 5;
const HANDLE_BACKOFF: Backoff = { firstMs: 100, maxMs: 5_000 };
const SETTLE_BACKOFF: Backoff = { firstMs: 50, maxMs: 2_000 };

export interface Delivery {
  readonly handle: ConsumerOptions['handle'];
  readonly maxAttempts: number;
  /** Aborted when the partition was lost or the consumer waits no longer for the handler. */
  readonly signal: AbortSignal;
  /** Aborted when the consumer stops: no new attempt is made. */
  readonly stopping: AbortSignal;
  readonly acknowledge: (record: LogRecord) => Promise<void>;
  readonly bury: (burial: Burial) => Promise<void>;
  readonly onFailure: (error: unknown, attempt: number) => void;
  readonly backoff?: Backoff;
}

/** Resolves to the last record settled; undefined when it had to give up before the first. */
export async function deliver(
  records: readonly LogRecord[],
  delivery: Delivery,
): Promise<LogRecord | undefined> {
  const last = records.at(-1);
  if (!last) return undefined;
  const outcome = await attempt(records, delivery.maxAttempts, delivery);
  if (outcome === 'done') return settle(last, () => delivery.acknowledge(last), delivery);
  if (outcome === 'given up') return undefined;
  if (records.length === 1) return buryOne(last, outcome, delivery.maxAttempts, delivery);
  return deliverOneByOne(records, delivery);
}

async function deliverOneByOne(
  records: readonly LogRecord[],
  delivery: Delivery,
): Promise<LogRecord | undefined> {
  let lastSettled: LogRecord | undefined;
  for (const record of records) {
    const outcome = await attempt([record], ATTEMPTS_ALONE, delivery);
    if (outcome === 'given up') return lastSettled;
    const settled =
      outcome === 'done'
        ? await settle(record, () => delivery.acknowledge(record), delivery)
        : await buryOne(record, outcome, delivery.maxAttempts + ATTEMPTS_ALONE, delivery);
    if (!settled) return lastSettled;
    lastSettled = settled;
  }
  return lastSettled;
}

interface Failed {
  readonly reason: string;
}

async function attempt(
  records: readonly LogRecord[],
  maxAttempts: number,
  { handle, signal, stopping, onFailure, backoff = HANDLE_BACKOFF }: Delivery,
): Promise<'done' | 'given up' | Failed> {
  const startedMs = performance.now();
  let counted = 0;
  for (let tries = 1; !signal.aborted && !stopping.aborted; tries += 1) {
    try {
      await handle(records, signal);
      return 'done';
    } catch (error) {
      if (signal.aborted) return 'given up';
      onFailure(error, tries);
      const isPatient = isOutage(error) && performance.now() - startedMs < OUTAGE_PATIENCE_MS;
      if (!isPatient) counted += 1;
      if (counted >= maxAttempts) return { reason: reasonOf(error) };
      await pause(backoffMs(tries, backoff), AbortSignal.any([signal, stopping]));
    }
  }
  return 'given up';
}

function buryOne(record: LogRecord, { reason }: Failed, attempts: number, delivery: Delivery) {
  return settle(record, () => delivery.bury({ record, reason, attempts }), delivery);
}

/** Keeping score must not fail for a short absence of the store: the work itself is done. */
async function settle(
  record: LogRecord,
  write: () => Promise<void>,
  { signal, stopping, onFailure }: Delivery,
): Promise<LogRecord | undefined> {
  for (let tries = 1; !signal.aborted; tries += 1) {
    try {
      await write();
      return record;
    } catch (error) {
      onFailure(error, tries);
      if (stopping.aborted) return undefined;
      await pause(backoffMs(tries, SETTLE_BACKOFF), AbortSignal.any([signal, stopping]));
    }
  }
  return undefined;
}

/** The message and those of its causes: what an operator needs to decide about a retry. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the handler threw something that is no error';
  const messages: string[] = [];
  let each: unknown = error;
  while (each instanceof Error && messages.length < MAX_CAUSES_TOLD) {
    messages.push(`${each.name}: ${each.message}`);
    each = each.cause;
  }
  return messages.join(' <- ').slice(0, MAX_REASON_LENGTH);
}
