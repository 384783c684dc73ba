/** What operators watch of topics and channels: how far consumers are behind, what was given up. */

import type { Sql } from 'postgres';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Logger } from './logger.ts';

/** Per group and partition; a lag beyond is told as this. */
const MAX_COUNTED_PER_PARTITION = 10_000;

export interface MessagingMetrics {
  readonly onRelayed: (recordCount: number) => void;
  readonly onGap: () => void;
  readonly onDropped: (messageCount: number) => void;
}

interface GroupRow {
  readonly topic: string;
  readonly group: string;
  readonly waiting: number;
  readonly oldestSeconds: number;
  readonly deadLetters: number;
}

export function createMessagingMetrics({
  registry,
  sql,
  logger,
}: {
  readonly registry: Registry;
  readonly sql: Sql;
  readonly logger: Logger;
}): MessagingMetrics {
  registerGroupGauges(registry, () =>
    readGroups(sql).catch((error: unknown) => {
      logger.warn({ err: error }, 'could not measure the consumer groups');
      return [];
    }),
  );
  const counter = (name: string, help: string) =>
    new Counter({ name, help, registers: [registry] });
  const relayed = counter(
    'plumbline_outbox_relayed_records_total',
    'Outbox records copied to Redis by this process',
  );
  const gaps = counter(
    'plumbline_event_log_outbox_reads_total',
    'Reads from the outbox because a Redis stream had a gap or Redis was away',
  );
  const dropped = counter(
    'plumbline_broadcast_dropped_messages_total',
    'Broadcast messages that other processes did not get because Redis was away or slow',
  );
  return {
    onRelayed: (recordCount) => relayed.inc(recordCount),
    onGap: () => gaps.inc(),
    onDropped: (messageCount) => dropped.inc(messageCount),
  };
}

function registerGroupGauges(registry: Registry, read: () => Promise<readonly GroupRow[]>): void {
  let reading: Promise<readonly GroupRow[]> | undefined;
  /** The gauges of one scrape are collected together: one query serves them all. */
  const readOnce = (): Promise<readonly GroupRow[]> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const gauge = (name: string, help: string, valueOf: (row: GroupRow) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['topic', 'group'],
      registers: [registry],
      async collect() {
        const groups = await readOnce();
        this.reset();
        for (const row of groups) this.set({ topic: row.topic, group: row.group }, valueOf(row));
      },
    });
  gauge(
    'plumbline_event_log_lag_records',
    'Records committed to a topic and not yet acknowledged by a consumer group',
    ({ waiting }) => waiting,
  );
  gauge(
    'plumbline_event_log_oldest_waiting_seconds',
    'Age of the oldest record a consumer group has not acknowledged, 0 without one',
    ({ oldestSeconds }) => oldestSeconds,
  );
  gauge(
    'plumbline_event_log_dead_letters',
    'Records a consumer group could not handle, waiting for a retry',
    ({ deadLetters }) => deadLetters,
  );
}

async function readGroups(sql: Sql): Promise<readonly GroupRow[]> {
  return sql<GroupRow[]>`
    select c.topic, c.consumer_group as group, sum(r.waiting)::float8 as waiting,
      coalesce(extract(epoch from clock_timestamp() - min(r.oldest)), 0)::float8 as "oldestSeconds",
      (select count(*) from platform.dead_letter d
        where d.topic = c.topic and d.consumer_group = c.consumer_group)::float8 as "deadLetters"
    from platform.consumer_offset c
      cross join lateral (
        select count(*) as waiting, min(recorded_at) as oldest from (
          select recorded_at from platform.outbox o
          where o.topic = c.topic and o.partition = c.partition and (o.xid, o.id) > (c.xid, c.id)
          limit ${MAX_COUNTED_PER_PARTITION}) counted) r
    group by c.topic, c.consumer_group`;
}
