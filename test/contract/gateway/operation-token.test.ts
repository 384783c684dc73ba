import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway-options.ts';
import { connect, type SocketClient, until } from './socket-client.ts';
import { createSmallPlatform, MODES, startSmallGateway } from './small-platform.ts';

const PRICES = 'subscription { priceChanged(symbols: ["AAPL"]) { symbol price cost } }';
const AAPL = { id: 'ins_AAPL', symbol: 'AAPL', price: '188' };

describe.each(MODES)('GW-3 a token of one operation on a socket, subgraphs %s', (mode) => {
  const platform = createSmallPlatform(mode);
  const open: SocketClient[] = [];
  let gateway: Gateway;

  beforeAll(async () => {
    gateway = await startSmallGateway(platform);
  });
  afterAll(() => gateway.stop());
  afterEach(async () => {
    for (const socket of open.splice(0)) socket.close();
    await until(() => platform.prices.listeners() === 0);
  });

  /** As GraphiQL connects: with a payload that says nothing. */
  async function socketOf(params: Readonly<Record<string, unknown>> = {}): Promise<SocketClient> {
    const socket = await connect(gateway.url, { params });
    open.push(socket);
    return socket;
  }
  const bearing = (authorization: unknown, name = 'authorization') => ({
    extensions: { headers: { [name]: authorization } },
  });

  test.each(['authorization', 'Authorization'])('lets it stream, as header %s', async (name) => {
    const socket = await socketOf();
    socket.subscribe('1', PRICES, bearing('Bearer trader', name));
    await until(() => platform.prices.listeners() === 1);
    platform.prices.push(AAPL);
    expect(await socket.frame('1')).toEqual({
      data: { priceChanged: { symbol: 'AAPL', price: '188', cost: 12 } },
    });
  });

  test('is for that operation only', async () => {
    const socket = await socketOf();
    const query = '{ instrument(symbol: "AAPL") { symbol } }';
    socket.subscribe('1', query, bearing('Bearer viewer'));
    expect(await socket.frame('1')).toEqual({ data: { instrument: { symbol: 'AAPL' } } });
    await socket.next();
    socket.subscribe('2', query);
    expect(await socket.frame('2')).toMatchObject({
      data: { instrument: null },
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  test('goes before the token of the connection', async () => {
    const socket = await socketOf({ token: 'trader' });
    const query = '{ instrument(symbol: "AAPL") { cost } }';
    socket.subscribe('1', query, bearing('Bearer viewer'));
    expect(await socket.frame('1')).toMatchObject({ data: { instrument: { cost: null } } });
    await socket.next();
    socket.subscribe('2', query);
    expect(await socket.frame('2')).toEqual({ data: { instrument: { cost: 12 } } });
  });

  test.each(['', 'Bearer', 'Bearer ', 7, null])('%j is none', async (authorization) => {
    const socket = await socketOf({ token: 'viewer' });
    const query = '{ instrument(symbol: "AAPL") { symbol } }';
    socket.subscribe('1', query, bearing(authorization));
    expect(await socket.frame('1')).toEqual({ data: { instrument: { symbol: 'AAPL' } } });
  });

  test.each(['Bearer nobody', 'Basic abc'])('%j answers error, no more', async (authorization) => {
    const socket = await socketOf({ token: 'viewer' });
    socket.subscribe('1', PRICES, bearing(authorization));
    expect(await socket.next()).toMatchObject({
      type: 'error',
      id: '1',
      payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    socket.subscribe('2', '{ motto }');
    expect(await socket.frame('2')).toEqual({ data: { motto: 'true to the line' } });
  });

  test('that expires ends its stream with an error, and no other', async () => {
    const socket = await socketOf({ token: 'viewer' });
    socket.subscribe('1', PRICES, bearing(`Bearer viewer-until-${Date.now() + 150}`));
    socket.subscribe('2', PRICES);
    await until(() => platform.prices.listeners() === 2);
    expect(await socket.next()).toMatchObject({
      type: 'error',
      id: '1',
      payload: [{ message: 'token expired', extensions: { code: 'UNAUTHENTICATED' } }],
    });
    await until(() => platform.prices.listeners() === 1);
    platform.prices.push(AAPL);
    expect(await socket.frame('2')).toMatchObject({ data: { priceChanged: { price: '188' } } });
  });
});
