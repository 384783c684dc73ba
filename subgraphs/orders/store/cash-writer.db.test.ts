import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import { amount, currencyCode } from '#kernel/money';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import type { CashEvent } from '../domain/cash-account.ts';
import { accountId, execId, orderId } from '../domain/order.ts';
import { depositInto, moveCash, readCash } from './cash-writer.ts';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 10, applicationName: 'cash-test' });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const cause = { correlationId: 'c', causationId: null, user: 'trader', atMs: 0 };
const usd = (text: string) => amount(decimal(text));
const cashOf = (id: string) => ({ accountId: accountId(id), currency: currencyCode('USD') });
const move = (id: string, event: CashEvent) =>
  sql.begin((tx) => moveCash(tx, cashOf(id), event, cause));
const reserve = (text: string): CashEvent => ({
  type: 'CashReserved',
  amount: usd(text),
  orderId: orderId('ord_1'),
});

async function deposit(id: string, text: string): Promise<void> {
  const event = { type: 'CashDeposited', amount: usd(text), commandId: 'C-1' } as const;
  await sql.begin((tx) => depositInto(tx, cashOf(id), event, cause));
}

describe('OR-6 the conditional update of cash', () => {
  test('lets fifty reservations at once take what is there, and no more', async () => {
    await deposit('ACC-1', '100');
    const taken = await Promise.all(Array.from({ length: 50 }, () => move('ACC-1', reserve('7'))));
    expect(taken.filter(Boolean)).toHaveLength(14);
    const [account] = await readCash(sql, ['ACC-1']);
    expect(account).toMatchObject({ balance: usd('100'), reserved: usd('98'), version: 15 });
    const events = await sql`select stream_version from orders.event_store
      where stream_id = 'cash:ACC-1|USD' order by stream_version`;
    expect(events.map((row) => row['stream_version'])).toEqual(
      Array.from({ length: 15 }, (_, n) => n + 1),
    );
  });

  test.each<[string, CashEvent]>([
    ['a release of more than is reserved', { ...reserve('51'), type: 'CashReleased' } as CashEvent],
    [
      'a purchase beyond what is not reserved for others',
      {
        type: 'PurchasePaid',
        amount: usd('61'),
        released: usd('10'),
        orderId: orderId('ord_1'),
        execId: execId('E1'),
      },
    ],
  ])('refuses %s, and writes nothing', async (_what, event) => {
    await sql`delete from orders.cash_account where account_id = 'ACC-2'`;
    await sql`insert into orders.cash_account values ('ACC-2', 'USD', 100, 50, 1)`;
    expect(await move('ACC-2', event)).toBe(false);
    expect(await readCash(sql, ['ACC-2'])).toMatchObject([{ balance: usd('100'), version: 1 }]);
    const events = await sql`select from orders.event_store where stream_id like 'cash:ACC-2%'`;
    expect(events).toHaveLength(0);
  });

  test('an account in another currency is another account', async () => {
    await deposit('ACC-3', '100');
    const of = { accountId: accountId('ACC-3'), currency: currencyCode('EUR') };
    expect(await sql.begin((tx) => moveCash(tx, of, reserve('1'), cause))).toBe(false);
  });

  test('the database itself refuses what no code should ask for', async () => {
    await deposit('ACC-4', '100');
    const broken = sql`update orders.cash_account set balance = -1 where account_id = 'ACC-4'`;
    await expect(broken).rejects.toThrow('cash_account_covered');
  });
});
