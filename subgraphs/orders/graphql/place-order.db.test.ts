import type { Sql } from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tradeSubmitted } from '#kernel/topics/trade-events';
import { readConfig } from '#platform/config';
import type { LogRecord } from '#platform/ports';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { readTopic } from '../../../test/support/read-topic.ts';
import { clientOf, identityOf, requestOf } from '../../../test/support/subgraph-client.ts';
import { createPublishedTables, hold } from '../store/published-test-tables.ts';
import { openOrders, type OrdersPlatform } from '../workers/orders-test-support.ts';
import { PLACE, ordersClient, type OrdersClient } from './orders-test-client.ts';

let database: TestDatabase;
let owner: Sql;
let platform: OrdersPlatform;
let me: OrdersClient;
let accounts = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = await createPublishedTables(database.ownerUrl);
  platform = await openOrders({ url: database.url, config: readConfig({}) });
});
beforeEach(() => {
  accounts += 1;
  me = ordersClient({
    platform,
    asks: clientOf(platform.subgraph, 'trader'),
    request: requestOf(identityOf(['viewer'])),
    accountId: `ACC-${accounts}`,
  });
});
afterAll(async () => {
  await platform.close();
  await owner.end();
  await database.drop();
});

describe('OR-1 placing an order', () => {
  test('a marketable limit order is acknowledged, then filled at the ask', async () => {
    await me.deposit('20000');
    await platform.tick('AAPL', '99', { bid: '98.9', ask: '99.1' });
    expect(await me.place()).toMatchObject({
      __typename: 'OrderAccepted',
      duplicate: false,
      order: { ordStatus: 'NEW', cumQty: '0', leavesQty: '100', executions: [] },
    });
    const updates = await me.untilStatus('FILLED');
    expect(updates.map(({ execType, order }) => [execType, order.ordStatus])).toEqual([
      ['PENDING_NEW', 'PENDING_NEW'],
      ['NEW', 'NEW'],
      ['TRADE', 'FILLED'],
    ]);
    expect(await me.order()).toMatchObject({
      ordStatus: 'FILLED',
      cumQty: '100',
      leavesQty: '0',
      avgPx: '99.1',
      instrument: { id: 'ins_AAPL' },
      executions: [{ lastQty: '100', lastPx: '99.1', positionStatus: 'SUBMITTED' }],
    });
    expect(await me.cash()).toEqual([
      { currency: 'USD', balance: '10090', reserved: '0', available: '10090' },
    ]);
  });

  test('the fill goes to the positions as a trade, in the same transaction', async () => {
    await me.deposit('20000');
    await platform.tick('AAPL', '99', { bid: '98.9', ask: '99.1' });
    await me.place();
    await me.untilStatus('FILLED');
    const ofAccount = (rows: readonly LogRecord[]) =>
      rows
        .map((row) => tradeSubmitted.parse(row.payload, row.version))
        .filter((trade) => trade.accountId === me.accountId);
    const { eventLog } = platform.parts;
    const rows = await readTopic(eventLog, 'trade-events', (all) => ofAccount(all).length > 0);
    const trades = ofAccount(rows);
    expect(trades).toEqual([
      expect.objectContaining({
        tradeId: expect.stringMatching(/^ord_.+-1$/) as string,
        bookId: 'BOOK-1',
        symbol: 'AAPL',
        side: 'BUY',
        quantity: 100n * 100_000_000n,
        price: 99_10000000n,
        currency: 'USD',
        clOrdId: `${me.accountId}-1`,
        contractId: null,
        user: 'trader',
      }),
    ]);
  });

  test('a limit order below the ask waits, with its cash reserved', async () => {
    await me.deposit('20000');
    await platform.tick('AAPL', '99', { bid: '98.9', ask: '99.1' });
    await me.place({ price: '90' });
    expect(await me.cash()).toEqual([
      { currency: 'USD', balance: '20000', reserved: '9000', available: '11000' },
    ]);
    await platform.tick('AAPL', '90', { ask: '90.01', bid: '89.9' });
    await platform.tick('AAPL', '89', { ask: '89.5', bid: '88.9' });
    const updates = await me.untilStatus('FILLED');
    expect(updates.at(-1)).toMatchObject({ lastQty: '100', lastPx: '89.5' });
    expect(await me.cash()).toEqual([
      { currency: 'USD', balance: '11050', reserved: '0', available: '11050' },
    ]);
  });

  test('the size of a quote caps its fills, and is shared in order of priority', async () => {
    await me.deposit('60000');
    await me.place({ symbol: 'MSFT', clOrdId: `${me.accountId}-A`, price: '200' });
    await me.place({ symbol: 'MSFT', clOrdId: `${me.accountId}-B`, price: '201' });
    await platform.tick('MSFT', '200', { bid: '199', ask: '200', size: '130' });
    await me.until(({ order }) => order.ordStatus === 'PARTIALLY_FILLED');
    // The better limit first, then 30 of the other.
    expect(await me.order(`${me.accountId}-B`)).toMatchObject({ cumQty: '100', leavesQty: '0' });
    expect(await me.order(`${me.accountId}-A`)).toMatchObject({ cumQty: '30', leavesQty: '70' });
    await platform.tick('MSFT', '200', { bid: '199', ask: '199.5', size: '500' });
    await me.until(({ order }) => order.ordStatus === 'FILLED' && order.executions.length === 2);
    expect(await me.order(`${me.accountId}-A`)).toMatchObject({ avgPx: '199.65' });
    expect(await me.cash()).toMatchObject([{ balance: '20035', reserved: '0' }]);
  });

  test('a market order reserves the cushion and gives it back', async () => {
    await me.deposit('20000');
    await platform.tick('AAPL', '99', { bid: '98.9', ask: '100' });
    await me.place({ ordType: 'MARKET', price: null });
    const updates = await me.untilStatus('FILLED');
    expect(updates.at(-1)).toMatchObject({ lastPx: '100' });
    const [{ reserved } = { reserved: '' }] = (await me.cash()) ?? [];
    expect(reserved).toBe('0');
    const held = (await me.order())['checks'] as { code: string; actual: string }[];
    expect(held.find(({ code }) => code === 'BUYING_POWER')?.actual).toBe('10500');
  });

  test('IMMEDIATE_OR_CANCEL fills what it can and cancels the rest', async () => {
    await me.deposit('20000');
    await platform.tick('AAPL', '99', { bid: '98.9', ask: '99', size: '40' });
    await me.place({ timeInForce: 'IMMEDIATE_OR_CANCEL' });
    await me.untilStatus('CANCELED');
    expect(await me.order()).toMatchObject({ cumQty: '40', leavesQty: '0', avgPx: '99' });
    expect(await me.cash()).toMatchObject([{ balance: '16040', reserved: '0' }]);
  });

  test('FILL_OR_KILL fills nothing when it cannot fill all', async () => {
    await me.deposit('20000');
    await platform.tick('AAPL', '99', { bid: '98.9', ask: '99', size: '40' });
    await me.place({ timeInForce: 'FILL_OR_KILL' });
    await me.untilStatus('EXPIRED');
    expect(await me.order()).toMatchObject({ cumQty: '0', executions: [] });
    expect(await me.cash()).toMatchObject([{ balance: '20000', reserved: '0' }]);
  });
});

