/** The positions subgraph on a test database, with the in-process adapters, and trades for it. */

import { Registry } from 'prom-client';
import type { Sql } from 'postgres';
import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { createInProcessBroadcast } from '#platform/broadcast/in-process-broadcast';
import { createInProcessCache } from '#platform/cache/in-process-cache';
import { fixedClock } from '#platform/clock';
import { readConfig } from '#platform/config';
import { createPostgresEventLog } from '#platform/event-log/postgres-event-log';
import { createPostgresLease } from '#platform/lease/postgres-lease';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import type { TradeRequest } from '../../subgraphs/positions/domain/trade.ts';
import { buildPositions, buildRecording } from '../../subgraphs/positions/main.ts';
import type { SentTrade } from '../../subgraphs/positions/use-cases/record-trades.ts';
import { createPositionRepository } from '../../subgraphs/positions/store/positions.ts';

export const testClock = fixedClock(Date.parse('2026-11-20T14:30:00Z'));

const POOL_SIZE = 10;

export type PositionsOnTest = Awaited<ReturnType<typeof startPositions>>;

/** Knows the instruments AAPL and MSFT in USD and SAP in EUR. `env` as in the environment. */
export async function startPositions(url: string, env: Readonly<Record<string, string>> = {}) {
  const sql = openPool({ url, maxConnections: POOL_SIZE, applicationName: 'positions-test' });
  await addInstruments(sql);
  const eventLog = createPostgresEventLog({ sql, url, logger: silentLogger });
  const lease = createPostgresLease({ sql, logger: silentLogger });
  const cache = createInProcessCache();
  const subgraph = buildPositions({
    config: readConfig(env),
    sql,
    databaseUrl: url,
    eventLog,
    cache,
    broadcast: createInProcessBroadcast({ logger: silentLogger }),
    lease,
    clock: testClock,
    newId: () => 'not used',
    logger: silentLogger,
    metrics: new Registry(),
  });
  await subgraph.start();
  return {
    sql,
    eventLog,
    cache,
    subgraph,
    async stop() {
      await subgraph.stop();
      await eventLog.close();
      await lease.close();
      await sql.end();
    },
  };
}

export async function addInstruments(sql: Sql): Promise<void> {
  await sql`
    insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
    values ('ins_AAPL', 'AAPL', 'Apple', 'EQUITY', 'USD'),
      ('ins_MSFT', 'MSFT', 'Microsoft', 'EQUITY', 'USD'),
      ('ins_SAP', 'SAP', 'SAP', 'EQUITY', 'EUR')
    on conflict do nothing`;
}

/** The record path alone, as one process of several has it. */
export function recordingOn(sql: Sql) {
  return buildRecording({ sql, clock: testClock, logger: silentLogger });
}

/** A purchase of 100 AAPL at 10 in BOOK-1, today, changed as given. */
export function sentTrade(
  changes: Partial<TradeRequest> & { readonly accountId: string },
): SentTrade {
  return {
    request: {
      tradeId: `${changes.accountId}-T1`,
      bookId: 'BOOK-1',
      symbol: 'AAPL',
      side: 'BUY',
      quantity: decimal('100'),
      price: decimal('10'),
      currency: null,
      fees: null,
      effectiveDate: businessDate('2026-11-20'),
      executedAtMs: null,
      contractId: null,
      clOrdId: null,
      ...changes,
    },
    origin: {
      source: 'graphql',
      user: 'trader',
      correlationId: 'correlation-1',
      causationId: null,
    },
  };
}

export const aaplKeyOf = (accountId: string) => `BOOK-1|${accountId}|INS_AAPL|USD|-|NET`;

/** Version, and quantity / cost basis / realized P&L, of an account's AAPL in BOOK-1. */
export async function figuresOf(sql: Sql, accountId: string) {
  const key = aaplKeyOf(accountId);
  const summary = (await createPositionRepository(sql).byKeys([key])).get(key);
  if (summary === undefined) return undefined;
  const { version, quantity, costBasis, realizedPnl } = summary.figures;
  return { version, figures: [quantity, costBasis, realizedPnl].map(formatDecimal).join(' / ') };
}

export function storedEventsOf(sql: Sql, accountId: string) {
  return sql<{ event_ver: number; trade_id: string }[]>`
    select event_ver, trade_id from positions.event_store
    where position_key = ${aaplKeyOf(accountId)} order by event_ver`;
}
