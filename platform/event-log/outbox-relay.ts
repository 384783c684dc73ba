/**
 * Copies the outbox to Redis streams, in order, one process at a time.
 *
 * Standing by: another process holds the lease. Relaying: reads below the watermark, adds to the
 * streams, then stores its cursor; after a crash in between it adds again and Redis refuses what it
 * has. Away: Redis or Postgres does not answer; waits and tries again, the cursor stays. Refilling:
 * Redis lost what was relayed (its own mark is missing or behind); starts over from there.
 */

import type { Sql } from 'postgres';
import { type Backoff, backoffMs, pause } from '#platform/backoff';
import type { Logger } from '#platform/logger';
import type { HeldLease, Lease, LogRecord } from '#platform/ports';
import { REDIS_PREFIX, type RedisConnections } from '#platform/redis';
import { isAfter, LOG_START, type LogPosition, positionOf } from './log-position.ts';
import { recordColumns, recordOf, type RecordRow } from './record-row.ts';
import {
  addEntry,
  execute,
  idOf,
  NEWS_CHANNEL,
  parseId,
  type StreamEntry,
  streamKey,
} from './redis-streams.ts';

export const RELAY_BATCH = 1_000;
/** Consumers do not need older ones in Redis: they find them in the outbox. */
export const MAX_REFILL_RECORDS = 100_000;
const BROKER = 'redis';
const LEASE_NAME = 'outbox-relay';
const LEASE_TTL_MS = 5_000;
const IDLE_POLL_MS = 1_000;
const SETTLING_POLL_FIRST_MS = 10;
const SETTLING_POLL_MAX_MS = 100;
const FAILURE_BACKOFF: Backoff = { firstMs: 50, maxMs: 2_000 };
/** How far the streams go; written with every batch, lost when Redis loses its data. */
const MARK_KEY = `${REDIS_PREFIX}:relayed`;

export interface OutboxRelayOptions {
  readonly sql: Sql;
  readonly redis: RedisConnections;
  readonly lease: Lease;
  readonly logger: Logger;
  readonly leaseTtlMs?: number;
  readonly onNews: (wake: () => void) => () => void;
  readonly onRelayed?: ((recordCount: number) => void) | undefined;
}

export class OutboxRelay {
  readonly #options: OutboxRelayOptions;
  readonly #stopping = new AbortController();
  readonly #endNews: () => void;
  readonly #loop: Promise<void>;
  /** The last position relayed of each stream that was met since the cursor was loaded. */
  readonly #lastByStream = new Map<string, LogPosition>();
  #cursor: LogPosition = LOG_START;
  #settlingPollMs = SETTLING_POLL_FIRST_MS;
  #wake: () => void = () => undefined;
  #hasNews = false;

