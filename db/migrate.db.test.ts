import postgres from 'postgres';
import { afterEach, expect, test } from 'vitest';
import { RUNTIME_ROLE } from '#platform/postgres';

import {
  createEmptyDatabase,
  createTestDatabase,
  type TestDatabase,
} from '../test/support/database.ts';
import { migrate } from './migrate.ts';

const databases: TestDatabase[] = [];
afterEach(async () => {
  for (const database of databases.splice(0)) await database.drop();
});

async function withSql<T>(url: string, run: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await run(sql);
  } finally {
    await sql.end();
  }
}

async function fresh(create: () => Promise<TestDatabase>): Promise<TestDatabase> {
  const database = await create();
  databases.push(database);
  return database;
}

test('three migrations at once of one database all succeed and apply each file once', async () => {
  const { ownerUrl } = await fresh(createEmptyDatabase);

  await Promise.all([migrate(ownerUrl), migrate(ownerUrl), migrate(ownerUrl)]);

  const twice = await withSql(
    ownerUrl,
    (sql) => sql`select hash from drizzle.__drizzle_migrations group by hash having count(*) > 1`,
  );
  expect(twice).toEqual([]);
  const schemas = await withSql(
    ownerUrl,
    (sql) => sql`select nspname from pg_namespace where nspname = 'published'`,
  );
  expect(schemas).toHaveLength(1);
});

test('migrations of two databases at once share the roles of the cluster', async () => {
  const first = await fresh(createEmptyDatabase);
  const second = await fresh(createEmptyDatabase);

  await Promise.all([migrate(first.ownerUrl), migrate(second.ownerUrl)]);

  const [row] = await withSql(second.url, (sql) => sql`select current_user as role`);
  expect(row).toEqual({ role: RUNTIME_ROLE });
});

test('the runtime role may do all to a table, but only add to an append-only one', async () => {
  const { ownerUrl, url } = await fresh(createTestDatabase);
  await withSql(ownerUrl, async (sql) => {
    await sql`create schema ledger`;
    await sql`create table ledger.account (id int generated always as identity, name text)`;
    await sql`create table ledger.entry (id int, amount int) partition by hash (id)`;
    await sql`create table ledger.entry_0 partition of ledger.entry
      for values with (modulus 1, remainder 0)`;
    await sql`comment on table ledger.entry is 'append-only: what happened'`;
    await sql`create view published.account_name as select name from ledger.account`;
  });

  await migrate(ownerUrl);

  await withSql(url, async (sql) => {
    await sql`insert into ledger.account (name) values ('cash')`;
    await sql`update ledger.account set name = 'cash at bank'`;
    expect(await sql`select name from published.account_name`).toEqual([{ name: 'cash at bank' }]);
    await sql`delete from ledger.account`;

    await sql`insert into ledger.entry values (1, 10)`;
    expect(await sql`select amount from ledger.entry`).toEqual([{ amount: 10 }]);
    for (const forbidden of [
      'update ledger.entry set amount = 0',
      'delete from ledger.entry',
      'truncate ledger.entry',
      'update ledger.entry_0 set amount = 0',
      'create table ledger.other (id int)',
      'insert into published.account_name values (1)',
    ]) {
      const code = await sql.unsafe(forbidden).then(
        () => 'allowed',
        (error: postgres.PostgresError) => error.code,
      );
      expect({ forbidden, code }).toEqual({ forbidden, code: '42501' });
    }
  });
});

test('a second migration leaves the data and the rights as they are', async () => {
  const { ownerUrl, url } = await fresh(createTestDatabase);
  await withSql(ownerUrl, async (sql) => {
    await sql`create schema ledger`;
    await sql`create table ledger.account (name text)`;
  });
  await migrate(ownerUrl);
  await withSql(url, (sql) => sql`insert into ledger.account values ('cash')`);

  await migrate(ownerUrl);

  const rows = await withSql(url, (sql) => sql`select name from ledger.account`);
  expect(rows).toEqual([{ name: 'cash' }]);
});
