import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from '#platform/config';
import { silentLogger } from '#platform/logger';
import { createEmptyDatabase, type TestDatabase } from '../test/support/database.ts';
import { openDatabase } from './database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createEmptyDatabase();
});
afterAll(() => database.drop());

const open = (databaseUrl: string) =>
  openDatabase({
    config: { ...readConfig({}), databaseUrl },
    logger: silentLogger,
    mayJoinRunning: false,
  });

test('a migration that cannot be applied is told in one sentence, without its SQL', async () => {
  const sql = postgres(database.ownerUrl, { max: 1 });
  await sql`create schema market_data`;
  await sql.end();
  await expect(open(database.ownerUrl)).rejects.toThrow(
    /^The database could not be brought up to date \(schema "market_data" already exists\): .+\.$/,
  );
});

test('a server that is not there is told with what to do', async () => {
  await expect(open('postgres://nobody@127.0.0.1:1/none')).rejects.toThrow(
    'The database could not be brought up to date (connect ECONNREFUSED 127.0.0.1:1): ' +
      'start that server, or set DATABASE_URL right.',
  );
});
