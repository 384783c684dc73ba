/** A positions subgraph's record path and cold path in one process, as production has them. */

import { Registry } from 'prom-client';
import { addDays, type BusinessDate, businessDate } from '#kernel/business-date';
import { type Decimal, decimal } from '#kernel/decimal';
import { positionCorrected, type PositionWasCorrected } from '#kernel/topics/position-corrected';
import { pause } from '#platform/backoff';
import { systemClock } from '#platform/clock';
import { createPostgresEventLog } from '#platform/event-log/postgres-event-log';
import { createTopicTail } from '#platform/event-log/topic-tail';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { buildRecording } from '../../subgraphs/positions/main.ts';
import { createWaitingPositions } from '../../subgraphs/positions/store/waiting-positions.ts';
import type { SentTrade } from '../../subgraphs/positions/use-cases/record-trades.ts';
import { createColdPath } from '../../subgraphs/positions/workers/cold-path.ts';

/** As the platform opens it. */
const POOL_SIZE = 20;
const FIRST_DAY = businessDate('2016-01-04');
/** So that 10,000 trades lie in about nine years. */
const TRADES_PER_DAY = 3;
const TRADES_PER_REQUEST = 1_000;

export type ColdWorld = Awaited<ReturnType<typeof openColdWorld>>;

export async function openColdWorld(url: string) {
  const sql = openPool({ url, maxConnections: POOL_SIZE, applicationName: 'plumbline-bench' });
  await sql`
    insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
    values ('ins_AAPL', 'AAPL', 'Apple', 'EQUITY', 'USD')`;
  const eventLog = createPostgresEventLog({ sql, url, logger: silentLogger });
  const recording = buildRecording({
    sql,
    databaseUrl: url,
    clock: systemClock,
    logger: silentLogger,
  });
  const coldPath = createColdPath({
    eventLog,
    databaseUrl: url,
    writers: recording.deps.writers,
    contracts: recording.deps.contracts,
    waiting: createWaitingPositions(sql),
    clock: systemClock,
    logger: silentLogger,
    metrics: new Registry(),
  });
  const tail = createTopicTail({
    eventLog,
    eventType: positionCorrected,
    logger: silentLogger,
    pause,
  });
  await coldPath.start();

  return {
    sql,
    recording,

    async record(trades: readonly SentTrade[]): Promise<void> {
      for (let from = 0; from < trades.length; from += TRADES_PER_REQUEST) {
        const page = trades.slice(from, from + TRADES_PER_REQUEST);
        for (const result of await recording.recordTrades(page)) {
          if (result.type !== 'RECORDED') throw new Error(JSON.stringify(result));
        }
      }
    },

    /** What a subscriber sees of one account from now on. */
    async corrections(accountId: string) {
      const stream = await tail.follow({
        after: null,
        wants: (corrected) => corrected.accountId === accountId,
      });
      return {
        async next(): Promise<PositionWasCorrected> {
          const { value, done } = await stream.next();
          if (done === true) throw new Error('the stream of corrections ended');
          return value.event;
        },
        async end(): Promise<void> {
          await stream.return?.();
        },
      };
    },

    async close(): Promise<void> {
      await tail.close();
      await coldPath.stop();
      await recording.stop();
      await eventLog.close();
      await sql.end();
    },
  };
}

export const coldKeyOf = (accountId: string) => `COLD|${accountId}|INS_AAPL|USD|-|NET`;

export function coldTrade(
  accountId: string,
  tradeId: string,
  terms: {
    readonly side: 'BUY' | 'SELL';
    readonly quantity: Decimal;
    readonly price: Decimal;
    readonly effectiveDate: BusinessDate;
  },
): SentTrade {
  return {
    request: {
      tradeId: `${accountId}-${tradeId}`,
      bookId: 'COLD',
      accountId,
      symbol: 'AAPL',
      currency: null,
      fees: decimal('1.25'),
      executedAtMs: null,
      contractId: null,
      clOrdId: null,
      electedLots: null,
      overrideReason: null,
      ...terms,
    },
    origin: { source: 'bench', user: 'bench', correlationId: 'bench', causationId: null },
  };
}

/** Two purchases, then a sale of half as much as both: lots come and go, and slowly grow. */
export function historyOf(accountId: string, count: number): readonly SentTrade[] {
  return Array.from({ length: count }, (_, index) =>
    coldTrade(accountId, `T${index}`, {
      side: index % 3 === 2 ? 'SELL' : 'BUY',
      quantity: decimal(index % 3 === 2 ? '199' : '100'),
      price: decimal(`${100 + (index % 89)}.${10 + (index % 83)}`),
      effectiveDate: dayOf(index),
    }),
  );
}

export function dayOf(index: number): BusinessDate {
  return addDays(FIRST_DAY, Math.floor(index / TRADES_PER_DAY));
}
