import { afterEach, describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import { systemClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import {
  type ExchangeEmulator,
  startExchangeEmulator,
} from '../../../test/support/exchange-emulator.ts';
import type { SourceTick } from '../domain/tick.ts';
import { createExchangeFeed, reconnectMs } from './exchange-feed.ts';
import { createFailoverFeed } from './failover-feed.ts';
import type { Feed, FeedInstrument, FeedSink } from './feed.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function exchange(firstTradeId?: number): Promise<ExchangeEmulator> {
  const emulator = await startExchangeEmulator(firstTradeId === undefined ? {} : { firstTradeId });
  open.push(emulator.close);
  return emulator;
}

/** Keeps what it is given; `ticks(n)` resolves with the first n. */
function collectingSink() {
  const taken: SourceTick[] = [];
  const unreadable: string[] = [];
  const instruments: FeedInstrument[] = [];
  const waiting: { readonly until: () => boolean; readonly resolve: () => void }[] = [];
  const look = () => {
    for (const each of waiting) if (each.until()) each.resolve();
  };
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      waiting.push({ until: condition, resolve });
      look();
    });
  const sink: FeedSink = {
    take(ticks) {
      taken.push(...ticks);
      look();
      return Promise.resolve();
    },
    unreadable(_source, reason) {
      unreadable.push(reason);
      look();
    },
    addInstruments(added) {
      instruments.push(...added);
      return Promise.resolve();
    },
    restarted: () => Promise.resolve(),
  };
  return {
    sink,
    unreadable,
    instruments,
    async ticks(count: number): Promise<readonly SourceTick[]> {
      await until(() => taken.length >= count);
      return taken.slice(0, count);
    },
    faults: (count: number) => until(() => unreadable.length >= count),
  };
}

async function begin(feed: Feed) {
  const collected = collectingSink();
  open.push(feed.stop);
  await feed.start(collected.sink);
  return collected;
}

const feedOf = (emulator: ExchangeEmulator, more: { readonly silenceLimitMs?: number } = {}) =>
  createExchangeFeed({
    url: emulator.url,
    symbols: ['BTCUSDT', 'ETHUSDT'],
    clock: systemClock,
    logger: silentLogger,
    retryFirstMs: 5,
    ...more,
  });

describe('MD-1 exchange client', () => {
  test('subscribes to trades and quotes and turns them into ticks', async () => {
    const emulator = await exchange();
    const feed = feedOf(emulator);
    const { ticks, instruments } = await begin(feed);
    await emulator.subscribed(1);
    expect(emulator.streams()).toEqual([
      'btcusdt@trade',
      'btcusdt@bookTicker',
      'ethusdt@trade',
      'ethusdt@bookTicker',
    ]);
    expect(instruments).toEqual([
      { symbol: 'BTCUSDT', assetClass: 'CRYPTO', currency: 'USDT' },
      { symbol: 'ETHUSDT', assetClass: 'CRYPTO', currency: 'USDT' },
    ]);
    emulator.trade('BTCUSDT', '61837.63000000');
    emulator.quote('ETHUSDT', '2683.80000000', '2683.81000000');
    const [trade, quote] = await ticks(2);
    expect(trade).toMatchObject({
      symbol: 'BTCUSDT',
      price: decimal('61837.63'),
      size: decimal('0.5'),
      currency: 'USDT',
      sourceSequence: '1000',
      source: 'exchange:trade',
    });
    expect(quote).toMatchObject({
      symbol: 'ETHUSDT',
      price: decimal('2683.805'),
      bid: decimal('2683.8'),
      ask: decimal('2683.81'),
      size: null,
      source: 'exchange:quote',
    });
    expect(feed.status()).toMatchObject({ state: 'LIVE', missedTicks: 0 });
  });

  test('counts what is missing by trade id, and survives what it cannot read', async () => {
    const emulator = await exchange();
    const feed = feedOf(emulator);
    const { ticks, faults, unreadable } = await begin(feed);
    await emulator.subscribed(1);
    emulator.trade('BTCUSDT', '1');
    emulator.trade('BTCUSDT', '1', 'DROP');
    emulator.skipTrades(3);
    emulator.trade('BTCUSDT', '2', 'DUPLICATE');
    emulator.trade('BTCUSDT', '3', 'MALFORMED');
    emulator.send(JSON.stringify({ stream: 'btcusdt@trade', data: { e: 'trade', p: 'NaN' } }));
    await faults(2);
    const taken = await ticks(3);
    // The repeated one is passed on: the rules drop it and count it.
    expect(taken.map(({ sourceSequence }) => sourceSequence)).toEqual(['1000', '1005', '1005']);
    expect(feed.status().missedTicks).toBe(4);
    expect(unreadable[0]).toContain('expected a stream message');
  });

  test('connects anew when the connection is cut, and when the exchange refuses', async () => {
    const emulator = await exchange();
    emulator.refuseNext();
    const feed = feedOf(emulator);
    const { ticks } = await begin(feed);
    await emulator.subscribed(1);
    emulator.disconnect();
    await emulator.subscribed(2);
    emulator.skipTrades(2);
    emulator.trade('BTCUSDT', '1');
    expect(await ticks(1)).toMatchObject([{ sourceSequence: '1002' }]);
    expect(feed.status().state).toBe('LIVE');
  });

  test('gives up a connection that answers nothing any more', async () => {
    const emulator = await exchange();
    const feed = feedOf(emulator, { silenceLimitMs: 60 });
    await begin(feed);
    await emulator.subscribed(1);
    // Pings are answered: quiet markets are no reason to leave.
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(feed.status().state).toBe('LIVE');
    emulator.fallSilent();
    await expect.poll(() => feed.status().problem).toBe('silent for 60 ms');
  });

  test('waits a random time up to a doubled limit between tries', () => {
    expect([1, 2, 3, 20].map((attempt) => reconnectMs(attempt, 250, () => 1))).toEqual([
      250, 500, 1_000, 30_000,
    ]);
    expect(reconnectMs(5, 250, () => 0)).toBe(0);
  });

  test('stops at once while nobody answers', async () => {
    const emulator = await exchange();
    const { url } = emulator;
    await emulator.close();
    open.length = 0;
    const feed = createExchangeFeed({
      url,
      symbols: ['BTCUSDT'],
      clock: systemClock,
      logger: silentLogger,
    });
    await feed.start(collectingSink().sink);
    await feed.stop();
    expect(feed.status().state).toBe('STOPPED');
  });
});

describe('MD-1 failover', () => {
  test('another provider takes over when the first falls silent', async () => {
    const [first, second] = [await exchange(1), await exchange(5)];
    const feed = createFailoverFeed({
      providers: [() => feedOf(first), () => feedOf(second)],
      clock: systemClock,
      logger: silentLogger,
      failoverAfterMs: 100,
    });
    const { ticks } = await begin(feed);
    await first.subscribed(1);
    first.trade('BTCUSDT', '1');
    await ticks(1);
    expect(feed.status()).toMatchObject({ name: first.url, state: 'LIVE' });
    first.fallSilent();
    await second.subscribed(1);
    second.trade('BTCUSDT', '2');
    const taken = await ticks(2);
    expect(taken.map(({ sourceSequence, source }) => [source, sourceSequence])).toEqual([
      ['exchange:trade', '1'],
      ['exchange:trade', '5'],
    ]);
    expect(feed.status()).toMatchObject({ name: second.url, state: 'LIVE' });
  });
});