  constructor(options: OutboxRelayOptions) {
    this.#options = options;
    this.#endNews = options.onNews(() => {
      this.#settlingPollMs = SETTLING_POLL_FIRST_MS;
      this.#nudge();
    });
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#endNews();
    this.#nudge();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { lease, logger, leaseTtlMs = LEASE_TTL_MS } = this.#options;
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted;) {
      let held: HeldLease | undefined;
      try {
        held = await lease.tryAcquire(LEASE_NAME, { ttlMs: leaseTtlMs });
        if (held) await this.#relayWhileHeld(held);
        else await pause(Math.min(IDLE_POLL_MS, leaseTtlMs / 3), signal);
        failures = 0;
      } catch (error) {
        failures += 1;
        logger.warn({ err: error }, 'the relay broke off, will try again');
        await pause(backoffMs(failures, FAILURE_BACKOFF), signal);
      } finally {
        await held?.release().catch(() => undefined);
      }
    }
  }

  async #relayWhileHeld({ lost }: HeldLease): Promise<void> {
    await this.#loadCursor();
    for (let failures = 0; !lost.aborted && !this.#stopping.signal.aborted;) {
      this.#hasNews = false;
      let waitMs: number;
      try {
        await this.#refillWhatRedisLost();
        waitMs = await this.#relayBatch();
        failures = 0;
      } catch (error) {
        failures += 1;
        this.#options.logger.warn({ err: error }, 'could not relay, will try again');
        waitMs = backoffMs(failures, FAILURE_BACKOFF);
      }
      if (waitMs > 0 && !this.#hasNews) await this.#sleep(waitMs);
    }
  }

  /** Answers how long to wait before the next one. */
  async #relayBatch(): Promise<number> {
    const { sql, redis, onRelayed } = this.#options;
    const records = await this.#readBatch();
    const last = records.at(-1);
    if (!last) return this.#idlePollMs();
    const entries = await this.#chained(records);
    const pipeline = redis.commands.pipeline();
    for (const entry of entries) addEntry(pipeline, entry);
    const cursor = positionOf(last.sequence);
    pipeline.set(MARK_KEY, idOf(cursor));
    pipeline.publish(NEWS_CHANNEL, [...new Set(records.map(({ topic }) => topic))].join(' '));
    await execute(pipeline);
    await sql`
      update platform.relay_cursor
      set xid = ${String(cursor.xid)}::text::xid8, id = ${String(cursor.id)}::text::bigint
      where broker = ${BROKER}`;
    this.#cursor = cursor;
    for (const { topic, partition, sequence } of records) {
      this.#lastByStream.set(streamKey(topic, partition), positionOf(sequence));
    }
    onRelayed?.(records.length);
    return 0;
  }

  async #readBatch(): Promise<readonly LogRecord[]> {
    const { sql } = this.#options;
    const { xid, id } = this.#cursor;
    const rows = await sql<RecordRow[]>`
      select ${recordColumns(sql)} from platform.outbox o
      where (o.xid, o.id) > (${String(xid)}::text::xid8, ${String(id)}::text::bigint)
        and o.xid < pg_snapshot_xmin(pg_current_snapshot())
      order by o.xid, o.id
      limit ${RELAY_BATCH}`;
    return rows.map(recordOf);
  }

  /** Gives every record the position before it in its stream. */
  async #chained(records: readonly LogRecord[]): Promise<readonly StreamEntry[]> {
    await this.#findLastOfNewStreams(records);
    const last = new Map(this.#lastByStream);
    return records.map((record) => {
      const key = streamKey(record.topic, record.partition);
      const previous = last.get(key) ?? LOG_START;
      last.set(key, positionOf(record.sequence));
      return { record, previous };
    });
  }

  async #findLastOfNewStreams(records: readonly LogRecord[]): Promise<void> {
    const { sql } = this.#options;
    const unmet = new Map(
      records
        .map(({ topic, partition }) => [streamKey(topic, partition), { topic, partition }] as const)
        .filter(([key]) => !this.#lastByStream.has(key)),
    );
    if (unmet.size === 0) return;
    const streams = [...unmet.values()];
    const { xid, id } = this.#cursor;
    const rows = await sql<{ topic: string; partition: number; xid: string; id: string }[]>`
      select s.topic, s.partition, r.xid::text as xid, r.id::text as id
      from unnest(
          ${streams.map(({ topic }) => topic)}::text[],
          ${streams.map(({ partition }) => String(partition))}::text[]::smallint[])
          as s(topic, partition)
        cross join lateral (
          select o.xid, o.id from platform.outbox o
          where o.topic = s.topic and o.partition = s.partition
            and (o.xid, o.id) <= (${String(xid)}::text::xid8, ${String(id)}::text::bigint)
          order by o.xid desc, o.id desc
          limit 1) r`;
    for (const row of rows) {
      const position = { xid: BigInt(row.xid), id: BigInt(row.id) };
      this.#lastByStream.set(streamKey(row.topic, row.partition), position);
    }
  }

  async #refillWhatRedisLost(): Promise<void> {
    const { redis, sql, logger } = this.#options;
    if (!isAfter(this.#cursor, LOG_START)) return;
    const mark = await redis.commands.get(MARK_KEY);
    const reached = mark === null ? LOG_START : parseId(mark);
    if (!isAfter(this.#cursor, reached)) return;
    const { xid, id } = this.#cursor;
    const [oldest] = await sql<{ xid: string; id: string }[]>`
      select xid::text as xid, id::text as id from platform.outbox
      where (xid, id) <= (${String(xid)}::text::xid8, ${String(id)}::text::bigint)
      order by outbox.xid desc, outbox.id desc
      offset ${MAX_REFILL_RECORDS} limit 1`;
    const limit = oldest ? { xid: BigInt(oldest.xid), id: BigInt(oldest.id) } : LOG_START;
    this.#cursor = isAfter(limit, reached) ? limit : reached;
    this.#lastByStream.clear();
    logger.warn({ from: idOf(this.#cursor) }, 'Redis lost relayed records, refilling');
  }

  async #loadCursor(): Promise<void> {
    const { sql } = this.#options;
    await sql`
      insert into platform.relay_cursor (broker, xid, id) values (${BROKER}, '0', 0)
      on conflict do nothing`;
    const [row] = await sql<{ xid: string; id: string }[]>`
      select xid::text as xid, id::text as id from platform.relay_cursor
      where broker = ${BROKER}`;
    this.#cursor = row ? { xid: BigInt(row.xid), id: BigInt(row.id) } : LOG_START;
    this.#lastByStream.clear();
  }

  /** Short while records wait for an older transaction, which sends no notification of its own. */
  async #idlePollMs(): Promise<number> {
    const { sql } = this.#options;
    const { xid, id } = this.#cursor;
    const [row] = await sql<{ found: boolean }[]>`
      select exists (
        select from platform.outbox
        where (xid, id) > (${String(xid)}::text::xid8, ${String(id)}::text::bigint)) as found`;
    if (row?.found !== true) return IDLE_POLL_MS;
    const pollMs = this.#settlingPollMs;
    this.#settlingPollMs = Math.min(pollMs * 2, SETTLING_POLL_MAX_MS);
    return pollMs;
  }

  #nudge(): void {
    this.#hasNews = true;
    this.#wake();
  }

  async #sleep(ms: number): Promise<void> {
    const awake = new AbortController();
    this.#wake = () => {
      awake.abort();
    };
    await pause(ms, awake.signal);
  }
}
