/** Opens everything the subgraphs are built from, choosing the adapters by configuration. */

import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { createInProcessBroadcast } from './broadcast/in-process-broadcast.ts';
import { createInProcessCache } from './cache/in-process-cache.ts';
import { systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { StartupError } from './errors.ts';
import { createPostgresEventLog } from './event-log/postgres-event-log.ts';
import { createPostgresLease } from './lease/postgres-lease.ts';
import type { Logger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { openPool } from './postgres.ts';
import type { PlatformParts } from './subgraph.ts';

export interface OpenPartsOptions {
  readonly config: Config;
  /** Migrated already. */
  readonly databaseUrl: string;
  readonly logger: Logger;
}

export type OpenedParts = PlatformParts & { close(): Promise<void> };

/** Throws StartupError with one sentence that says what to do when a server does not answer. */
export async function openParts(options: OpenPartsOptions): Promise<OpenedParts> {
  const { config, databaseUrl, logger } = options;
  const sql = openPool({
    url: databaseUrl,
    maxConnections: config.databasePoolSize,
    applicationName: 'plumbline',
  });
  await requireDatabase(sql, databaseUrl);
  const eventLog = createPostgresEventLog({ sql, url: databaseUrl, logger });
  const broadcast = createInProcessBroadcast({ logger });
  const cache = createInProcessCache();
  const lease = createPostgresLease({ sql, logger });
  return {
    config,
    sql,
    eventLog,
    broadcast,
    cache,
    lease,
    clock: systemClock,
    newId: randomUUID,
    logger,
    metrics: createMetrics(),
    async close() {
      await eventLog.close();
      await Promise.all([broadcast.close(), cache.close(), lease.close()]);
      await sql.end();
    },
  };
}

async function requireDatabase(sql: Sql, databaseUrl: string): Promise<void> {
  try {
    await sql`select from platform.outbox limit 1`;
  } catch (cause) {
    await sql.end({ timeout: 1 });
    throw new StartupError(
      `The database at ${addressOf(databaseUrl)} does not answer as it should ` +
        `(${shortly(cause)}): start it and migrate it, or set DATABASE_URL right.`,
      { cause },
    );
  }
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
