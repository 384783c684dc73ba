// A database of its own for each test file, cloned from the migrated template in about 50 ms.

import { randomUUID } from 'node:crypto';

import postgres from 'postgres';
import { inject } from 'vitest';
import { RUNTIME_ROLE } from '#platform/postgres';

import { databaseUrl } from './database-url.ts';

export interface TestDatabase {
  /** With the rights of the owner: what migrations and set-up use. */
  readonly ownerUrl: string;
  /** The same database with the rights of the running platform. */
  readonly url: string;
  /** Cuts the connections that are left, too. */
  drop(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase(inject('testTemplate'));
}

/** A database without any of our tables, for tests of the migrations themselves. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template1');
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const serverUrl = inject('testServerUrl');
  const name = `plumbline_test_${randomUUID().replaceAll('-', '')}`;
  await onServer(serverUrl, (sql) => sql`create database ${sql(name)} template ${sql(template)}`);
  const ownerUrl = databaseUrl(serverUrl, name);
  const url = new URL(ownerUrl);
  // The driver hands settings it does not know to the server.
  url.searchParams.set('role', RUNTIME_ROLE);
  return {
    ownerUrl,
    url: url.href,
    async drop() {
      await onServer(serverUrl, (sql) => sql`drop database if exists ${sql(name)} with (force)`);
    },
  };
}

async function onServer(
  serverUrl: string,
  run: (sql: postgres.Sql) => PromiseLike<unknown>,
): Promise<void> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => undefined });
  try {
    await run(sql);
  } finally {
    await sql.end();
  }
}
