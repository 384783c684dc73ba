import { once } from 'node:events';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GATEWAY_LIMITS, type Gateway } from '../../../gateway/gateway-options.ts';
import { messagesOf, rawClient, type RawClient } from './raw-client.ts';
import { connect, type SocketClient } from './socket-client.ts';
import { startSmallGateway } from './small-platform.ts';
import { createStreamPlatform } from './stream-platform.ts';

const PATIENCE = { timeout: 15_000 };
const TEXT = 'x'.repeat(20_000);
/** The kernel takes megabytes for a reader that has stalled. */
const ENOUGH_EVENTS = 700;
const STALLED = 20;
const READING = 20;

describe('GW-2 slow clients', () => {
  const platform = createStreamPlatform();
  const { told } = platform;
  let metrics = new Registry();
  let gateway: Gateway;

  async function started(limits: Partial<typeof GATEWAY_LIMITS>): Promise<void> {
    metrics = new Registry();
    gateway = await startSmallGateway(platform, {
      metrics,
      limits: { ...GATEWAY_LIMITS, ...limits },
    });
  }

  async function figure(name: string): Promise<number> {
    const found = await metrics.getSingleMetric(`plumbline_gateway_${name}`)?.get();
    return found?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
  }

  function stalled(query: string): Promise<RawClient[]> {
    return Promise.all(
      Array.from({ length: STALLED }, async () => {
        const client = await rawClient(gateway.port, 'viewer');
        client.send({ type: 'subscribe', id: '1', payload: { query } });
        client.stall();
        return client;
      }),
    );
  }

  async function reading(query: string, count = READING): Promise<SocketClient[]> {
    const sockets = await Promise.all(
      Array.from({ length: count }, () => connect(gateway.url, { params: { token: 'viewer' } })),
    );
    for (const socket of sockets) socket.subscribe('1', query);
    return sockets;
  }

  describe('of events that must not be skipped', () => {
    const ORDERS = 'subscription { orders(book: "B") { number text } }';
    beforeAll(() => started({}));
    afterAll(() => gateway.stop());

    test('are closed with 4490, and those who read get every event in order', async () => {
      const slow = await stalled(ORDERS);
      const sockets = await reading(ORDERS);
      await expect.poll(() => figure('active_subscriptions'), PATIENCE).toBe(STALLED + READING);
      for (let number = 1; number <= ENOUGH_EVENTS; number += 1) {
        told.push({ symbol: 'B', number, text: TEXT });
        for (const socket of sockets) {
          expect(await socket.frame('1')).toEqual({ data: { orders: { number, text: TEXT } } });
        }
      }
      await expect.poll(() => figure('slow_sockets_closed_total'), PATIENCE).toBe(STALLED);
      await expect.poll(() => figure('active_subscriptions'), PATIENCE).toBe(READING);
      expect(await figure('events_skipped_total')).toBe(0);
      // What a slow client finds when it reads on: no gap, and then the reason, if still there.
      const [first] = slow;
      const found = first ? await restOf(first) : [];
      const numbers = found.flatMap((text) => /"number":(\d+)/.exec(text)?.[1] ?? []).map(Number);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      for (const { socket } of slow) socket.destroy();
      for (const socket of sockets) socket.close();
      await expect.poll(() => figure('open_sockets'), PATIENCE).toBe(0);
      expect(told.listeners()).toBe(0);
    });
  });

  describe('of prices', () => {
    const PRICES = 'subscription { ticks(symbols: ["A", "B"]) { symbol number text } }';
    beforeAll(() => started({ pingEveryMs: 600_000 }));
    afterAll(() => gateway.stop());

    test('skip to the newest of each symbol, and are not closed', async () => {
      const [slow] = await stalled(PRICES);
      const [fast] = await reading(PRICES, 1);
      await expect.poll(() => figure('active_subscriptions'), PATIENCE).toBe(STALLED + 1);
      for (let number = 1; number <= ENOUGH_EVENTS; number += 1) {
        for (const symbol of ['A', 'B']) {
          told.push({ symbol, number, text: TEXT });
          await fast?.frame('1');
        }
      }
      expect(await figure('events_skipped_total')).toBeGreaterThan(0);
      expect(await figure('slow_sockets_closed_total')).toBe(0);
      expect(await figure('active_subscriptions')).toBe(STALLED + 1);
      const last = new Map<string, number>();
      await expect.poll(() => readOn(slow, last), PATIENCE).toEqual([ENOUGH_EVENTS, ENOUGH_EVENTS]);
      fast?.close();
    });
  });

  describe('that answer no ping', () => {
    beforeAll(() => started({ pingEveryMs: 100, maxPongAgeMs: 300 }));
    afterAll(() => gateway.stop());
    beforeEach(() => metrics.resetMetrics());

    test.each([
      ['a silent reader', () => Buffer.alloc(0)],
      ['half a frame', () => Buffer.from([0x81, 0xfe, 0x10, 0x00, 0, 0, 0, 0, 0x7b])],
      ['half a header', () => Buffer.from([0x81])],
    ])('are closed with 4490, others stay: %s', async (_name, sent) => {
      const silent = await rawClient(gateway.port, 'viewer');
      const received: Buffer[] = [];
      silent.socket.on('data', (chunk: Buffer) => received.push(chunk));
      const alive = await connect(gateway.url, { params: { token: 'viewer' } });
      silent.socket.write(sent());
      await expect
        .poll(() => messagesOf(Buffer.concat(received)).at(-1), PATIENCE)
        .toBe('close 4490');
      expect(alive.isOpen()).toBe(true);
      expect(await figure('slow_sockets_closed_total')).toBe(1);
      // Whoever does not answer the closing either is cut off.
      if (!silent.socket.closed) await once(silent.socket, 'close');
      alive.close();
    });
  });
});

/** Everything that still comes, until the connection ends. */
async function restOf({ socket }: RawClient): Promise<string[]> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
  return messagesOf(Buffer.concat(chunks));
}

const unread = new WeakMap<RawClient, Buffer[]>();

/** The newest number of each symbol read so far. */
function readOn(client: RawClient | undefined, last: Map<string, number>): number[] {
  if (!client) return [];
  let chunks = unread.get(client);
  if (!chunks) {
    const fresh: Buffer[] = [];
    chunks = fresh;
    unread.set(client, fresh);
    client.socket.on('data', (chunk: Buffer) => fresh.push(chunk));
    client.socket.resume();
  }
  for (const text of messagesOf(Buffer.concat(chunks))) {
    const [, symbol, number] = /"symbol":"(\w)","number":(\d+)/.exec(text) ?? [];
    if (symbol !== undefined) last.set(symbol, Number(number));
  }
  return [last.get('A') ?? 0, last.get('B') ?? 0];
}
