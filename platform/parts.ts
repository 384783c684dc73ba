/** Opens everything the subgraphs are built from, choosing the adapters by configuration. */

import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import type { Registry } from 'prom-client';
import { createInProcessBroadcast } from './broadcast/in-process-broadcast.ts';
import { RedisBroadcast } from './broadcast/redis-broadcast.ts';
import { createInProcessCache } from './cache/in-process-cache.ts';
import { createRedisCache } from './cache/redis-cache.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { StartupError } from './errors.ts';
import { OutboxRetention } from './event-log/outbox-retention.ts';
import { createPostgresEventLog } from './event-log/postgres-event-log.ts';
import { createRedisEventLog } from './event-log/redis-event-log.ts';
import { createPostgresLease } from './lease/postgres-lease.ts';
import type { Logger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { createMessagingMetrics, type MessagingMetrics } from './messaging-metrics.ts';
import type { Broadcast, Cache, EventLog, Lease } from './ports.ts';
import { openPool } from './postgres.ts';
import { createRateLimiter, type RateLimiter } from './rate-limit/rate-limiter.ts';
import { redisSpending } from './rate-limit/redis-spending.ts';
import { connectRedis } from './redis.ts';
import type { PlatformParts } from './subgraph.ts';

/** For statements still running; then their connections are cut. */
const CLOSE_TIMEOUT_S = 5;

export interface OpenPartsOptions {
  readonly config: Config;
  /** Migrated already. */
  readonly databaseUrl: string;
  readonly logger: Logger;
}

export interface OpenedParts extends PlatformParts {
  /** Shared by all processes on one Redis. */
  readonly rateLimiter: RateLimiter;
  close(): Promise<void>;
}

/** Throws StartupError with one sentence that says what to do when a server does not answer. */
export async function openParts(options: OpenPartsOptions): Promise<OpenedParts> {
  const { config, databaseUrl, logger } = options;
  const sql = openPool({
    url: databaseUrl,
    maxConnections: config.databasePoolSize,
    applicationName: 'plumbline',
  });
  try {
    await requireDatabase(sql, databaseUrl);
    // In Postgres also with Redis: there a lease cannot be lost with the data of a cache.
    const lease = createPostgresLease({ sql, logger });
    const metrics = createMetrics();
    const messaging = await openMessaging({ ...options, sql, lease, metrics });
    const retention = new OutboxRetention({ sql, lease, logger });
    const { eventLog, broadcast, cache, rateLimiter } = messaging;
    const parts = { config, sql, databaseUrl, eventLog, broadcast, cache, lease, logger, metrics };
    return {
      ...parts,
      rateLimiter,
      clock: systemClock,
      newId: randomUUID,
      async close() {
        await retention.stop();
        await messaging.close();
        await lease.close();
        await sql.end({ timeout: CLOSE_TIMEOUT_S });
      },
    };
  } catch (error) {
    await sql.end({ timeout: 1 });
    throw error;
  }
}

interface Messaging {
  readonly eventLog: EventLog;
  readonly broadcast: Broadcast;
  readonly cache: Cache;
  readonly rateLimiter: RateLimiter;
  close(): Promise<void>;
}

interface MessagingOptions extends OpenPartsOptions {
  readonly sql: Sql;
  readonly lease: Lease;
  readonly metrics: Registry;
}

async function openMessaging(options: MessagingOptions): Promise<Messaging> {
  const { config, metrics, sql, logger } = options;
  const counters = createMessagingMetrics({ registry: metrics, sql, logger });
  return config.redisUrl === undefined
    ? openInProcessMessaging(options)
    : openRedisMessaging(config.redisUrl, options, counters);
}

function openInProcessMessaging({ sql, databaseUrl, logger }: MessagingOptions): Messaging {
  const eventLog = createPostgresEventLog({ sql, url: databaseUrl, logger });
  const broadcast = createInProcessBroadcast({ logger });
  const cache = createInProcessCache();
  return {
    eventLog,
    broadcast,
    cache,
    rateLimiter: createRateLimiter({ clock: systemClock }),
    async close() {
      await eventLog.close();
      await Promise.all([broadcast.close(), cache.close()]);
    },
  };
}

async function openRedisMessaging(
  redisUrl: string,
  { sql, databaseUrl, lease, logger }: MessagingOptions,
  counters: MessagingMetrics,
): Promise<Messaging> {
  const redis = await connectRedis({ url: redisUrl, logger });
  const { onRelayed, onGap, onDropped } = counters;
  const log = { sql, url: databaseUrl, logger, redis, lease, onRelayed, onGap };
  const eventLog = createRedisEventLog(log);
  const broadcast = new RedisBroadcast({ redis, logger, onDropped });
  const cache = createRedisCache({ redis, logger });
  const rateLimiter = createRateLimiter({ clock: systemClock, share: redisSpending(redis) });
  return {
    eventLog,
    broadcast,
    cache,
    rateLimiter,
    async close() {
      rateLimiter.close();
      await eventLog.close();
      await Promise.all([broadcast.close(), cache.close()]);
      await redis.close();
    },
  };
}

async function requireDatabase(sql: Sql, databaseUrl: string): Promise<void> {
  try {
    const [row] = await sql<{ isAhead: boolean }[]>`
      select xid >= pg_snapshot_xmax(pg_current_snapshot()) as "isAhead"
      from platform.outbox order by xid desc limit 1`;
    if (row?.isAhead !== true) return;
  } catch (cause) {
    throw new StartupError(
      `The database at ${addressOf(databaseUrl)} does not answer as it should ` +
        `(${shortly(cause)}): start it and migrate it, or set DATABASE_URL right.`,
      { cause },
    );
  }
  // Written by another server, as after restoring a dump: consumers would wait for its numbers.
  throw new StartupError(
    `The outbox in ${addressOf(databaseUrl)} holds transaction numbers this server has not ` +
      'reached (restored from a dump?): empty platform.outbox, platform.consumer_offset and ' +
      'platform.relay_cursor, then start again.',
  );
}

/** Host, port and name: never the password. */
function addressOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
}

function shortly(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown reason';
  return cause.message === '' && 'code' in cause ? String(cause.code) : cause.message;
}
