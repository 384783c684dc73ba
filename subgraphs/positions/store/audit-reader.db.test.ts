import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { storeEvents } from '../../../test/support/stored-events.ts';
import type { AuditedEvent, AuditFilter } from '../domain/audited-event.ts';
import { chooseRoad, eventsAfter } from './audit-query.ts';
import { type AuditReader, createAuditReader, ROWS_PER_BATCH } from './audit-reader.ts';

/** More than are fetched and sorted, and more than one statement of a long reading takes. */
const EVENTS = 60_000;
const FROM = '2026-01-01T00:00:00Z';

let database: TestDatabase;
let sql: Sql;
let audit: AuditReader;

beforeAll(async () => {
  database = await createTestDatabase();
  const owner = postgres(database.ownerUrl, { max: 1 });
  await storeEvents(owner, { count: EVENTS, from: FROM });
  // Equal times, which only position and version tell apart.
  await owner`
    update positions.event_store set recorded_at = date_trunc('hour', recorded_at)
    where recorded_at < ${FROM}::timestamptz + interval '2 hours'`;
  await owner.end();
  sql = openPool({ url: database.url, maxConnections: 2, applicationName: 'audit-test' });
  audit = createAuditReader(sql);
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

async function everything(filter: AuditFilter): Promise<readonly AuditedEvent[]> {
  const events: AuditedEvent[] = [];
  for await (const batch of audit.all(filter)) events.push(...batch);
  return events;
}

async function pages(filter: AuditFilter, first: number): Promise<readonly AuditedEvent[]> {
  const events: AuditedEvent[] = [];
  let after: readonly string[] | undefined;
  for (;;) {
    const rows = await audit.list(filter, { list: 'positionEvents', first, after });
    const page = rows.slice(0, first);
    events.push(...page);
    const last = page.at(-1);
    if (rows.length <= first || last === undefined) return events;
    after = [last.recordedAt, last.positionKey, String(last.version)];
  }
}

function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}

const nameOf = ({ positionKey, version }: AuditedEvent) => `${positionKey}#${version}`;
const tradesOf = (events: readonly AuditedEvent[]) =>
  events.map(({ tradeId }) => Number(tradeId?.slice(1))).sort((a, b) => a - b);
const numbers = (wanted: (n: number) => boolean) =>
  Array.from({ length: EVENTS }, (_, n) => n).filter(wanted);

/** What the server had to look at for a page of 100 that starts in the middle. */
async function blocksOfPage(filter: AuditFilter): Promise<number> {
  const place = { recordedAt: '2026-01-01T08:00:00.000000Z', positionKey: 'BOOK', version: 1 };
  const road = await chooseRoad(sql, filter);
  const [row] = await sql<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }[]>`
    explain (analyze, buffers, format json)
    ${eventsAfter(sql, filter, { road, place, limit: 100 })}`;
  const plan = row?.['QUERY PLAN'][0].Plan ?? {};
  return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
}

describe('PS-12 a page of the audit trail', () => {
  /** Sixteen partitions, each with an index to go down, and rows that lie apart. */
  const FEW_BLOCKS = 1_500;

  test.each<[string, AuditFilter]>([
    ['of all', {}],
    ['of a position', { positionKey: 'BOOK-7|ACCOUNT-17|INS_X|USD|-|NET' }],
    ['of an account', { accountId: 'ACCOUNT-13' }],
    ['of an instrument', { symbol: 'X' }],
    ['of a workflow', { correlationId: 'workflow-5000' }],
    ['of a user', { user: 'user-3' }],
    ['of a user who did nothing', { user: 'nobody' }],
    ['of a trade', { tradeId: 'T50000' }],
    ['of a rare type', { types: ['PRICE_RESET'] }],
    ['of an hour', { fromMs: Date.parse('2026-01-01T09:00:00Z') }],
  ])('%s costs what it holds, not what there is', async (_what, filter) => {
    const [table] = await sql<{ blocks: number }[]>`
      select sum(pg_relation_size(relid) / 8192)::int as blocks
      from pg_partition_tree('positions.event_store')`;
    expect(table?.blocks).toBeGreaterThan(2 * FEW_BLOCKS);
    expect(await blocksOfPage(filter)).toBeLessThan(FEW_BLOCKS);
  });
});

