import type { Sql } from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '#platform/config';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { clientOf, identityOf, requestOf } from '../../../test/support/subgraph-client.ts';
import { createPublishedTables } from '../store/published-test-tables.ts';
import { openOrders, type OrdersPlatform } from '../workers/orders-test-support.ts';
import { ordersClient, type OrdersClient } from './orders-test-client.ts';

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

describe('OR-1 cancelling and replacing', () => {
  test('a canceled order releases its cash', async () => {
    await me.deposit('10000');
    await me.place({ price: '50' });
    expect(await me.cancel({})).toMatchObject({
      __typename: 'OrderCanceled',
      order: { ordStatus: 'CANCELED', leavesQty: '0' },
    });
    expect(await me.cash()).toMatchObject([{ balance: '10000', reserved: '0' }]);
    expect(await me.cancel({})).toMatchObject({
      __typename: 'OrderCancelRefused',
      reason: 'ORDER_NOT_OPEN',
    });
    expect(await me.cancel({ clOrdId: 'nobody-knows' })).toMatchObject({ reason: 'UNKNOWN_ORDER' });
  });

  test('a cancel under a commandId is answered as the first time', async () => {
    await me.deposit('10000');
    await me.place({ price: '50' });
    const request = { commandId: `${me.accountId}-C1` };
    const first = await me.cancel(request);
    expect(await me.cancel(request)).toEqual(first);
    expect(await me.replace({ ...request, orderQty: '1' })).toMatchObject({
      reason: 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT',
    });
  });

  test('a replacement is the new total, and its cash is reserved first', async () => {
    await me.deposit('10000');
    await me.place({ price: '50' });
    expect(await me.replace({ orderQty: '150', price: '60' })).toMatchObject({
      __typename: 'OrderReplaced',
      order: { ordStatus: 'NEW', orderQty: '150', price: '60', leavesQty: '150' },
    });
    expect(await me.cash()).toMatchObject([{ reserved: '9000' }]);
    expect(await me.replace({ orderQty: '167' })).toMatchObject({
      __typename: 'OrderReplaceRefused',
      reason: 'INSUFFICIENT_FUNDS',
    });
    expect(await me.order()).toMatchObject({ ordStatus: 'NEW', orderQty: '150' });
  });

  test('a replacement below what is filled is refused, equal to it it fills', async () => {
    await me.deposit('20000');
    await me.place({ symbol: 'MSFT', price: '150' });
    await platform.tick('MSFT', '150', { bid: '149', ask: '150', size: '30' });
    await me.untilStatus('PARTIALLY_FILLED');
    expect(await me.replace({ orderQty: '29' })).toMatchObject({
      reason: 'QUANTITY_BELOW_CUM_QTY',
    });
    expect(await me.replace({ orderQty: '30' })).toMatchObject({
      __typename: 'OrderReplaced',
      order: { ordStatus: 'FILLED', cumQty: '30', leavesQty: '0' },
    });
    expect(await me.cash()).toMatchObject([{ balance: '15500', reserved: '0' }]);
  });
});

describe('OR-6 deposits', () => {
  test('open the account, and count once', async () => {
    expect(await me.deposit('100.5')).toEqual({
      __typename: 'CashDeposited',
      duplicate: false,
      account: { id: me.accountId },
      deposited: { amount: '100.5', currency: 'USD' },
    });
    const again = await Promise.all(Array.from({ length: 10 }, () => me.deposit('100.50')));
    expect(again.every((each) => (each as { duplicate: boolean }).duplicate)).toBe(true);
    expect(await me.cash()).toMatchObject([{ balance: '100.5' }]);
    expect(await me.deposit('100.51')).toMatchObject({
      reason: 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT',
    });
  });

  test('of two accounts may have one command id', async () => {
    await me.deposit('100.5', { commandId: 'monthly' });
    const accountId = `${me.accountId}-2`;
    const other = await me.deposit('7', { commandId: 'monthly', accountId });
    expect(other).toMatchObject({ __typename: 'CashDeposited', duplicate: false });
    const again = await me.deposit('7', { commandId: 'monthly', accountId });
    expect(again).toMatchObject({ __typename: 'CashDeposited', duplicate: true });
  });

  test.each([
    ['INVALID_AMOUNT', '0', 'USD'],
    ['INVALID_AMOUNT', '-1', 'USD'],
    ['INVALID_AMOUNT', '99999999999999999999', 'USD'],
    ['INVALID_CURRENCY', '1', 'usd'],
  ])('are refused: %s for %s %s', async (reason, amount, currency) => {
    expect(await me.deposit(amount, { currency })).toMatchObject({
      __typename: 'DepositRefused',
      reason,
    });
    expect(await me.cash()).toBeNull();
  });
});