describe('OR-1 an order is placed once', () => {
  test('the same request again answers with the same order', async () => {
    await me.deposit('20000');
    await me.place({ price: '50' });
    expect(await me.place({ price: '50.00' })).toMatchObject({
      __typename: 'OrderAccepted',
      duplicate: true,
    });
    expect(await me.cash()).toMatchObject([{ reserved: '5000' }]);
  });

  test('twenty at once place one', async () => {
    await me.deposit('20000');
    const answers = await Promise.all(Array.from({ length: 20 }, () => me.place({ price: '50' })));
    const fresh = answers.filter((each) => !(each as { duplicate: boolean }).duplicate);
    expect(fresh).toHaveLength(1);
    expect(await me.cash()).toMatchObject([{ reserved: '5000' }]);
  });

  test('another content under the same clOrdId is refused', async () => {
    await me.deposit('20000');
    await me.place({ price: '50' });
    expect(await me.place({ price: '51' })).toMatchObject({
      __typename: 'OrderRefused',
      reason: 'DUPLICATE_CL_ORD_ID_DIFFERENT_CONTENT',
      order: { price: '50', ordStatus: 'NEW' },
    });
  });

  test('a refused order is kept, and refused the same when asked again', async () => {
    const refused = { __typename: 'OrderRefused', reason: 'UNKNOWN_ACCOUNT' };
    expect(await me.place()).toMatchObject(refused);
    await me.deposit('20000');
    expect(await me.place()).toMatchObject(refused);
    expect(await me.order()).toMatchObject({
      ordStatus: 'REJECTED',
      leavesQty: '0',
      rejectReason: 'UNKNOWN_ACCOUNT',
    });
  });
});

