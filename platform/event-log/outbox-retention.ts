/** Deletes outbox rows that are old and that every group has passed, a batch at a time. */

import type { Sql } from 'postgres';
import { pause } from '#platform/backoff';
import type { Logger } from '#platform/logger';
import type { Lease } from '#platform/ports';

/** So far back a stream can be resumed and a new group can begin. */
export const OUTBOX_KEPT_MS = 7 * 24 * 3_600_000;
/** Short transactions: a long one would hold every consumer back. */
export const RETENTION_BATCH = 5_000;
const RETENTION_EVERY_MS = 10 * 60_000;
const BETWEEN_BATCHES_MS = 100;
const LEASE_NAME = 'outbox-retention';
const LEASE_TTL_MS = 30_000;

export interface OutboxRetentionOptions {
  readonly sql: Sql;
  /** One process at a time. */
  readonly lease: Lease;
  readonly logger: Logger;
  readonly everyMs?: number;
}

export class OutboxRetention {
  readonly #options: OutboxRetentionOptions;
  readonly #stopping = new AbortController();
  readonly #loop: Promise<void>;

  constructor(options: OutboxRetentionOptions) {
    this.#options = options;
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { logger, everyMs = RETENTION_EVERY_MS } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await pause(everyMs, signal);
      if (signal.aborted) return;
      try {
        await this.#deleteAll();
      } catch (error) {
        logger.warn({ err: error }, 'could not delete old outbox rows, will try again');
      }
    }
  }

  async #deleteAll(): Promise<void> {
    const { sql, lease, logger } = this.#options;
    const { signal } = this.#stopping;
    const held = await lease.tryAcquire(LEASE_NAME, { ttlMs: LEASE_TTL_MS });
    if (!held) return;
    let deletedCount = 0;
    try {
      for (let last = RETENTION_BATCH; last === RETENTION_BATCH && !signal.aborted;) {
        last = await deletePassedRecords(sql, { keptMs: OUTBOX_KEPT_MS, batch: RETENTION_BATCH });
        deletedCount += last;
        await pause(BETWEEN_BATCHES_MS, signal);
      }
    } finally {
      await held.release();
    }
    if (deletedCount > 0) logger.info({ deletedCount }, 'deleted old outbox rows');
  }
}

/**
 * Deletes at most `batch` rows older than `keptMs` that no group still has to read; a topic without
 * a group goes by age alone. Answers how many.
 *
 * A group that is given up for good holds its topic's rows back until its offsets are deleted.
 */
export async function deletePassedRecords(
  sql: Sql,
  { keptMs, batch }: { readonly keptMs: number; readonly batch: number },
): Promise<number> {
  // The first row that is young enough ends the search: the index leads from the oldest on.
  const result = await sql`
    with young as materialized (
      select xid, id from platform.outbox
      where recorded_at >= clock_timestamp() - ${keptMs}::float8 * interval '1 millisecond'
      order by xid, id
      limit 1)
    delete from platform.outbox where (xid, id) in (
      select o.xid, o.id from platform.outbox o
      where o.recorded_at < clock_timestamp() - ${keptMs}::float8 * interval '1 millisecond'
        and o.xid <= coalesce((select xid from young), o.xid)
        and not exists (
          select from platform.consumer_offset c
          where c.topic = o.topic and c.partition = o.partition and (c.xid, c.id) < (o.xid, o.id))
      order by o.xid, o.id
      limit ${batch})`;
  return result.count;
}
