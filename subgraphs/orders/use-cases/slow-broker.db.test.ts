import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import { amount, price, quantity } from '#kernel/money';
import { systemClock } from '#platform/clock';
import { openPool } from '#platform/postgres';
import { createInProcessCache } from '#platform/cache/in-process-cache';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import type { BrokerReport } from '../domain/decide-order.ts';
import { accountId, clOrdId, execId, type Order, type OrderId } from '../domain/order.ts';
import { TRADE_DATE } from '../domain/order-example.ts';
import { createMarketView } from '../store/market-view.ts';
import { createOrderStore, type OrderStore } from '../store/order-store.ts';
import { createPublishedTables } from '../store/published-test-tables.ts';
import type { BrokerPort } from './broker-port.ts';
import { cancelOrder } from './cancel-order.ts';
import { depositCash } from './deposit-cash.ts';
import { placeOrder, type PlaceOrderResult } from './place-order.ts';
import { recordReport } from './record-report.ts';
import { replaceOrder } from './replace-order.ts';

/** Takes every request and answers none: what a broker far away may do for a while. */
const asked: string[] = [];
const slowBroker: BrokerPort = {
  name: 'slow-broker',
  isSimulated: true,
  route: (order) => hear('route', order),
  cancel: (order) => hear('cancel', order),
  replace: (order) => hear('replace', order),
};
function hear(request: string, order: Order): Promise<void> {
  asked.push(`${request} ${order.clOrdId} ${order.ordStatus}`);
  return Promise.resolve();
}

let database: TestDatabase;
let owner: Sql;
let sql: Sql;
let orders: OrderStore;
let ids = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = await createPublishedTables(database.ownerUrl);
  sql = openPool({ url: database.url, maxConnections: 10, applicationName: 'broker-test' });
  orders = createOrderStore(sql);
  const deposit = {
    accountId: accountId('ACC-1'),
    amount: amount(decimal('100000')),
    currency: 'USD',
    commandId: 'D1',
  };
  await depositCash({ orders }, deposit, cause);
});
afterAll(async () => {
  await sql.end();
  await owner.end();
  await database.drop();
});

const cause = { correlationId: 'c', causationId: null, user: 'trader', atMs: 0 };
const newId = () => {
  ids += 1;
  return String(ids);
};
const deps = () => ({
  orders,
  market: createMarketView({ sql, cache: createInProcessCache(), clock: systemClock }),
  broker: slowBroker,
  clock: systemClock,
  newId,
  onPlaced: () => undefined,
});
const place = (id: string): Promise<PlaceOrderResult> =>
  placeOrder(
    deps(),
    {
      clOrdId: clOrdId(id),
      accountId: accountId('ACC-1'),
      bookId: 'BOOK-1',
      symbol: 'AAPL',
      side: 'BUY',
      ordType: 'LIMIT',
      timeInForce: 'DAY',
      orderQty: quantity(decimal('10')),
      price: price(decimal('100')),
      stopPx: null,
    },
    cause,
  );
const report = (orderId: OrderId, what: BrokerReport) =>
  recordReport(
    { orders, clock: systemClock, onExecution: () => undefined },
    { orderId, report: what, reporter: slowBroker.name },
  );
const fill = (n: number, lastQty: string): BrokerReport => ({
  type: 'ReportFill',
  execId: execId(`SLOW-${n}`),
  lastQty: quantity(decimal(lastQty)),
  lastPx: price(decimal('99')),
  transactTimeMs: 0,
  tradeDate: TRADE_DATE,
});

async function open(id: string): Promise<OrderId> {
  const { placed } = await place(id);
  await report(placed.order.orderId, { type: 'ReportAcknowledged' });
  return placed.order.orderId;
}

describe('OR-3 a broker that takes its time', () => {
  test('an order it has not confirmed is PENDING_NEW', async () => {
    const { ok, placed } = await place('A');
    expect([ok, placed.order.ordStatus]).toEqual([true, 'PENDING_NEW']);
    expect(asked).toContain('route A PENDING_NEW');
  });

  test('a cancel it has not confirmed is pending, and it is asked once', async () => {
    await open('B');
    const request = { clOrdId: 'B', commandId: 'CANCEL-B' };
    for (const _time of [1, 2]) {
      expect(await cancelOrder(deps(), request, cause)).toMatchObject({
        ok: true,
        outcome: 'PENDING',
        placed: { order: { ordStatus: 'PENDING_CANCEL' } },
      });
    }
    expect(asked.filter((each) => each.startsWith('cancel B'))).toHaveLength(1);
    expect(await cancelOrder(deps(), { ...request, commandId: null }, cause)).toMatchObject({
      reason: 'REQUEST_PENDING',
    });
  });

  test('filled before it could cancel, the order is too late to cancel', async () => {
    const id = await open('C');
    const request = { clOrdId: 'C', commandId: 'CANCEL-C' };
    await cancelOrder(deps(), request, cause);
    await report(id, fill(1, '10'));
    const canceled = await report(id, { type: 'ReportCanceled' });
    expect(canceled).toMatchObject({ reason: 'ORDER_NOT_OPEN' });
    await report(id, { type: 'ReportCancelRefused' });
    expect(await cancelOrder(deps(), request, cause)).toMatchObject({
      ok: false,
      reason: 'TOO_LATE_TO_CANCEL',
      placed: { order: { ordStatus: 'FILLED' } },
    });
  });

  test('fills that come while a replacement is pending count, and may overtake it', async () => {
    const id = await open('D');
    const request = {
      clOrdId: 'D',
      commandId: 'REPLACE-D',
      orderQty: quantity(decimal('4')),
      price: null,
    };
    expect(await replaceOrder(deps(), request, cause)).toMatchObject({ outcome: 'PENDING' });
    await report(id, fill(2, '6'));
    await report(id, { type: 'ReportReplaced' });
    expect(await replaceOrder(deps(), request, cause)).toMatchObject({
      ok: false,
      reason: 'TOO_LATE_TO_REPLACE',
      placed: { order: { ordStatus: 'PARTIALLY_FILLED', cumQty: decimal('6') } },
    });
  });

  test('the same fill reported fifty times at once counts once', async () => {
    const id = await open('E');
    const results = await Promise.all(Array.from({ length: 50 }, () => report(id, fill(3, '4'))));
    expect(results.every(({ ok }) => ok)).toBe(true);
    const [row] = await sql`select cum_qty, execution_count from orders.order_snapshot
      where order_id = ${id}`;
    expect(row).toEqual({ cum_qty: decimal('4'), execution_count: 1 });
  });
});
