/** Recalculates the positions that the records of topic `backdated-trades` tell of. */

import { type LateEventRecorded, lateEventRecorded } from '#kernel/topics/backdated-trades';
import { UnreadableEvent } from '#kernel/topics/reading';
import { currencyCode } from '#kernel/money';
import type { LogRecord } from '#platform/ports';
import type { PositionKey } from '../domain/position-key.ts';
import type { LateEvent, RecalculationQueue } from './recalculation-queue.ts';

export interface ReceiveLateEventsDeps {
  readonly queue: Pick<RecalculationQueue, 'recalculateAll'>;
}

/**
 * Resolves when every position among them is corrected, or its correction refused and noted.
 * Rejects when one could not be: the others are done, and cost nothing when they are handed over
 * again together with it. What fails alone again becomes a dead letter, and its position stays
 * provisional.
 */
export async function receiveLateEvents(
  { queue }: ReceiveLateEventsDeps,
  records: readonly LogRecord[],
  signal: AbortSignal,
): Promise<void> {
  const read = records.map(readRecord);
  const late = read.flatMap((each) => (each instanceof UnreadableEvent ? [] : [each]));
  const results = await queue.recalculateAll(late, signal);
  const failures: unknown[] = [
    ...results.flatMap((each) => (each.status === 'rejected' ? [each.reason] : [])),
    ...read.filter((each) => each instanceof UnreadableEvent),
  ];
  const [first, another] = failures;
  if (first === undefined) return;
  if (another === undefined) throw first;
  throw new AggregateError(failures, `${failures.length} late events could not be counted`, {
    cause: first,
  });
}

function readRecord(record: LogRecord): LateEvent | UnreadableEvent {
  try {
    const event = lateEventRecorded.parse(record.payload, record.version);
    return {
      key: keyOf(event),
      version: event.eventVersion,
      causedBy: event.causedBy,
      effectiveDate: event.effectiveDate,
      recordedAtMs: record.recordedAtMs,
      correlationId: record.correlationId,
      causationId: `${record.topic}:${record.sequence}`,
      user: event.user,
    };
  } catch (error) {
    if (error instanceof UnreadableEvent) return error;
    throw error;
  }
}

function keyOf(event: LateEventRecorded): PositionKey {
  const { positionKey, bookId, accountId, contractId, instrumentId, symbol, currency } = event;
  return {
    text: positionKey,
    bookId,
    accountId,
    contractId,
    instrumentId,
    symbol,
    currency: currencyCode(currency),
    lane: 'NET',
  };
}
