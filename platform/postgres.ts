/** The connection pool of the runtime role, and the column types our tables share. */

import { bigint, customType } from 'drizzle-orm/pg-core';
import postgres, { type Sql } from 'postgres';
import { type Decimal, decimal, formatDecimal } from '#kernel/decimal';
import { type Backoff, backoffMs } from './backoff.ts';
import { withSafeTransactions } from './postgres-transactions.ts';

/** Neither owner nor superuser: cannot change tables, nor history. */
export const RUNTIME_ROLE = 'plumbline_app';

export interface PoolOptions {
  readonly url: string;
  readonly maxConnections: number;
  readonly applicationName: string;
  /** Statements running longer are cancelled by the server. */
  readonly statementTimeoutMs?: number;
}

const MS_PER_S = 1_000;
const IDLE_TIMEOUT_S = 60;
const CONNECT_TIMEOUT_S = 10;
const CLOSE_TIMEOUT_S = 1;
const DEFAULT_STATEMENT_TIMEOUT_MS = 30_000;
/**
 * Before a lost connection is opened again; up to half of it less. The driver's own pause triples
 * with each connection of the pool that fails: twenty of them once, and it is twenty seconds.
 */
const RECONNECT_PAUSE: Backoff = { firstMs: 200, maxMs: 200 };

/** None of our transactions waits for anything but the database. */
const IDLE_IN_TRANSACTION_LIMIT_MS = 30_000;
/**
 * The driver (postgres.js 3.4.9) holds small messages back to the end of its turn, and a connection
 * that is lost with one in hand never sends a small message again: each later attempt to open it
 * hangs. From 1 KiB on it sends at once, which sets it right; so the first message is that long.
 */
const STARTUP_FILLER = '.'.repeat(1_024);

/** `bigint` columns arrive as bigint, `date` as text; select a `timestamptz` as text or epoch. */
export function openPool(options: PoolOptions): Sql {
  const sql = withSafeTransactions(postgres(options.url, driverOptions(options)));
  return Object.assign(sql, { reserve: () => openSession(options) });
}

/**
 * A connection beside the pool, for what lasts as long as a session, such as an advisory lock. When
 * it is lost the next query opens another one, without the lock; the driver's own `reserve` ends
 * the process then, as its transactions do.
 */
async function openSession(options: PoolOptions) {
  const session = postgres(options.url, {
    ...driverOptions(options),
    max: 1,
    idle_timeout: undefined,
    max_lifetime: null,
  });
  await session`select 1`;
  return Object.assign(session, {
    release: () => void session.end({ timeout: CLOSE_TIMEOUT_S }).catch(() => undefined),
  });
}

function driverOptions(options: PoolOptions) {
  return {
    max: options.maxConnections,
    idle_timeout: IDLE_TIMEOUT_S,
    connect_timeout: CONNECT_TIMEOUT_S,
    backoff: () => backoffMs(1, RECONNECT_PAUSE) / MS_PER_S,
    onnotice: () => undefined,
    connection: {
      application_name: options.applicationName,
      role: RUNTIME_ROLE,
      statement_timeout: options.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_LIMIT_MS,
      'plumbline.filler': STARTUP_FILLER,
    },
    types: {
      bigint: postgres.BigInt,
      date: { to: 1082, from: [1082], serialize: String, parse: String },
    },
  };
}

/** Price, quantity, weight: a bigint of 1e-8 units. */
export const scaled = (name: string) => bigint(name, { mode: 'bigint' });

/** Money totals, beyond what a bigint holds: numeric with 8 places. */
export const decimalColumn = customType<{ data: Decimal; driverData: string }>({
  dataType: () => 'numeric(38, 8)',
  toDriver: (value) => formatDecimal(value),
  fromDriver: (value) => decimal(value),
});
