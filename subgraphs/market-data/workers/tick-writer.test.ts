import { describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import { currencyCode } from '#kernel/money';
import { silentLogger } from '#platform/logger';
import type { InstrumentId } from '../domain/instrument.ts';
import type { StoredTick } from '../domain/stored-tick.ts';
import type { TickWrite } from '../store/tick-repository.ts';
import type { TickChange } from '../use-cases/ingest-ticks.ts';
import { createTickQueue } from './tick-queue.ts';
import { createTickWriter } from './tick-writer.ts';

function stored(sequence: number, price = '1'): StoredTick {
  return {
    instrumentId: `ins_${sequence % 3}` as InstrumentId,
    currency: currencyCode('USD'),
    sequence: BigInt(sequence),
    supersedes: null,
    tick: {
      symbol: 'A',
      price: decimal(price),
      bid: null,
      ask: null,
      size: null,
      currency: null,
      eventTimeMs: 0,
      recordedEventTimeMs: null,
      source: 'test',
      sourceSequence: null,
      isSimulated: false,
      receivedAtMs: 0,
      quality: 'GOOD',
      flags: [],
    },
  };
}

const change = (...ticks: StoredTick[]): TickChange => ({ ticks, held: [], ended: [] });

function writerTo(write: (write: TickWrite) => Promise<void>) {
  const lost: number[] = [];
  const writer = createTickWriter({
    write,
    nowMs: () => Date.now(),
    logger: silentLogger,
    observer: { written: () => undefined, lost: (rows) => lost.push(rows) },
  });
  return { writer, lost };
}

describe('MD-7 the tick writer', () => {
  test('commits what came during a commit together, in order', async () => {
    const batches: number[][] = [];
    let release: () => void = () => undefined;
    const { writer } = writerTo(async ({ ticks }) => {
      batches.push(ticks.map(({ sequence }) => Number(sequence)));
      if (batches.length === 1) await new Promise<void>((resolve) => (release = resolve));
    });
    writer.start();
    writer.add(change(stored(1)));
    const first = writer.committed();
    await expect.poll(() => batches.length).toBe(1);
    for (let sequence = 2; sequence <= 50; sequence++) writer.add(change(stored(sequence)));
    const all = writer.committed();
    release();
    await Promise.all([first, all]);
    expect(batches).toEqual([[1], Array.from({ length: 49 }, (_each, index) => index + 2)]);
    expect(writer.unwrittenRows()).toBe(0);
    await writer.stop();
  });

  test('writes at most 1,000 ticks at once and makes ingestion wait above 50,000', async () => {
    const sizes: number[] = [];
    const { writer } = writerTo(({ ticks }) => {
      sizes.push(ticks.length);
      return Promise.resolve();
    });
    const batch = change(...Array.from({ length: 700 }, (_each, index) => stored(index)));
    for (let count = 0; count < 72; count++) writer.add(batch);
    let hasRoom = false;
    const seek = async () => {
      await writer.room();
      hasRoom = true;
    };
    const room = seek();
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    writer.start();
    await room;
    await writer.committed();
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(72 * 700);
    await writer.stop();
  });

  test('tries again while the database is away, and loses nothing', async () => {
    let failures = 3;
    const written: bigint[] = [];
    const { writer, lost } = writerTo(({ ticks }) => {
      if (failures-- > 0) return Promise.reject(new Error('connection refused'));
      written.push(...ticks.map(({ sequence }) => sequence));
      return Promise.resolve();
    });
    writer.start();
    writer.add(change(stored(1), stored(2)));
    await writer.committed();
    expect(written).toEqual([1n, 2n]);
    expect(lost).toEqual([]);
    await writer.stop();
  });

  test('leaves out only the row that the database refuses for what it holds', async () => {
    const written: bigint[] = [];
    const { writer, lost } = writerTo(({ ticks, lastPrices }) => {
      if ([...ticks, ...lastPrices].some(({ sequence }) => sequence === 5n)) {
        return Promise.reject(Object.assign(new Error('out of range'), { code: '22003' }));
      }
      written.push(...ticks.map(({ sequence }) => sequence));
      return Promise.resolve();
    });
    writer.start();
    writer.add(change(...[1, 2, 3, 4, 5, 6, 7].map((sequence) => stored(sequence))));
    await writer.committed();
    await writer.stop();
    expect([...new Set(written)]).toEqual([1n, 2n, 3n, 4n, 6n, 7n]);
    expect(lost).toEqual([1]);
  });

  test('stores the last price of each instrument once more before it stops', async () => {
    const prices: StoredTick[] = [];
    const { writer } = writerTo(({ lastPrices }) => {
      prices.push(...lastPrices);
      return Promise.resolve();
    });
    writer.start();
    writer.add(change(stored(1)));
    await writer.committed();
    writer.add(change(stored(4), stored(7)));
    await writer.committed();
    expect(prices.map(({ sequence }) => sequence)).toEqual([1n]);
    await writer.stop();
    expect(prices.map(({ sequence }) => sequence)).toEqual([1n, 7n]);
  });
});

describe('MD-1 the queue of ticks', () => {
  const nothing = { accepted: 0, rejected: [], quarantined: [] };
  const [{ tick }] = [stored(1)];

  test('refuses a caller when it is full, lets a feed wait, and keeps the order', async () => {
    const seen: number[] = [];
    let release: () => void = () => undefined;
    const hold = new Promise<void>((resolve) => (release = resolve));
    const queue = createTickQueue(async (ticks) => {
      await hold;
      seen.push(ticks.length);
      return nothing;
    }, 1_500);
    const batchOf = (length: number) => Array.from({ length }, () => tick);
    const batches = [500, 501].map((size) => queue.submit(batchOf(size)));
    await expect(queue.submit(batchOf(500))).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { limit: 'MAX_QUEUED_TICKS' },
    });
    expect(queue.queuedTicks()).toBe(1_001);
    const room = queue.room();
    release();
    await Promise.all([room, ...batches]);
    expect(seen).toEqual([500, 501]);
    expect(queue.queuedTicks()).toBe(0);
  });

  test('goes on after a batch that failed', async () => {
    let calls = 0;
    const queue = createTickQueue(() =>
      ++calls === 1 ? Promise.reject(new Error('no database')) : Promise.resolve(nothing),
    );
    const first = queue.submit([tick]);
    const second = queue.submit([tick]);
    await expect(first).rejects.toThrow('no database');
    await expect(second).resolves.toEqual(nothing);
  });
});
