import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Sql } from 'postgres';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tradeRefused } from '#kernel/topics/trade-refused';
import { tradeSubmitted } from '#kernel/topics/trade-events';
import { tradeApplied } from '#kernel/topics/trade-applied';
import { type Clock, fixedClock, systemClock } from '#platform/clock';
import { readConfig } from '#platform/config';
import { appendToOutbox } from '#platform/outbox';
import type { JsonValue } from '#platform/ports';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { readTopic } from '../../../test/support/read-topic.ts';
import { clientOf, identityOf, requestOf } from '../../../test/support/subgraph-client.ts';
import { ordersClient, type OrdersClient } from '../graphql/orders-test-client.ts';
import { createPublishedTables } from '../store/published-test-tables.ts';
import { openOrders, type OrdersPlatform } from './orders-test-support.ts';

const FILLING_PROCESS = fileURLToPath(new URL('./filling-process.ts', import.meta.url));
/** A dead process's lease is free after 3 s at most. */
const LONG_TEST_MS = 30_000;

let database: TestDatabase;
let owner: Sql;
let platform: OrdersPlatform;
let me: OrdersClient;
let child: ChildProcess | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
  owner = await createPublishedTables(database.ownerUrl);
  await reopen();
});
afterEach(async () => {
  child?.kill('SIGKILL');
  child = undefined;
  await platform.close();
  await owner.end();
  await database.drop();
});

const open = (clock: Clock = systemClock) =>
  openOrders({ url: database.url, config: readConfig({}), clock });

function clientAt(at: OrdersPlatform): OrdersClient {
  return ordersClient({
    platform: at,
    asks: clientOf(at.subgraph, 'trader'),
    request: requestOf(identityOf(['viewer'])),
    accountId: 'ACC-1',
  });
}

async function reopen(clock?: Clock): Promise<void> {
  platform = await open(clock);
  me = clientAt(platform);
}

describe('OR-3 orders outlive the process', () => {
  test('an open order goes on after a restart', async () => {
    await me.deposit('20000');
    await me.place({ price: '90' });
    await platform.close();
    await reopen();
    await platform.tick('AAPL', '89');
    // It is taken up in the background: the tick may be heard before or come from the cache.
    expect((await me.untilStatus('FILLED')).at(-1)).toMatchObject({ lastPx: '89' });
  });

  test('an order kept but never handed to the broker is handed over', async () => {
    await me.deposit('20000');
    await me.place({ price: '90' });
    await platform.close();
    await owner`delete from orders.event_store where event_type = 'OrderAcknowledged'`;
    await owner`update orders.order_snapshot set version = 1, ord_status = 'PENDING_NEW'`;
    await reopen();
    await platform.tick('AAPL', '89');
    const updates = await me.untilStatus('FILLED');
    expect(updates.map(({ execType }) => execType)).toContain('TRADE');
  });

  test.each([
    ['CANCELED', 'PENDING_CANCEL', 'CancelRequested', {}],
    [
      'NEW',
      'PENDING_REPLACE',
      'ReplaceRequested',
      { terms: { orderQty: '70', price: '80', protectionPx: '80' } },
    ],
  ])('a request cut short is answered: %s', async (expected, pending, eventType, payload) => {
    await me.deposit('20000');
    await me.place({ price: '90' });
    await platform.close();
    await owner`insert into orders.event_store (stream_id, stream_version, event_type,
      schema_version, payload, correlation_id, user_id)
      select 'order:' || order_id, 3, ${eventType}, 1, ${JSON.stringify(payload)}::text::jsonb,
      'c', 'trader' from orders.order_snapshot`;
    await owner`update orders.order_snapshot set version = 3, ord_status = ${pending}`;
    await reopen();
    const answered = expected === 'NEW' ? 'REPLACED' : 'CANCELED';
    await me.until(({ execType }) => execType === answered);
    expect(await me.order()).toMatchObject({ ordStatus: expected });
    const reserved = expected === 'NEW' ? '5600' : '0';
    expect(await me.cash()).toMatchObject([{ reserved }]);
  });

  test('a DAY order ends with its day and gives its cash back', async () => {
    await platform.close();
    const clock = fixedClock(Date.parse('2026-11-20T14:30:00Z'));
    await reopen(clock);
    await me.deposit('20000');
    await me.place({ price: '90' });
    clock.advance(86_400_000);
    await me.untilStatus('EXPIRED');
    expect(await me.cash()).toMatchObject([{ balance: '20000', reserved: '0' }]);
  });

  test('of two processes one fills, whichever took the order', async () => {
    const second = await open();
    const other = clientAt(second);
    await other.deposit('20000');
    await other.place({ price: '90' });
    // Only the first process, which holds the lease, hears a tick.
    await platform.tick('AAPL', '89');
    expect((await other.untilStatus('FILLED')).at(-1)).toMatchObject({ lastQty: '100' });
    await second.close();
  });
});

