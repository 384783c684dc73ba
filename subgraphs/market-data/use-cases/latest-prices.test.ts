import { describe, expect, test } from 'vitest';
import type { AcceptedTick } from '#kernel/topics/accepted-ticks';
import { fixedClock } from '#platform/clock';
import { createPriceHub, latestPrices, priceTicks } from './latest-prices.ts';

const START_MS = Date.parse('2026-11-20T15:00:00Z');

function tick(symbol: string, price: string, sequence = 1): AcceptedTick {
  return {
    instrumentId: `ins_${symbol}`,
    symbol,
    price,
    bid: null,
    ask: null,
    size: null,
    currency: 'USD',
    eventTimeMs: START_MS,
    receivedAtMs: START_MS,
    source: 'test',
    sequence: `${sequence}`,
    quality: 'GOOD',
  };
}

const hubOf = () => createPriceHub(fixedClock(START_MS));
const valueOf = async <T>(stream: AsyncIterableIterator<T>) => (await stream.next()).value as T;

describe('MD-6 every accepted tick', () => {
  test('reaches those who asked for its symbol, in order, and nobody else', async () => {
    const hub = hubOf();
    const [a, b] = [priceTicks(hub, ['AAPL', 'AAPL']), priceTicks(hub, ['KO'])];
    hub.take([tick('AAPL', '1'), tick('KO', '5'), tick('AAPL', '2')]);
    expect([(await valueOf(a)).price, (await valueOf(a)).price]).toEqual(['1', '2']);
    expect((await valueOf(b)).price).toBe('5');
    const next = b.next();
    hub.take([tick('AAPL', '3')]);
    hub.take([tick('KO', '6')]);
    expect(await next).toEqual({ done: false, value: tick('KO', '6') });
  });

  test('several calls of next are answered in order', async () => {
    const hub = hubOf();
    const stream = priceTicks(hub, ['A']);
    const both = Promise.all([stream.next(), stream.next()]);
    hub.take([tick('A', '1'), tick('A', '2')]);
    expect((await both).map(({ value }) => (value as AcceptedTick).price)).toEqual(['1', '2']);
  });

  test('a subscriber that is too slow gets an error, and others do not notice', async () => {
    const hub = hubOf();
    const [slow, quick] = [priceTicks(hub, ['A'], 2), priceTicks(hub, ['A'], 10)];
    hub.take([tick('A', '1'), tick('A', '2'), tick('A', '3')]);
    await expect(slow.next()).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      details: { limit: 'MAX_QUEUED_PER_SUBSCRIBER' },
    });
    expect(await slow.next()).toEqual({ done: true, value: undefined });
    expect((await valueOf(quick)).price).toBe('1');
    expect(hub.subscriptions()).toBe(1);
  });

  test('return ends a waiting next and leaves nothing behind', async () => {
    const hub = hubOf();
    const stream = priceTicks(hub, ['A', 'B']);
    const waiting = stream.next();
    await stream.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(hub.subscriptions()).toBe(0);
    hub.take([tick('A', '1')]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test('up to 1,000 symbols and at least one', () => {
    const many = Array.from({ length: 1_001 }, (_each, index) => `S${index}`);
    expect(() => priceTicks(hubOf(), many)).toThrow('expected 1 to 1000, was 1001');
    expect(() => priceTicks(hubOf(), [])).toThrow('expected 1 to 1000, was 0');
  });
});

describe('MD-6 the latest price per window', () => {
  test('starts with the last known, stale when it has aged', async () => {
    const clock = fixedClock(START_MS);
    const hub = createPriceHub(clock);
    hub.take([tick('A', '1')]);
    clock.advance(60_001);
    const stream = latestPrices(hub, { symbols: ['a', 'B'], windowMs: 10 });
    expect(await valueOf(stream)).toEqual([{ ...tick('A', '1'), quality: 'STALE' }]);
    await stream.return?.();
  });

  test('sends the newest of each symbol that moved', async () => {
    const hub = hubOf();
    const stream = latestPrices(hub, { symbols: ['A', 'B', 'C'], windowMs: 10 });
    hub.take([tick('A', '1'), tick('B', '5'), tick('A', '2')]);
    expect(await valueOf(stream)).toEqual([tick('A', '2'), tick('B', '5')]);
    hub.take([tick('C', '9')]);
    expect(await valueOf(stream)).toEqual([tick('C', '9')]);
    await stream.return?.();
    expect(hub.subscriptions()).toBe(0);
  });

  test('a reader who comes late gets one answer, not a queue', async () => {
    const hub = hubOf();
    const stream = latestPrices(hub, { symbols: ['A'], windowMs: 10 });
    for (let count = 1; count <= 1_000; count++) hub.take([tick('A', `${count}`)]);
    expect(await valueOf(stream)).toEqual([tick('A', '1000')]);
    const next = stream.next();
    await stream.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test('needs a window of 10 ms to a minute', () => {
    const wish = { symbols: ['A'], windowMs: 9 };
    expect(() => latestPrices(hubOf(), wish)).toThrow('windowMs: expected 10 to 60000, was 9');
  });
});
