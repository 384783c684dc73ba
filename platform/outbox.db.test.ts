import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { partitionOf } from '#kernel/partition';
import { createTestDatabase, type TestDatabase } from '../test/support/database.ts';
import { appendToOutbox, MAX_PAYLOAD_LENGTH } from './outbox.ts';
import type { NewRecord } from './ports.ts';
import { openPool } from './postgres.ts';

let database: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 4, applicationName: 'outbox-test' });
});
beforeEach(async () => {
  await sql`delete from platform.outbox`;
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const record = (key: string, payload: NewRecord['payload'] = { key }): NewRecord => ({
  topic: 'trade-events',
  key,
  type: 'TradeSubmitted',
  version: 1,
  payload,
  correlationId: 'correlation-1',
  causationId: null,
});

describe('PL outbox', () => {
  test('keeps every field of the records, in the order given', async () => {
    const odd = '{"quoted"} \\ , NULL äöü 😀';
    await appendToOutbox(sql, [
      record('ACC-1|AAPL', { text: odd, list: [1, 2.5, null, true], inner: { a: '1' } }),
      { ...record('ACC-2|MSFT', 'NULL'), causationId: 'cause-2', version: 3 },
    ]);

    const rows = await sql`
      select topic, partition, key, type, version, payload, correlation_id, causation_id
      from platform.outbox order by xid, id`;
    expect(rows.map((row) => ({ ...row }))).toEqual([
      {
        topic: 'trade-events',
        partition: partitionOf('ACC-1|AAPL'),
        key: 'ACC-1|AAPL',
        type: 'TradeSubmitted',
        version: 1,
        payload: { text: odd, list: [1, 2.5, null, true], inner: { a: '1' } },
        correlation_id: 'correlation-1',
        causation_id: null,
      },
      expect.objectContaining({ payload: 'NULL', causation_id: 'cause-2', version: 3 }),
    ]);
  });

  test('publishes nothing when the transaction of the change rolls back', async () => {
    const work = sql.begin(async (tx) => {
      await appendToOutbox(tx, [record('ACC-1|AAPL')]);
      throw new Error('the change failed');
    });
    await expect(work).rejects.toThrow('the change failed');
    expect(await sql`select from platform.outbox`).toHaveLength(0);
  });

  test('notifies once per statement, with the topics written', async () => {
    const heard: string[] = [];
    const listener = postgres(database.url, { max: 1 });
    try {
      await listener.listen('plumbline_outbox', (topics) => heard.push(topics));
      await appendToOutbox(sql, [
        record('A'),
        record('B'),
        { ...record('C'), topic: 'order-updated' },
      ]);
      await appendToOutbox(sql, []);
      const told = new Promise((resolve) => void listener.listen('last', resolve));
      await listener.notify('last', '');
      await told;
    } finally {
      await listener.end();
    }
    expect(heard).toEqual(['order-updated trade-events']);
  });

  test('refuses a payload beyond its limit', async () => {
    const tooLong = record('A', 'x'.repeat(MAX_PAYLOAD_LENGTH));
    await expect(appendToOutbox(sql, [tooLong])).rejects.toThrow(
      `at most ${MAX_PAYLOAD_LENGTH} characters, was ${MAX_PAYLOAD_LENGTH + 2}`,
    );
  });
});
