import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { G1, lateStories, type LateStories } from '../../../test/support/late-stories.ts';
import { aaplKeyOf, recordingOn, sentTrade } from '../../../test/support/positions-world.ts';
import { clientOf, type SubgraphClient } from '../../../test/support/subgraph-client.ts';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';

let database: TestDatabase;
let owner: Sql;
let stories: LateStories;
let recording: ReturnType<typeof recordingOn>;
let viewer: SubgraphClient;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = postgres(database.ownerUrl, { max: 1 });
  stories = await lateStories(database.url);
  recording = recordingOn(stories.positions.sql);
  viewer = clientOf(stories.positions.subgraph, 'viewer');
});
afterAll(async () => {
  await recording.stop();
  await stories.stop();
  await owner.end();
  await database.drop();
});

const VERIFY = `query ($key: PositionKeyInput!) { verifyPosition(key: $key) {
  positionId version matches differences { field snapshot replay } differenceCount
  eventsReplayed chainIntact brokenAtVersion lastHash tookMs
} }`;

interface Verification {
  readonly matches: boolean;
  readonly differences: readonly {
    readonly field: string;
    readonly snapshot: string | null;
    readonly replay: string | null;
  }[];
  readonly differenceCount: number;
  readonly eventsReplayed: number;
  readonly chainIntact: boolean;
  readonly brokenAtVersion: number | null;
  readonly lastHash: string | null;
}

async function verify(accountId: string, contractId: string | null = null): Promise<Verification> {
  const key = { bookId: 'BOOK-1', accountId, contractId, symbol: 'AAPL' };
  return ((await viewer.data(VERIFY, { key })) as { verifyPosition: Verification }).verifyPosition;
}

/** Ten purchases of a day each, and a sale that takes the first three lots. */
async function fill(accountId: string): Promise<string> {
  const trades = Array.from({ length: 10 }, (_each, index) =>
    sentTrade({
      accountId,
      tradeId: `${accountId}-T${index + 1}`,
      price: decimal(String(10 + index)),
      effectiveDate: businessDate(`2026-11-0${Math.min(9, index + 1)}`),
    }),
  );
  const sale = { tradeId: `${accountId}-S`, side: 'SELL' as const, quantity: decimal('250') };
  const recorded = await recording.recordTrades([...trades, sentTrade({ accountId, ...sale })]);
  expect(recorded.every(({ type }) => type === 'RECORDED')).toBe(true);
  return aaplKeyOf(accountId);
}

const fieldsOf = ({ differences }: Verification) => differences.map(({ field }) => field);

