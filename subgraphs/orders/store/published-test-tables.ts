/** For tests: what market data and positions publish, without them. */

import postgres, { type Sql } from 'postgres';
import { decimal } from '#kernel/decimal';

/** Tables that a test may fill, in place of the views. */
export async function createPublishedTables(ownerUrl: string): Promise<Sql> {
  const owner = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  await owner.unsafe(`
    drop view if exists published.instruments, published.last_prices, published.daily_closes,
      published.positions cascade;
    create table published.instruments
      (instrument_id text, symbol text primary key, asset_class text, currency text);
    create table published.last_prices (symbol text, price bigint, bid bigint, ask bigint);
    create table published.daily_closes (symbol text, business_date date, close bigint);
    create table published.positions (account_id text, book_id text, symbol text, currency text,
      contract_id text, quantity bigint);
    grant select on all tables in schema published to plumbline_app;
    insert into published.instruments values
      ('ins_AAPL', 'AAPL', 'EQUITY', 'USD'), ('ins_MSFT', 'MSFT', 'EQUITY', 'USD'),
      ('ins_SAP', 'SAP', 'EQUITY', 'EUR'), ('ins_SPX', 'SPX', 'INDEX', 'USD'),
      ('ins_NEWCO', 'NEWCO', 'EQUITY', 'USD'), ('ins_IBM', 'IBM', 'EQUITY', 'USD');
    insert into published.daily_closes values
      ('AAPL', '2026-11-18', 9900000000), ('AAPL', '2026-11-19', 10000000000),
      ('MSFT', '2026-11-19', 20000000000), ('IBM', '2026-11-19', 15000000000)`);
  return owner;
}

/** Sets a position as if trades had made it. */
export async function hold(
  owner: Sql,
  position: { accountId: string; symbol: string; quantity: string; bookId?: string },
): Promise<void> {
  const { accountId, symbol, bookId = 'BOOK-1' } = position;
  await owner`delete from published.positions
    where account_id = ${accountId} and symbol = ${symbol} and book_id = ${bookId}`;
  await owner`insert into published.positions values
    (${accountId}, ${bookId}, ${symbol}, 'USD', null, ${String(decimal(position.quantity))})`;
}
