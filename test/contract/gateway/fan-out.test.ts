import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Gateway } from '../../../gateway/gateway-options.ts';
import { connect, type SocketClient, until } from './socket-client.ts';
import { MODES, startSmallGateway } from './small-platform.ts';
import { createStreamPlatform } from './stream-platform.ts';

const TICKS = 'subscription ($symbols: [String!]!) { ticks(symbols: $symbols) { symbol number } }';

describe.each(MODES)('GW-2 streams are shared, subgraphs %s', (mode) => {
  const platform = createStreamPlatform(mode);
  const { told, opened, readers } = platform;
  const metrics = new Registry();
  const open: SocketClient[] = [];
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await startSmallGateway(platform, { metrics });
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    opened.length = 0;
    readers.length = 0;
  });
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.close();
    await until(() => told.listeners() === 0);
    await vi.waitFor(nothingIsLeft, { timeout: 15_000 });
  });

  async function nothingIsLeft(): Promise<void> {
    const left = (await gauge('shared_streams')) + (await gauge('active_subscriptions'));
    if (left > 0) throw new Error(`${left} streams were left behind`);
  }

  async function as(role: string): Promise<SocketClient> {
    const socket = await connect(gateway.url, { params: { token: role } });
    open.push(socket);
    return socket;
  }

  async function gauge(name: string): Promise<number> {
    const found = await metrics.getSingleMetric(`plumbline_gateway_${name}`)?.get();
    return found?.values[0]?.value ?? 0;
  }

  test('one stream for each key, one execution for each event, whatever the clients', async () => {
    const symbols = [['A', 'B'], ['B', 'C'], ['C', 'A'], ['A'], ['C', 'B', 'A']];
    const sockets = await Promise.all(symbols.map(() => as('viewer')));
    for (const [index, socket] of sockets.entries()) {
      socket.subscribe(`id ${index}`, TICKS, { variables: { symbols: symbols[index] } });
    }
    await expect.poll(() => gauge('active_subscriptions'), { timeout: 15_000 }).toBe(5);
    await until(() => told.listeners() === 3);
    expect(opened.toSorted()).toEqual([
      'ticks {"symbols":["A"]}',
      'ticks {"symbols":["B"]}',
      'ticks {"symbols":["C"]}',
    ]);
    expect(readers).toEqual(['gateway-fan-out', 'gateway-fan-out', 'gateway-fan-out']);
    const before = platform.executed();
    for (const number of [1, 2]) {
      for (const symbol of ['A', 'B', 'C']) told.push({ symbol, number });
    }
    for (const [index, socket] of sockets.entries()) {
      const wanted = symbols[index] ?? [];
      const heard: string[] = [];
      for (let count = 0; count < wanted.length * 2; count += 1) {
        const { data } = await socket.frame(`id ${index}`);
        const { ticks } = data as { ticks: { symbol: string; number: number } };
        const { symbol, number } = ticks;
        heard.push(`${symbol}${number}`);
      }
      const expected = wanted.flatMap((symbol) => [`${symbol}1`, `${symbol}2`]);
      expect(heard.toSorted()).toEqual(expected.toSorted());
      for (const symbol of wanted) {
        expect(heard.indexOf(`${symbol}1`)).toBeLessThan(heard.indexOf(`${symbol}2`));
      }
    }
    expect(platform.executed() - before).toBe(6);
  });

  test('one stream however the keys are written', async () => {
    const socket = await as('viewer');
    const literal = (list: string) => `subscription { ticks(symbols: ${list}) { symbol number } }`;
    socket.subscribe('1', literal('["A"]'));
    socket.subscribe('2', literal('"a"'));
    socket.subscribe('3', literal('["a", "A"]'));
    await expect.poll(() => gauge('active_subscriptions'), { timeout: 15_000 }).toBe(3);
    await until(() => told.listeners() === 1);
    expect(opened).toEqual(['ticks {"symbols":["A"]}']);
    told.push({ symbol: 'A', number: 1 });
    const ids = await Promise.all([1, 2, 3].map(async () => String((await socket.next()).id)));
    expect(ids.toSorted()).toEqual(['1', '2', '3']);
    told.push({ symbol: 'A', number: 2 });
    const again = await Promise.all([1, 2, 3].map(async () => String((await socket.next()).id)));
    expect(again.toSorted()).toEqual(['1', '2', '3']);
  });

  test('other variables, and variables of denied fields, keep streams apart', async () => {
    const query = `subscription ($symbols: [String!]!, $by: Int!, $deep: Boolean!) {
      ticks(symbols: $symbols) { times(by: $by) secret @include(if: $deep) }
    }`;
    const socket = await as('viewer');
    const wishes: [string, number, boolean][] = [
      ['1', 2, false],
      ['2', 3, false],
      ['3', 3, true],
    ];
    for (const [id, by, deep] of wishes) {
      socket.subscribe(id, query, { variables: { symbols: ['A'], by, deep } });
    }
    await until(() => told.listeners() === 3);
    told.push({ symbol: 'A', number: 7 });
    const heard = new Map<string, unknown>();
    for (const _ of wishes) {
      const { id, payload } = await socket.next();
      heard.set(String(id), payload);
    }
    expect(heard.get('1')).toEqual({ data: { ticks: { times: 14 } } });
    expect(heard.get('2')).toEqual({ data: { ticks: { times: 21 } } });
    expect(heard.get('3')).toMatchObject({
      data: { ticks: { times: 21, secret: null } },
      errors: [{ path: ['ticks', 'secret'], extensions: { code: 'FORBIDDEN' } }],
    });
  });

  test('who may see more has a stream of its own; equal roles share one', async () => {
    const query = 'subscription { ticks(symbols: ["A"]) { secret } }';
    const roles = ['viewer', 'viewer', 'trader'];
    const sockets = await Promise.all(roles.map(as));
    for (const socket of sockets) socket.subscribe('1', query);
    await expect.poll(() => gauge('active_subscriptions'), { timeout: 15_000 }).toBe(3);
    await until(() => told.listeners() === 2);
    told.push({ symbol: 'A', number: 1 });
    const [one, other, trader] = await Promise.all(sockets.map((socket) => socket.frame('1')));
    expect(one).toMatchObject({ data: { ticks: { secret: null } } });
    expect(other).toEqual(one);
    expect(trader).toEqual({ data: { ticks: { secret: 42 } } });
  });

  test('fields of other subgraphs are added once for all, in the order of events', async () => {
    const query = 'subscription { ticks(symbols: ["A"]) { number instrument { name } } }';
    const sockets = await Promise.all([as('viewer'), as('viewer')]);
    for (const socket of sockets) socket.subscribe('1', query);
    await expect.poll(() => gauge('active_subscriptions'), { timeout: 15_000 }).toBe(2);
    await until(() => told.listeners() === 1);
    for (let number = 1; number <= 200; number += 1) told.push({ symbol: 'A', number });
    for (const socket of sockets) {
      for (let number = 1; number <= 200; number += 1) {
        expect(await socket.frame('1')).toEqual({
          data: { ticks: { number, instrument: { name: 'name of A' } } },
        });
      }
    }
  });

  test('who comes later starts with the last event where the field says so', async () => {
    const query = 'subscription { levels(codes: ["X", "Y"]) { symbol number } }';
    const first = await as('viewer');
    first.subscribe('1', query);
    await until(() => told.listeners() === 2);
    told.push({ symbol: 'X', number: 1 });
    told.push({ symbol: 'X', number: 2 });
    await first.frame('1');
    await first.frame('1');
    const second = await as('viewer');
    second.subscribe('2', query);
    expect(await second.frame('2')).toEqual({ data: { levels: { symbol: 'X', number: 2 } } });
    told.push({ symbol: 'Y', number: 3 });
    expect(await second.frame('2')).toEqual({ data: { levels: { symbol: 'Y', number: 3 } } });
    expect(await first.frame('1')).toEqual({ data: { levels: { symbol: 'Y', number: 3 } } });
    expect(opened).toHaveLength(2);
  });

  test('a client that goes on after an event has a stream of its own', async () => {
    const query = 'subscription ($after: String) { orders(after: $after) { number } }';
    const socket = await as('viewer');
    socket.subscribe('1', query);
    socket.subscribe('2', query, { variables: { after: null } });
    socket.subscribe('3', query, { variables: { after: '7' } });
    socket.subscribe('4', query, { variables: { after: '7' } });
    await expect
      .poll(() => opened.toSorted(), { timeout: 15_000 })
      .toEqual([
        'orders {"after":"7"}',
        'orders {"after":"7"}',
        'orders {"after":null}',
        'orders {}',
      ]);
  });

  test('a field that says nothing is never shared', async () => {
    const socket = await as('viewer');
    const query = 'subscription { own(symbols: ["A"]) { number } }';
    socket.subscribe('1', query);
    socket.subscribe('2', query);
    await until(() => told.listeners() === 2);
    expect(readers).toEqual(['viewer', 'viewer']);
  });

  test.each([
    ['no key', []],
    ['too many keys', Array.from({ length: 51 }, (_, number) => `S${number}`)],
  ])('a list of %s is refused in the words of its owner', async (_name, symbols) => {
    const socket = await as('viewer');
    socket.subscribe('1', TICKS, { variables: { symbols } });
    expect(await socket.next()).toMatchObject({
      type: 'error',
      payload: [
        {
          message: `expected 1 to 50, was ${symbols.length}`,
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    });
  });

  test('when the stream ends, complete comes after the last event', async () => {
    const socket = await as('viewer');
    socket.subscribe('1', TICKS, { variables: { symbols: ['A'] } });
    await until(() => told.listeners() === 1);
    told.push({ symbol: 'A', number: 1 });
    told.push({ symbol: 'A', number: 0, ends: 'completed' });
    expect(await socket.frame('1')).toEqual({ data: { ticks: { symbol: 'A', number: 1 } } });
    expect(await socket.next()).toEqual({ type: 'complete', id: '1' });
  });

  test('when the stream breaks, everybody hears of it, and one can subscribe again', async () => {
    const sockets = await Promise.all([as('viewer'), as('viewer')]);
    for (const socket of sockets) {
      socket.subscribe('1', TICKS, { variables: { symbols: ['A', 'B'] } });
    }
    await until(() => told.listeners() === 2);
    await expect.poll(() => gauge('active_subscriptions'), { timeout: 15_000 }).toBe(2);
    told.push({ symbol: 'B', number: 1 });
    for (const socket of sockets) {
      expect(await socket.frame('1')).toEqual({ data: { ticks: { symbol: 'B', number: 1 } } });
    }
    told.push({ symbol: 'A', number: 0, ends: 'failed' });
    for (const socket of sockets) {
      expect((await socket.next()).type).toBe('error');
      socket.subscribe('1', TICKS, { variables: { symbols: ['A', 'B'] } });
    }
    await until(() => told.listeners() === 2);
  });

  test('ids and texts of any kind arrive as they are', async () => {
    const socket = await as('viewer');
    const id = 'é"\\\n😀';
    const query = 'subscription { ticks(symbols: ["A"]) { text } }';
    socket.subscribe(id, query);
    await until(() => told.listeners() === 1);
    for (const text of ['grün €', '😀'.repeat(30), 'x'.repeat(70_000), 'plain']) {
      told.push({ symbol: 'A', number: 1, text });
      expect(await socket.frame(id)).toEqual({ data: { ticks: { text } } });
    }
  });

  test('nothing of a subscription is sent once it is completed', async () => {
    const socket = await as('viewer');
    socket.subscribe('1', TICKS, { variables: { symbols: ['A'] } });
    await until(() => told.listeners() === 1);
    socket.send({ type: 'complete', id: '1' });
    await until(() => told.listeners() === 0);
    told.push({ symbol: 'A', number: 1 });
    socket.subscribe('2', '{ motto }');
    expect(await socket.frame('2')).toEqual({ data: { motto: 'true to the line' } });
  });
});