describe('PS-12 the audit trail', () => {
  test('read to the end has every event once, in the order of recording', async () => {
    const events = await everything({});
    expect(tradesOf(events)).toEqual(numbers(() => true));
    const places = events.map((each) => [each.recordedAt, each.positionKey, each.version] as const);
    expect(
      places.every(([time, key, version], index) => {
        const [beforeTime, beforeKey, beforeVersion] = places[index - 1] ?? ['', '', 0];
        if (time !== beforeTime) return time > beforeTime;
        return key === beforeKey ? version > beforeVersion : key > beforeKey;
      }),
    ).toBe(true);
  });

  test('is the same in pages, also where thousands have one time', async () => {
    const wanted: AuditFilter = { toMs: Date.parse('2026-01-01T02:00:00Z') };
    const inPages = await pages(wanted, 499);
    expect(inPages).toHaveLength(7_200);
    expect(inPages.map(nameOf)).toEqual((await everything(wanted)).map(nameOf));
  });

  test.each<[string, AuditFilter, (n: number) => boolean]>([
    ['position', { positionKey: 'BOOK-7|ACCOUNT-17|INS_X|USD|-|NET' }, (n) => n % 1000 === 17],
    ['book, in any case', { bookId: 'book-3' }, (n) => n % 10 === 3],
    ['account and book', { bookId: 'BOOK-3', accountId: 'ACCOUNT-13' }, (n) => n % 1000 === 13],
    ['book without that account', { bookId: 'BOOK-4', accountId: 'ACCOUNT-13' }, () => false],
    ['contract', { contractId: 'C' }, () => false],
    ['correlation', { correlationId: 'workflow-77' }, (n) => n >= 770 && n < 780],
    ['symbol', { symbol: 'x' }, () => true],
    ['user and symbol', { user: 'user-5', symbol: 'x' }, (n) => n % 7 === 5],
    ['trade', { tradeId: 'T4711' }, (n) => n === 4711],
    ['unknown trade', { tradeId: 'none' }, () => false],
    ['type', { types: ['PRICE_RESET'] }, () => false],
    ['no type', { types: [] }, () => true],
    [
      'time: from is in it, to is not',
      { fromMs: Date.parse('2026-01-01T03:00:00Z'), toMs: Date.parse('2026-01-01T03:00:10Z') },
      (n) => n >= 10_800 && n < 10_810,
    ],
  ])('by %s', async (_what, filter, isWanted) => {
    expect(tradesOf(await everything(filter))).toEqual(numbers(isWanted));
  });

  test.each<[string, AuditFilter]>([
    ['one position', { positionKey: 'BOOK-7|ACCOUNT-17|INS_X|USD|-|NET' }],
    ['few positions', { accountId: 'ACCOUNT-13' }],
    ['many positions', { symbol: 'X', types: ['TRADE_APPLIED'], user: 'user-1' }],
  ])('of %s is the same in pages', async (_what, filter) => {
    const inPages = await pages({ ...filter, toMs: Date.parse('2026-01-01T10:00:00Z') }, 13);
    const whole = await everything({ ...filter, toMs: Date.parse('2026-01-01T10:00:00Z') });
    expect(inPages.map(nameOf)).toEqual(whole.map(nameOf));
    expect(whole.length).toBeGreaterThan(13);
  });

  test('is read a few at a time, and no further than it is taken', async () => {
    const reading = audit.all({});
    const first = await reading.next();
    expect(first.value).toHaveLength(ROWS_PER_BATCH);
    await reading.return(undefined);
    expect(await everything({ tradeId: 'T1' })).toHaveLength(1);
  });

  test('knows when what was being written at a moment can be seen', async () => {
    const writer = postgres(database.ownerUrl, { max: 1 });
    const written = deferred();
    const mayCommit = deferred();
    const writing = writer.begin(async (tx) => {
      await tx`update positions.snapshot_store set lot_count = 2 where book_id = 'BOOK-1'`;
      written.resolve();
      await mayCommit.promise;
    });
    await written.promise;
    const moment = await audit.now();
    expect(moment.instant).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(await audit.isSettled(moment)).toBe(false);
    mayCommit.resolve();
    await writing;
    // A transaction in any database of the cluster that began before it counts, too.
    await expect.poll(() => audit.isSettled(moment)).toBe(true);
    await writer.end();
  });
});
