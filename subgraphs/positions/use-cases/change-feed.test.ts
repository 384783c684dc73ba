import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { tradeApplied } from '#kernel/topics/trade-applied';
import { pause } from '#platform/backoff';
import { createMemoryEventLog, type MemoryEventLog } from '#platform/event-log/memory-event-log';
import { silentLogger } from '#platform/logger';
import type { LogRecord, NewRecord } from '#platform/ports';
import { ChangeFeed } from './change-feed.ts';
import { CHANGES_PER_READ, type Change, MAX_RECENT_CHANGES } from './change-tail.ts';

let log: MemoryEventLog;
let feed: ChangeFeed;
let reads: number;
/** What the next reads of the log do instead. */
let failures: Error[];

beforeEach(() => {
  log = createMemoryEventLog();
  reads = 0;
  failures = [];
  feed = new ChangeFeed({
    eventLog: {
      readAfter: (topic, after, limit): Promise<readonly LogRecord[]> => {
        reads += 1;
        const failure = failures.shift();
        return failure ? Promise.reject(failure) : log.readAfter(topic, after, limit);
      },
    },
    currentEnd: async () =>
      (await log.readAfter('trade-applied', null, 1e6)).at(-1)?.sequence ?? '0',
    logger: silentLogger,
    // A tenth of the time: the failed read, too, is soon tried again.
    pause: (ms, signal) => pause(ms / 10, signal),
  });
});
afterEach(async () => {
  await feed.close();
  await log.close();
});

const change = (eventVersion: number, accountId = 'ACC-1'): NewRecord => ({
  topic: tradeApplied.topic,
  key: accountId,
  type: tradeApplied.name,
  version: tradeApplied.version,
  payload: tradeApplied.encode({
    positionKey: `BOOK-1|${accountId}|INS_AAPL|USD|-|NET`,
    bookId: 'BOOK-1',
    accountId,
    contractId: null,
    instrumentId: 'ins_AAPL',
    symbol: 'AAPL',
    currency: 'USD',
    eventVersion,
    tradeId: `T${eventVersion}`,
    clOrdId: null,
    side: 'BUY',
    quantity: decimal('1'),
    price: decimal('1'),
    fees: decimal('0'),
    effectiveDate: businessDate('2026-11-20'),
    classification: 'CURRENT_DATED',
    tradeRealizedPnl: decimal('0'),
    positionQuantity: decimal('1'),
    positionCostBasis: decimal('1'),
    positionRealizedPnl: decimal('0'),
    positionLotCount: 1,
    reliefMethod: 'FIFO',
    reconciliationStatus: 'RECONCILED',
    user: 'trader',
  }),
  correlationId: 'correlation-1',
  causationId: null,
});

const changes = (from: number, to: number): NewRecord[] =>
  Array.from({ length: to - from + 1 }, (_, index) => change(from + index));

const take = async (stream: AsyncIterator<Change>, count: number): Promise<Change[]> => {
  const taken: Change[] = [];
  while (taken.length < count) {
    const { value, done } = await stream.next();
    if (done === true) throw new Error('the stream ended');
    taken.push(value);
  }
  return taken;
};

const versionsOf = (taken: readonly Change[]) => taken.map(({ applied }) => applied.eventVersion);
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('streams of changes', () => {
  test('begin with what comes after they were opened', async () => {
    await log.append(changes(1, 3));
    const stream = await feed.changes({}, null);
    await log.append(changes(4, 6));
    expect(versionsOf(await take(stream, 3))).toEqual([4, 5, 6]);
  });

  test('share one tail, however many they are', async () => {
    const streams = await Promise.all(range(1, 50).map(() => feed.changes({}, null)));
    const taken = streams.map((stream) => take(stream, 20));
    for (const version of range(1, 20)) {
      await log.append([change(version)]);
      feed.nudge();
    }
    for (const each of await Promise.all(taken)) expect(versionsOf(each)).toEqual(range(1, 20));
    expect(reads).toBeLessThan(50 + 40);
  });

  test('fall behind the memory and still miss nothing', async () => {
    const fast = await feed.changes({}, null);
    const slow = await feed.changes({}, null);
    const [first] = await Promise.all([slow.next(), log.append([change(1)])]);
    expect(first.value?.applied.eventVersion).toBe(1);
    const total = MAX_RECENT_CHANGES + 3 * CHANGES_PER_READ;
    await log.append(changes(2, total));
    expect(versionsOf(await take(fast, total))).toEqual(range(1, total));
    expect(versionsOf(await take(slow, total - 1))).toEqual(range(2, total));
    await log.append([change(total + 1)]);
    expect(versionsOf(await take(slow, 1))).toEqual([total + 1]);
  });

  test('resume after any change', async () => {
    await log.append(changes(1, 10));
    const seen = await take(await feed.changes({}, '0'), 10);
    const resumed = await feed.changes({}, seen[6]?.sequence ?? '');
    expect(versionsOf(await take(resumed, 3))).toEqual([8, 9, 10]);
  });

  test('show what the filter asks for only, in any case of letters', async () => {
    const stream = await feed.changes({ accountId: 'acc-2', status: 'RECONCILED' }, null);
    await log.append([change(1), change(2, 'ACC-2'), change(3), change(4, 'ACC-2')]);
    expect(versionsOf(await take(stream, 2))).toEqual([2, 4]);
  });

  test('go on when the log was away for a while', async () => {
    const stream = await feed.changes({}, null);
    const taken = take(stream, 2);
    failures.push(new Error('away'), new Error('still away'));
    await log.append(changes(1, 2));
    feed.nudge();
    expect(versionsOf(await taken)).toEqual([1, 2]);
  });

  test('pass over a record that cannot be read', async () => {
    const stream = await feed.changes({}, null);
    await log.append([change(1), { ...change(2), payload: {} }, change(3)]);
    expect(versionsOf(await take(stream, 2))).toEqual([1, 3]);
  });

  test('end when the feed closes, and leave no follower behind', async () => {
    const streams = [await feed.changes({}, null), feed.corrections(null)];
    const pending = streams.map((stream) => stream.next());
    await feed.close();
    for (const each of await Promise.all(pending)) expect(each.done).toBe(true);
    expect(feed.followers).toBe(0);
  });
});
