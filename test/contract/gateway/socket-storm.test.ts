/** The worst moments of sockets. SOCKETS=10000 opens as many as the issue asks for. */

import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { GATEWAY_LIMITS, type Gateway } from '../../../gateway/gateway-options.ts';
import { rawClient, type RawClient } from './raw-client.ts';
import { connect, openSocket } from './socket-client.ts';
import { startSmallGateway } from './small-platform.ts';
import { createStreamPlatform } from './stream-platform.ts';

const SOCKETS = Number(process.env['SOCKETS'] ?? 500);
const OPENED_TOGETHER = 250;
const SYMBOLS = Array.from({ length: 20 }, (_, number) => `S${number}`);
const TICKS = 'subscription ($symbols: [String!]!) { ticks(symbols: $symbols) { symbol number } }';
const PATIENCE = { timeout: 60_000 };
const MEBIBYTE = 1_048_576;

describe('GW-2 storms of sockets', () => {
  const platform = createStreamPlatform();
  const { told } = platform;
  const metrics = new Registry();
  let gateway: Gateway;

  beforeAll(async () => {
    // Bare clients answer no ping.
    const patient = { connectionInitMs: 60_000, pingEveryMs: 600_000, rates: 'off' } as const;
    const limits = { ...GATEWAY_LIMITS, ...patient };
    gateway = await startSmallGateway(platform, { metrics, limits });
  });
  afterAll(() => gateway.stop());

  async function figure(name: string): Promise<number> {
    const found = await metrics.getSingleMetric(`plumbline_gateway_${name}`)?.get();
    return found?.values[0]?.value ?? 0;
  }

  /** Opens all, has one event go to each, and ends them without a word. */
  async function storm(): Promise<void> {
    const clients: RawClient[] = [];
    let heard = 0;
    for (let opened = 0; opened < SOCKETS; opened += OPENED_TOGETHER) {
      const count = Math.min(OPENED_TOGETHER, SOCKETS - opened);
      clients.push(
        ...(await Promise.all(
          Array.from({ length: count }, () => rawClient(gateway.port, 'viewer')),
        )),
      );
    }
    for (const [index, { send, socket }] of clients.entries()) {
      const symbols = Array.from({ length: 5 }, (_, step) => SYMBOLS[(index + step) % 20]);
      send({ type: 'subscribe', id: '1', payload: { query: TICKS, variables: { symbols } } });
      let rest = '';
      socket.on('data', (chunk: Buffer) => {
        const [first = '', ...others] = (rest + chunk.toString('latin1')).split('"type":"next"');
        heard += others.length;
        rest = others.at(-1) ?? first;
      });
    }
    await expect.poll(() => figure('active_subscriptions'), PATIENCE).toBe(SOCKETS);
    expect(await figure('open_sockets')).toBe(SOCKETS);
    expect(told.listeners()).toBe(SYMBOLS.length);
    const executedBefore = platform.executed();
    for (const symbol of SYMBOLS) told.push({ symbol, number: 1 });
    await expect.poll(() => heard, PATIENCE).toBe(SOCKETS * 5);
    expect(platform.executed() - executedBefore).toBe(SYMBOLS.length);
    for (const { socket } of clients) socket.destroy();
  }

  async function nothingIsLeft(): Promise<void> {
    for (const name of ['open_sockets', 'active_subscriptions', 'shared_streams']) {
      await expect.poll(() => figure(name), PATIENCE).toBe(0);
    }
    expect(told.listeners()).toBe(0);
  }

  test(
    'a burst of sockets leaves no stream, listener, timer or memory behind',
    { timeout: 300_000 },
    async () => {
      await storm();
      await nothingIsLeft();
      const [memory, timers] = [usedMemory(), activeTimers()];
      for (let count = 0; count < 2; count += 1) {
        await storm();
        await nothingIsLeft();
      }
      // Not by expect.poll, which has timers of its own.
      for (let left = 100; left > 0 && activeTimers() > timers; left -= 1) await pause(50);
      expect(activeTimers()).toBeLessThanOrEqual(timers);
      expect(usedMemory() - memory).toBeLessThan(16 * MEBIBYTE);
    },
  );

  test('10,000 subscribes of one client: what is above the limit is refused', async () => {
    const client = await connect(gateway.url, { params: { token: 'viewer' } });
    const allowed = GATEWAY_LIMITS.maxSubscriptionsPerSocket;
    for (let number = 0; number < 10_000; number += 1) {
      client.subscribe(`${number}`, TICKS, { variables: { symbols: ['S1'] } });
    }
    const limits = new Set<string>();
    for (let number = allowed; number < 10_000; number += 1) {
      const { type, payload } = await client.next();
      if (limits.size < 5)
        limits.add(`${type} ${/"limit":"(\w+)"/.exec(JSON.stringify(payload))?.[1]}`);
    }
    for (const limit of limits) expect(limit).toMatch(/^error max\w+PerSocket$/);
    expect(await figure('active_subscriptions')).toBe(allowed);
    expect(told.listeners()).toBe(1);
    client.close();
    await nothingIsLeft();
  });

  test('thousands of subscribes and completes of one id leave nothing', async () => {
    const client = await connect(gateway.url, { params: { token: 'viewer' } });
    for (let count = 0; count < 2_000; count += 1) {
      client.subscribe('again', TICKS, { variables: { symbols: ['S1', 'S2'] } });
      client.send({ type: 'complete', id: 'again' });
    }
    client.subscribe('last', '{ motto }');
    // An id that is used again while it ends may be told of the ending.
    let last: unknown;
    const heard = (async () => {
      while (last !== 'last') last = (await client.next()).id;
    })();
    await Promise.race([heard, client.closed.then((closed) => (last = closed))]);
    expect(last).toBe('last');
    await expect.poll(() => figure('active_subscriptions'), PATIENCE).toBeLessThanOrEqual(1);
    client.close();
    await nothingIsLeft();
  });

  test('sockets that end in the middle of subscribing leave nothing', async () => {
    for (let count = 0; count < 200; count += 1) {
      const { send, socket } = await rawClient(gateway.port, 'viewer');
      send({
        type: 'subscribe',
        id: '1',
        payload: { query: TICKS, variables: { symbols: SYMBOLS } },
      });
      if (count % 2 === 0) socket.end();
      else socket.destroy();
    }
    await nothingIsLeft();
    expect(await figure('open_sockets')).toBe(0);
  });

  test.each([
    ['5 MB', 'x'.repeat(5 * MEBIBYTE), 1009],
    ['garbage', '\u0000{]', 4400],
    ['an array', '[]', 4400],
    ['a subscribe without an id', '{"type":"subscribe","payload":{"query":"{ motto }"}}', 4400],
    ['a subscribe without a query', '{"type":"subscribe","id":"1","payload":{}}', 4400],
    ['subscribing first', '{"type":"subscribe","id":"1","payload":{"query":"{ motto }"}}', 4401],
  ])('%s closes that socket alone, with the code of the protocol', async (_name, text, code) => {
    const other = await connect(gateway.url);
    const socket = new WebSocket(gateway.url.replace('http', 'ws'), 'graphql-transport-ws');
    await new Promise((resolve) => socket.once('open', resolve));
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.send(text);
    expect(await closed).toBe(code);
    other.subscribe('1', '{ motto }');
    expect(await other.frame('1')).toEqual({ data: { motto: 'true to the line' } });
    other.close();
    await nothingIsLeft();
  });

  test('a client that does not say hello is closed with 4408', async () => {
    const limits = { ...GATEWAY_LIMITS, connectionInitMs: 50 };
    const strict = await startSmallGateway(platform, { limits });
    const socket = await openSocket(strict.url);
    expect((await socket.closed).code).toBe(4408);
    await strict.stop();
  });
});

function usedMemory(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
}
