import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse, subscribe } from 'graphql';
import type { Role } from '#kernel/roles';
import { POSITION_CORRECTED_TOPIC, positionCorrected } from '#kernel/topics/position-corrected';
import { createInProcessBroadcast } from '#platform/broadcast/in-process-broadcast';
import { createInProcessCache } from '#platform/cache/in-process-cache';
import { fixedClock } from '#platform/clock';
import { createMemoryEventLog } from '#platform/event-log/memory-event-log';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import type { PlatformParts, Subgraph } from '#platform/subgraph';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { clientOf, identityOf, requestOf } from '../../../test/support/subgraph-client.ts';
import { buildRisk } from '../main.ts';

const READER: Role = 'risk_officer';

let database: TestDatabase;
let owner: Sql;
let sql: Sql;
let risk: Subgraph;
const eventLog = createMemoryEventLog();

beforeAll(async () => {
  database = await createTestDatabase();
  owner = postgres(database.ownerUrl, { max: 1, onnotice: () => undefined });
  // Tables to fill in place of the views: what the other rooms publish, without them.
  await owner.unsafe(`
    drop view published.positions, published.basket_constituents, published.instruments,
      published.last_prices cascade;
    create table published.positions (position_key text primary key, book_id text, account_id text,
      symbol text, currency text, quantity bigint, cost_basis numeric, realized_pnl numeric,
      reconciliation_status text);
    create table published.basket_constituents (code text, symbol text, units bigint);
    create table published.instruments
      (instrument_id text, symbol text, currency text, sector text, mic text);
    create table published.last_prices (symbol text, price bigint, quality text,
      event_time timestamptz);
    insert into published.instruments values ('ins_AAPL', 'AAPL', 'USD', 'Tech', 'XNAS'),
      ('ins_KO', 'KO', 'USD', 'Staples', 'XNYS');
    insert into published.last_prices values ('AAPL', 10000000000, 'GOOD', '2026-11-20T14:00Z'),
      ('KO', 5000000000, 'GOOD', '2026-11-20T14:00Z');
    insert into published.basket_constituents values ('BASKET', 'AAPL', 100000000);
    grant select on all tables in schema published to plumbline_app`);
  sql = openPool({ url: database.url, maxConnections: 4, applicationName: 'risk-test' });
  risk = buildRisk({
    sql,
    eventLog,
    cache: createInProcessCache(),
    broadcast: createInProcessBroadcast({ logger: silentLogger }),
    clock: fixedClock(Date.parse('2026-11-20T14:30:00Z')),
    logger: silentLogger,
  } as unknown as PlatformParts);
  await risk.start();
});
beforeEach(() => owner`truncate published.positions`);
afterAll(async () => {
  await risk.stop();
  await eventLog.close();
  await Promise.all([sql.end(), owner.end()]);
  await database.drop();
});

const hold = (accountId: string, symbol: string, units: number, status: string) => owner`
  insert into published.positions values (${`${accountId}|${symbol}`}, 'BOOK-1', ${accountId},
    ${symbol}, 'USD', ${units * 1e8}, ${units * 40}, 7, ${status})`;

const setStatus = (accountId: string, status: string) => owner`
  update published.positions set reconciliation_status = ${status}
  where account_id = ${accountId}`;

const FIGURES = `query ($of: PortfolioInput!) {
  portfolio(of: $of) {
    reconciliationStatus
    holdings { symbol reconciliationStatus }
    exposuresBySector { key reconciliationStatus }
  }
  valueAtRisk(of: $of) { reconciliationStatus }
}`;

const figuresOf = (of: object) => clientOf(risk, READER).data(FIGURES, { of });
const BOOK = { bookIds: ['BOOK-1'] };

describe('PS-6 the status of a position travels to what rests on it', () => {
  test('one provisional position makes the portfolio and its risk provisional', async () => {
    await hold('A', 'AAPL', 10, 'RECONCILED');
    await hold('B', 'AAPL', 10, 'PROVISIONAL');
    await hold('B', 'KO', 10, 'RECONCILED');
    expect(await figuresOf(BOOK)).toEqual({
      portfolio: {
        reconciliationStatus: 'PROVISIONAL',
        holdings: [
          { symbol: 'AAPL', reconciliationStatus: 'PROVISIONAL' },
          { symbol: 'KO', reconciliationStatus: 'RECONCILED' },
        ],
        exposuresBySector: [
          { key: 'Tech', reconciliationStatus: 'PROVISIONAL' },
          { key: 'Staples', reconciliationStatus: 'RECONCILED' },
        ],
      },
      valueAtRisk: { reconciliationStatus: 'PROVISIONAL' },
    });
    expect(await figuresOf({ accountIds: ['A'] })).toMatchObject({
      portfolio: { reconciliationStatus: 'RECONCILED' },
      valueAtRisk: { reconciliationStatus: 'RECONCILED' },
    });
  });

  test('pending is worse, and a closed position counts with its gain', async () => {
    await hold('A', 'AAPL', 10, 'PROVISIONAL');
    await hold('B', 'KO', 0, 'PENDING');
    expect(await figuresOf(BOOK)).toMatchObject({
      portfolio: {
        reconciliationStatus: 'PENDING',
        holdings: [{ symbol: 'AAPL', reconciliationStatus: 'PROVISIONAL' }],
      },
      valueAtRisk: { reconciliationStatus: 'PENDING' },
    });
  });

  test('what is made of no position is reconciled', async () => {
    await hold('A', 'AAPL', 10, 'PROVISIONAL');
    const holdings = [{ symbol: 'AAPL', quantity: '1' }];
    for (const portfolio of [{ basketCode: 'BASKET' }, { holdings }, { bookIds: ['EMPTY'] }]) {
      expect(await figuresOf(portfolio)).toMatchObject({
        portfolio: { reconciliationStatus: 'RECONCILED' },
        valueAtRisk: { reconciliationStatus: 'RECONCILED' },
      });
    }
  });

  test('a watcher of the portfolio hears of the correction', async () => {
    await hold('A', 'AAPL', 10, 'PROVISIONAL');
    const stream = await subscribe({
      schema: risk.schema,
      document: parse(`subscription { portfolioRisk(of: { bookIds: ["BOOK-1"] }) {
        reconciliationStatus
        portfolio { reconciliationStatus }
        valueAtRisk { reconciliationStatus }
      } }`),
      contextValue: risk.createContext(requestOf(identityOf([READER]))),
    });
    if (!(Symbol.asyncIterator in stream)) throw stream.errors?.[0] ?? new Error('no stream');
    const allOf = (status: string) => ({
      reconciliationStatus: status,
      portfolio: { reconciliationStatus: status },
      valueAtRisk: { reconciliationStatus: status },
    });
    const first = await stream.next();
    expect(first.value?.data?.portfolioRisk).toEqual(allOf('PROVISIONAL'));

    const second = stream.next();
    await setStatus('A', 'RECONCILED');
    await eventLog.append([
      {
        topic: POSITION_CORRECTED_TOPIC,
        key: 'BOOK-1|A|INS_AAPL|USD|-|NET',
        type: positionCorrected.name,
        version: positionCorrected.version,
        payload: null,
        correlationId: 'correlation',
        causationId: null,
      },
    ]);
    expect((await second).value?.data?.portfolioRisk).toEqual(allOf('RECONCILED'));
    await stream.return?.();
  });
});