describe('OR-6 kill -9 in the middle of the fills', () => {
  test('nothing is lost and nothing counted twice', { timeout: LONG_TEST_MS }, async () => {
    await me.deposit('20000');
    await me.place({ price: '99.1', orderQty: '200' });
    await platform.close();

    child = fillInProcess();
    await until(async () => (await executionCount()) >= 40);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const before = await executionCount();
    expect(before).toBeLessThan(200);

    await reopen();
    await until(async () => {
      await platform.tick('AAPL', '99', { bid: '98.9', ask: '99.1', size: '50' });
      return (await me.order())['ordStatus'] === 'FILLED';
    });

    expect(await me.order()).toMatchObject({ cumQty: '200', leavesQty: '0', avgPx: '99.1' });
    expect(await me.cash()).toMatchObject([{ balance: '180', reserved: '0' }]);
    const executions = await owner`select execution_no, last_qty from orders.execution
      order by execution_no`;
    expect(executions.map((row) => row['execution_no'])).toEqual(
      executions.map((_row, index) => index + 1),
    );
    const records = await readTopic(
      platform.parts.eventLog,
      tradeSubmitted.topic,
      ({ length }) => length >= executions.length,
    );
    const trades = records.map((each) => tradeSubmitted.parse(each.payload, each.version));
    expect(new Set(trades.map(({ tradeId }) => tradeId)).size).toBe(executions.length);
    expect(trades.reduce((sum, { quantity }) => sum + quantity, 0n)).toBe(200n * 100_000_000n);
  });
});

describe('OR-3 the positions confirm our fills', () => {
  test('a counted trade is APPLIED, a refused one raises the alarm', async () => {
    await me.deposit('50000');
    await platform.tick('AAPL', '99');
    await me.place();
    await me.place({ clOrdId: 'ACC-1-2' });
    await until(async () => (await executionCount()) === 2);
    const [first, second] = await owner<{ exec_id: string }[]>`
      select exec_id from orders.execution order by exec_id`;
    await tell(tradeApplied.topic, tradeApplied.name, { tradeId: first?.exec_id ?? '' });
    await tell(
      tradeRefused.topic,
      tradeRefused.name,
      tradeRefused.encode({
        tradeId: second?.exec_id ?? '',
        bookId: 'BOOK-1',
        accountId: 'ACC-1',
        symbol: 'AAPL',
        clOrdId: null,
        reason: 'TOO_MANY_LOTS',
        message: 'no room',
        deadLetterId: '1',
        user: 'trader',
      }),
    );
    await until(async () => {
      const rows = await owner`select 1 from orders.execution where position_status = 'SUBMITTED'`;
      return rows.length === 0;
    });
    const orders = await Promise.all([me.order(), me.order('ACC-1-2')]);
    const refusedFirst = orders.toSorted((a) => (a['alarm'] === null ? 1 : -1));
    expect(refusedFirst).toMatchObject([
      {
        alarm: 'TRADE_REFUSED_BY_POSITIONS',
        executions: [{ positionStatus: 'REFUSED', positionRefusal: 'TOO_MANY_LOTS: no room' }],
      },
      { alarm: null, executions: [{ positionStatus: 'APPLIED', positionRefusal: null }] },
    ]);
    const metric = await platform.parts.metrics.getSingleMetricAsString(
      'plumbline_orders_trades_refused_total',
    );
    expect(metric).toContain('plumbline_orders_trades_refused_total 1');
  });
});

function fillInProcess(): ChildProcess {
  const config = JSON.stringify(readConfig({}));
  return spawn(process.execPath, ['--import', 'tsx', FILLING_PROCESS, database.url, config], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function executionCount(): Promise<number> {
  const [row] = await owner<{ count: number }[]>`
    select count(*)::int as count from orders.execution`;
  return row?.count ?? 0;
}

/** Another process cannot tell us, so this one asks. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  await expect.poll(holds, { timeout: 15_000, interval: 20 }).toBe(true);
}

async function tell(topic: string, type: string, payload: JsonValue): Promise<void> {
  await appendToOutbox(platform.parts.sql, [
    { topic, key: 'k', type, version: 1, payload, correlationId: 'c', causationId: null },
  ]);
}