describe('OR-2 an order is refused', () => {
  test.each<[string, Record<string, unknown>]>([
    ['ORD_TYPE_NOT_SUPPORTED', { ordType: 'STOP', price: null, stopPx: '90' }],
    ['TIME_IN_FORCE_NOT_SUPPORTED', { timeInForce: 'AT_THE_CLOSE' }],
    ['UNKNOWN_INSTRUMENT', { symbol: 'NOPE' }],
    ['INSTRUMENT_NOT_TRADABLE', { symbol: 'SPX' }],
    ['INVALID_QUANTITY', { orderQty: '0' }],
    ['INVALID_QUANTITY', { orderQty: '99999999999999999999.99999999' }],
    ['INVALID_PRICE', { price: '-1' }],
    ['UNKNOWN_ACCOUNT', { accountId: 'NOBODY' }],
    ['CURRENCY_MISMATCH', { symbol: 'SAP' }],
    ['NO_REFERENCE_PRICE', { symbol: 'NEWCO', ordType: 'MARKET', price: null }],
    ['INSUFFICIENT_FUNDS', { orderQty: '100.00000001' }],
    ['INSUFFICIENT_HOLDINGS', { side: 'SELL' }],
  ])('%s', async (reason, input) => {
    await me.deposit('10000');
    const answer = await me.place(input);
    expect(answer).toMatchObject({ __typename: 'OrderRefused', reason });
    const { order } = answer as { order: { ordStatus: string; checks: { passed: boolean }[] } };
    expect(order.ordStatus).toBe('REJECTED');
    expect(order.checks.some(({ passed }) => !passed)).toBe(true);
    expect(await me.cash()).toMatchObject([{ balance: '10000', reserved: '0' }]);
  });

  test.each([
    ['clOrdId', { clOrdId: 'with blank' }],
    ['accountId', { accountId: 'A|B' }],
    ['bookId', { bookId: '' }],
  ])('as bad input with an unreadable %s', async (field, input) => {
    await expect(me.place(input)).rejects.toMatchObject({
      message: expect.stringContaining(field) as string,
      originalError: { code: 'BAD_USER_INPUT' },
    });
  });

  test('a viewer may not place one', async () => {
    const viewer = clientOf(platform.subgraph, 'viewer');
    await expect(viewer.data(PLACE, { input: me.orderInput() })).rejects.toThrow('orders:write');
  });

  test('a market order can be measured by the last close alone, and waits for a tick', async () => {
    await me.deposit('40000');
    const answer = await me.place({ symbol: 'IBM', ordType: 'MARKET', price: null });
    expect(answer).toMatchObject({ __typename: 'OrderAccepted', order: { ordStatus: 'NEW' } });
    expect(await me.cash()).toMatchObject([{ reserved: '15750' }]);
    // Beyond the protection price of 157.5 it does not fill.
    await platform.tick('IBM', '158');
    await platform.tick('IBM', '157.5');
    expect((await me.untilStatus('FILLED')).at(-1)).toMatchObject({ lastPx: '157.5' });
    expect(await me.cash()).toMatchObject([{ balance: '24250', reserved: '0' }]);
  });
});

describe('OR-6 cash and holdings under concurrency', () => {
  test('forty orders at once never spend more than there is', async () => {
    await me.deposit('10000');
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        me.place({ clOrdId: `${me.accountId}-P${n}`, orderQty: '7', price: '50' }),
      ),
    );
    const accepted = answers.filter(
      (each) => (each as { __typename: string }).__typename === 'OrderAccepted',
    );
    // 28 x 350 = 9,800.
    expect(accepted).toHaveLength(28);
    expect(await me.cash()).toMatchObject([
      { balance: '10000', reserved: '9800', available: '200' },
    ]);
  });

  test('forty sales at once never sell a unit twice', async () => {
    await me.deposit('1');
    await hold(owner, { accountId: me.accountId, symbol: 'AAPL', quantity: '100' });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        me.place({ clOrdId: `${me.accountId}-S${n}`, side: 'SELL', orderQty: '3', price: '5000' }),
      ),
    );
    const accepted = answers.filter(
      (each) => (each as { __typename: string }).__typename === 'OrderAccepted',
    );
    expect(accepted).toHaveLength(33);
  });

  test('what is sold and not confirmed by the positions cannot be sold again', async () => {
    await me.deposit('1');
    await hold(owner, { accountId: me.accountId, symbol: 'AAPL', quantity: '100' });
    await platform.tick('AAPL', '99', { bid: '98', ask: '99.1' });
    await me.place({ side: 'SELL', ordType: 'MARKET', price: null });
    await me.untilStatus('FILLED');
    expect(await me.cash()).toMatchObject([{ balance: '9801', available: '9801' }]);
    const again = { side: 'SELL', orderQty: '1', price: '90', clOrdId: `${me.accountId}-2` };
    expect(await me.place(again)).toMatchObject({ reason: 'INSUFFICIENT_HOLDINGS' });

    // The positions count it, and 10 more come in by hand.
    const { executions } = (await me.order()) as { executions: [{ execId: string }] };
    await hold(owner, { accountId: me.accountId, symbol: 'AAPL', quantity: '10' });
    await owner`update orders.execution set position_status = 'APPLIED'
      where exec_id = ${executions[0].execId}`;
    const tooMany = { ...again, orderQty: '11', clOrdId: `${me.accountId}-3` };
    expect(await me.place(tooMany)).toMatchObject({
      reason: 'INSUFFICIENT_HOLDINGS',
    });
    const all = { ...again, orderQty: '10', clOrdId: `${me.accountId}-4` };
    expect(await me.place(all)).toMatchObject({
      __typename: 'OrderAccepted',
    });
  });
});
