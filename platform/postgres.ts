/** The connection pool of the runtime role, and the column types our tables share. */

import { bigint, customType } from 'drizzle-orm/pg-core';
import postgres, { type Sql } from 'postgres';
import { type Decimal, decimal, formatDecimal } from '#kernel/decimal';

/** Neither owner nor superuser: cannot change tables, nor history. */
export const RUNTIME_ROLE = 'plumbline_app';

export interface PoolOptions {
  readonly url: string;
  readonly maxConnections: number;
  readonly applicationName: string;
  /** Statements running longer are cancelled by the server. */
  readonly statementTimeoutMs?: number;
}

const IDLE_TIMEOUT_S = 60;
const CONNECT_TIMEOUT_S = 10;
const DEFAULT_STATEMENT_TIMEOUT_MS = 30_000;

/** `bigint` columns arrive as bigint, `date` as text; select a `timestamptz` as text or epoch. */
export function openPool(options: PoolOptions): Sql {
  return postgres(options.url, {
    max: options.maxConnections,
    idle_timeout: IDLE_TIMEOUT_S,
    connect_timeout: CONNECT_TIMEOUT_S,
    onnotice: () => undefined,
    connection: {
      application_name: options.applicationName,
      role: RUNTIME_ROLE,
      statement_timeout: options.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS,
    },
    types: {
      bigint: postgres.BigInt,
      date: { to: 1082, from: [1082], serialize: String, parse: String },
    },
  });
}

/** Price, quantity, weight: a bigint of 1e-8 units. */
export const scaled = (name: string) => bigint(name, { mode: 'bigint' });

/** Money totals, beyond what a bigint holds: numeric with 8 places. */
export const decimalColumn = customType<{ data: Decimal; driverData: string }>({
  dataType: () => 'numeric(38, 8)',
  toDriver: (value) => formatDecimal(value),
  fromDriver: (value) => decimal(value),
});
