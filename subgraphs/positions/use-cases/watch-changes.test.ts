import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import {
  anyPositionChange,
  type PositionChange,
  positionChanged,
} from '#kernel/topics/position-changed';
import { pause } from '#platform/backoff';
import { createMemoryEventLog, type MemoryEventLog } from '#platform/event-log/memory-event-log';
import { createTopicTail, type TopicTail } from '#platform/event-log/topic-tail';
import { silentLogger } from '#platform/logger';
import type { RecordedEvent } from '../store/event-codec.ts';
import type { EventRef } from '../store/positions.ts';
import { type Change, MAX_EVENTS_AHEAD, watchChanges } from './watch-changes.ts';

let log: MemoryEventLog;
let changes: TopicTail<PositionChange>;
/** How many events each read asked for. */
let reads: number[];
let isStoreDown: boolean;

beforeEach(() => {
  log = createMemoryEventLog();
  changes = createTopicTail({
    eventLog: log,
    eventType: anyPositionChange,
    logger: silentLogger,
    pause,
  });
  reads = [];
  isStoreDown = false;
});
afterEach(async () => {
  await changes.close();
  await log.close();
});

const positions = {
  eventsOf: (refs: readonly EventRef[]) => {
    reads.push(refs.length);
    if (isStoreDown) return Promise.reject(new Error('the store is down'));
    return Promise.resolve(refs.map(storedEvent));
  },
};

/** As much of it as these tests look at. */
const storedEvent = ({ key, version }: EventRef) =>
  ({ version, event: { type: 'CONTRACT_GENERATED', tradeId: key.text } }) as RecordedEvent;

const changeOf = (eventVersion: number) => ({
  topic: positionChanged.topic,
  key: 'BOOK-1|ACC-1|INS_AAPL|USD|-|NET',
  type: positionChanged.name,
  version: positionChanged.version,
  payload: positionChanged.encode({
    positionKey: 'BOOK-1|ACC-1|INS_AAPL|USD|-|NET',
    bookId: 'BOOK-1',
    accountId: 'ACC-1',
    contractId: null,
    instrumentId: 'ins_AAPL',
    symbol: 'AAPL',
    currency: 'USD',
    eventVersion,
    positionQuantity: decimal('1'),
    positionCostBasis: decimal('1'),
    positionRealizedPnl: decimal('0'),
    positionLotCount: 1,
    reliefMethod: 'FIFO',
    reconciliationStatus: 'RECONCILED',
    user: 'trader',
    eventType: 'TRADE_APPLIED',
    tradeId: null,
  }),
  correlationId: 'correlation-1',
  causationId: null,
});

const versions = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

async function take(stream: AsyncIterator<Change>, count: number): Promise<Change[]> {
  const taken: Change[] = [];
  while (taken.length < count) {
    const { value, done } = await stream.next();
    if (done === true) throw new Error('the stream ended');
    taken.push(value);
  }
  return taken;
}

const versionIn = async ({ recorded }: Change) => (await recorded())?.version;

describe('positionChanged', () => {
  test('reads the events of changes that wait together, each change its own', async () => {
    const stream = await watchChanges({ changes, positions }, {}, '0');
    const count = 2 * MAX_EVENTS_AHEAD + 20;
    await log.append(versions(count).map(changeOf));
    const seen: (number | undefined)[] = [];
    while (seen.length < count) {
      for (const change of await take(stream, 1)) seen.push(await versionIn(change));
    }
    expect(seen).toEqual(versions(count));
    expect(reads).toEqual([MAX_EVENTS_AHEAD, MAX_EVENTS_AHEAD, 20]);
  });

  test('reads no event that nobody asks for', async () => {
    const stream = await watchChanges({ changes, positions }, {}, '0');
    await log.append(versions(3).map(changeOf));
    expect((await take(stream, 3)).map(({ event }) => event.eventVersion)).toEqual([1, 2, 3]);
    expect(reads).toEqual([]);
  });

  test('reads again for the next change what could not be read', async () => {
    const stream = await watchChanges({ changes, positions }, {}, '0');
    await log.append(versions(2).map(changeOf));
    const [first, second] = await take(stream, 2);
    isStoreDown = true;
    await expect(first?.recorded()).rejects.toThrow('the store is down');
    isStoreDown = false;
    expect((await second?.recorded())?.version).toBe(2);
  });

  test('lets go of the topic when the reader leaves, with changes still in hand', async () => {
    const stream = await watchChanges({ changes, positions }, {}, '0');
    await log.append(versions(3).map(changeOf));
    await take(stream, 1);
    await stream.return?.();
    expect(await stream.next()).toEqual({ value: undefined, done: true });
    await expect.poll(() => changes.followers, { timeout: 15_000 }).toBe(0);
  });
});