describe('OR-1 orderUpdated', () => {
  test('goes on after any sequence without a gap and without a repetition', async () => {
    await me.deposit('100000');
    for (const n of [1, 2, 3]) {
      await me.place({ clOrdId: `${me.accountId}-${n}`, price: '50' });
    }
    let acknowledged = 0;
    const all = await me.until(({ execType }) => {
      acknowledged += execType === 'NEW' ? 1 : 0;
      return acknowledged === 3;
    });
    expect(all.map(({ execType }) => execType)).toEqual(
      [1, 2, 3].flatMap(() => ['PENDING_NEW', 'NEW']),
    );
    for (const [index, { sequence }] of all.entries()) {
      const rest = await me.updates(sequence);
      for (const expected of all.slice(index + 1)) {
        expect((await rest.next()).value).toEqual({ orderUpdated: expected });
      }
      await rest.return(undefined);
    }
  });

  test('tells what comes from now on, to all who listen', async () => {
    await me.deposit('10000');
    await me.place({ price: '50' });
    const filter = { clOrdIds: [`${me.accountId}-1`], ordStatuses: ['CANCELED'] };
    const streams = await Promise.all([1, 2, 3].map(() => me.updates(null, filter)));
    const next = Promise.all(streams.map((stream) => stream.next()));
    await me.cancel({});
    for (const { value } of await next) {
      expect(value).toMatchObject({ orderUpdated: { execType: 'CANCELED' } });
    }
    await Promise.all(streams.map((stream) => stream.return(undefined)));
  });

  test('refuses a sequence that is none', async () => {
    await expect(me.updates('yesterday')).rejects.toThrow('a sequence is decimal digits');
  });
});

describe('OR-1 listing orders', () => {
  const LIST = `query ($filter: OrderFilter, $first: Int, $after: String) {
    orders(filter: $filter, first: $first, after: $after) {
      edges { cursor node { clOrdId ordStatus } } pageInfo { hasNextPage endCursor } } }`;
  interface Page {
    readonly orders: {
      readonly edges: readonly { readonly node: { readonly clOrdId: string } }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
    };
  }
  const list = async (variables: Record<string, unknown>): Promise<Page['orders']> => {
    const viewer = clientOf(platform.subgraph, 'viewer');
    const filter = { accountId: me.accountId.toLowerCase() };
    const data = (await viewer.data(LIST, { filter, ...variables })) as Page;
    return data.orders;
  };

  test('shows the newest first, page by page', async () => {
    await me.deposit('10000');
    const placed = [1, 2, 3, 4, 5].map((n) => `${me.accountId}-${n}`);
    for (const clOrdId of placed) await me.place({ clOrdId, price: '1' });
    const first = await list({ first: 3 });
    const second = await list({ first: 3, after: first.pageInfo.endCursor });
    expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);
    const ids = [...first.edges, ...second.edges].map(({ node }) => node.clOrdId);
    expect(ids).toEqual(placed.toReversed());
    const filter = { accountId: me.accountId, ordStatuses: ['CANCELED'] };
    expect((await list({ filter })).edges).toEqual([]);
    await me.cancel({});
    expect((await list({ filter })).edges).toHaveLength(1);
  });

  test.each([
    ['a cursor of nobody', { after: Buffer.from('["orders","x"]').toString('base64url') }],
    ['a page of none', { first: 0 }],
    ['a page too large', { first: 501 }],
  ])('refuses %s', async (_what, variables) => {
    await expect(list(variables)).rejects.toMatchObject({
      originalError: { code: 'BAD_USER_INPUT' },
    });
  });

  test('text that cannot be stored is refused, text that is no id finds nothing', async () => {
    await expect(list({ filter: { symbol: '\u0000' } })).rejects.toThrow('U+0000');
    await expect(me.order('a\u0000b')).rejects.toThrow('U+0000');
    expect(await me.order('no such order')).toBeNull();
  });
});

describe('OR-11 audit', () => {
  test('every step of every order is an event that nobody can change', async () => {
    const { sql } = platform.parts;
    const [row] = await sql`select count(*)::int as orders,
      count(*) filter (where version <> (select max(stream_version) from orders.event_store
        where stream_id = 'order:' || order_id))::int as torn
      from orders.order_snapshot`;
    expect(row).toMatchObject({ torn: 0 });
    await expect(sql`update orders.event_store set user_id = 'x'`).rejects.toThrow('denied');
    await expect(sql`delete from orders.cash_ledger`).rejects.toThrow('denied');
  });

  test('the ledger balances, and every balance is its sum', async () => {
    const { sql } = platform.parts;
    const unbalanced = await sql`select stream_id, stream_version from orders.cash_ledger
      group by 1, 2 having sum(debit) <> sum(credit)`;
    expect(unbalanced).toHaveLength(0);
    const wrong = await sql`select account_id from orders.cash_account a where balance <>
      coalesce((select sum(debit - credit) from orders.cash_ledger l where l.account_id =
        a.account_id and l.currency = a.currency and ledger_account = 'CLIENT_CASH'), 0)`;
    expect(wrong).toHaveLength(0);
  });
});