describe('PS-10 verifyPosition', () => {
  test('finds nothing in a history with corrections, a bust, an amendment and notes', async () => {
    const book = await stories.under('HIFO');
    await book.record(...G1);
    await book.record({ id: 'X', side: 'BUY', quantity: '80', price: '11', on: '2026-03-05' });
    await book.until({ status: 'RECONCILED' });
    await book.amend('E2', { price: '12.50' });
    await book.until({ status: 'RECONCILED' });
    await book.bust('X');
    const estimate = await verify(book.accountId, book.contractId);
    expect(estimate).toMatchObject({ matches: true, chainIntact: true, differences: [] });
    await book.until({ status: 'RECONCILED' });
    await book.record({ id: 'F', side: 'BUY', quantity: '5', price: '9', on: '2026-11-27' });

    const found = await verify(book.accountId, book.contractId);
    expect(found).toMatchObject({
      positionId: book.key.text,
      matches: true,
      differences: [],
      differenceCount: 0,
      chainIntact: true,
      brokenAtVersion: null,
    });
    expect(found.lastHash).toMatch(/^[\w-]{43}$/);
    // A contract that was late may still be noted.
    await expect
      .poll(async () => {
        const { version } = await book.position();
        const { eventsReplayed } = await verify(book.accountId, book.contractId);
        return eventsReplayed - version;
      })
      .toBe(0);
  });

  test('has nothing to find where there is no position', async () => {
    const nothing = { version: 0, matches: true, eventsReplayed: 0, lastHash: null };
    expect(await verify('NOBODY')).toMatchObject(nothing);
  });

  test('sees an event whose figures somebody changed', async () => {
    const key = await fill('V1');
    expect(await verify('V1')).toMatchObject({ matches: true, eventsReplayed: 11 });
    await owner`
      update positions.event_store set price = price + 1
      where position_key = ${key} and event_ver = 7`;
    const found = await verify('V1');
    expect(found).toMatchObject({ matches: false, chainIntact: false, brokenAtVersion: 7 });
    expect(found.differences).toContainEqual({
      field: 'lots[V1-T7].costBasis',
      snapshot: '1600',
      replay: '1600.000001',
    });
    expect(fieldsOf(found)[0]).toBe('events[7].hash');
  });

  test('sees the trail of a gain that somebody changed, which no figure depends on', async () => {
    const key = await fill('V2');
    await owner`
      update positions.event_store
      set meta_lots = jsonb_set(meta_lots, '{openDates,0}', '"2026-10-01"')
      where position_key = ${key} and event_ver = 11`;
    const found = await verify('V2');
    expect(found).toMatchObject({ chainIntact: false, brokenAtVersion: 11, differenceCount: 1 });
  });

  test('sees a hash that was made anew with the event, by the one after it', async () => {
    const key = await fill('V3');
    await owner`
      update positions.event_store set event_hash = 'made-up'
      where position_key = ${key} and event_ver = 5`;
    const found = await verify('V3');
    expect(fieldsOf(found)).toEqual(['events[5].hash', 'events[6].hash']);
    await owner`
      update positions.event_store set event_hash = null where position_key = ${key}`;
    expect(await verify('V3')).toMatchObject({ chainIntact: false, matches: false });
  });

  test('sees events that are gone, from the middle and from the end', async () => {
    const key = await fill('V4');
    await owner`delete from positions.event_store where position_key = ${key} and event_ver = 11`;
    expect((await verify('V4')).differences[0]).toMatchObject({
      field: 'events',
      replay: '11 to 11',
    });
    await owner`
      delete from positions.event_store where position_key = ${key} and event_ver in (4, 5)`;
    const found = await verify('V4');
    expect(found.differences[0]).toMatchObject({ field: 'events', replay: '4 to 5' });
    expect(found).toMatchObject({ matches: false, chainIntact: false, brokenAtVersion: 6 });
  });

  test('sees an event that cannot be read any more', async () => {
    const key = await fill('V5');
    await owner`
      update positions.event_store set payload = '{}'
      where position_key = ${key} and event_ver = 3`;
    expect(fieldsOf(await verify('V5'))).toEqual(['events[3].hash', 'events[3].payload']);
  });

  test('sees a snapshot that is not what the history says', async () => {
    const key = await fill('V6');
    await owner`
      update positions.snapshot_store set realized_pnl = realized_pnl + 1, quantity = quantity + 1
      where position_key = ${key}`;
    expect(fieldsOf(await verify('V6'))).toEqual([
      'quantity',
      'realizedPnl',
      'recordedEffects.quantity',
      'recordedEffects.realizedPnl',
    ]);
  });

  test('sees a snapshot that cannot be read any more', async () => {
    const key = await fill('V10');
    await owner`
      update positions.snapshot_store set lots = '{"ids": 7}' where position_key = ${key}`;
    expect(fieldsOf(await verify('V10'))).toEqual(['snapshot']);
  });

  test('sees times of recording that do not grow', async () => {
    const key = await fill('V7');
    await owner`
      update positions.event_store set recorded_at = recorded_at - interval '1 minute'
      where position_key = ${key} and event_ver = 8`;
    expect(fieldsOf(await verify('V7'))).toEqual(['events[8].recordedAt']);
  });

  test('sees a trade whose command is not kept: it could be counted twice', async () => {
    await fill('V8');
    await owner`delete from positions.idempotency_store where command_id = 'V8-T2'`;
    expect((await verify('V8')).differences).toEqual([
      { field: 'commands[V8-T2]', snapshot: null, replay: `${aaplKeyOf('V8')} 2` },
    ]);
  });

  test('compares the lots of a position that has them in chunks', async () => {
    const trades = Array.from({ length: 600 }, (_each, index) =>
      sentTrade({ accountId: 'V9', tradeId: `V9-${index}`, price: decimal(String(index + 1)) }),
    );
    await recording.recordTrades(trades);
    expect(await verify('V9')).toMatchObject({ matches: true, eventsReplayed: 600 });
    await owner`
      delete from positions.lot_chunk where position_key = ${aaplKeyOf('V9')} and chunk_no = 3`;
    const found = await verify('V9');
    expect(found).toMatchObject({ matches: false, chainIntact: true });
    // 32 lots that are not there, and each time 472 that are not where they were.
    expect(fieldsOf(found).slice(0, 2)).toEqual(['lotCount', 'lots[V9-128].place']);
    expect(found.differenceCount).toBe(1 + 2 * (32 + 472));
    expect(found.differences).toHaveLength(100);
  });
});
