// A crypto exchange's public streams on the loopback, with faults on demand. Speaks the combined
// stream form of Binance spot: SUBSCRIBE with an id, {"stream","data"} events, pings.

import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface ExchangeEmulator {
  readonly url: string;
  /** Resolves when a client has subscribed, counted from 1; at once when it has already. */
  subscribed(count: number): Promise<void>;
  /** Streams that the newest client asked for. */
  streams(): readonly string[];
  /** Sends a trade with the next id; a fault bends it. */
  trade(symbol: string, price: string, fault?: 'DROP' | 'DUPLICATE' | 'MALFORMED'): void;
  quote(symbol: string, bid: string, ask: string): void;
  /** Ids jump ahead, as if that many trades had been lost on the way. */
  skipTrades(count: number): void;
  /** Sends any text to all clients. */
  send(text: string): void;
  /** Neither events nor pongs from now on. */
  fallSilent(): void;
  /** Refuses the next subscription with an error. */
  refuseNext(): void;
  /** Cuts every connection; new ones are welcome. */
  disconnect(): void;
  close(): Promise<void>;
}

/** `firstTradeId` lets two emulators tell the same story. */
export async function startExchangeEmulator({
  firstTradeId = 1_000,
} = {}): Promise<ExchangeEmulator> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, autoPong: false });
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  let nextTradeId = firstTradeId;
  let nextUpdateId = 1;
  let subscriptions = 0;
  let streams: string[] = [];
  let isSilent = false;
  let refuses = false;

  server.on('connection', (socket: WebSocket) => {
    socket.on('ping', () => {
      if (!isSilent) socket.pong();
    });
    socket.on('message', (data: Buffer) => {
      const request = JSON.parse(data.toString()) as {
        id: number;
        method: string;
        params: string[];
      };
      if (isSilent) return;
      if (refuses || request.method !== 'SUBSCRIBE') {
        refuses = false;
        socket.send(JSON.stringify({ error: { code: 2, msg: 'Invalid request' }, id: request.id }));
        return;
      }
      streams = request.params;
      socket.send(JSON.stringify({ result: null, id: request.id }));
      subscriptions++;
      for (const each of waiting) if (each.count <= subscriptions) each.resolve();
    });
  });

  const send = (text: string): void => {
    if (isSilent) return;
    for (const socket of server.clients) socket.send(text);
  };
  const event = (stream: string, data: object): string => JSON.stringify({ stream, data });

  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/stream`,
    streams: () => streams,
    subscribed: (count) =>
      new Promise((resolve) => {
        if (subscriptions >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    trade(symbol, price, fault) {
      const [t, T] = [nextTradeId++, Date.now()];
      if (fault === 'DROP') return;
      const data = { e: 'trade', E: T, s: symbol, t, p: price, q: '0.5', T, m: true, M: true };
      const text = event(`${symbol.toLowerCase()}@trade`, data);
      send(fault === 'MALFORMED' ? text.slice(0, -20) : text);
      if (fault === 'DUPLICATE') send(text);
    },
    quote(symbol, bid, ask) {
      const data = { u: nextUpdateId++, s: symbol, b: bid, B: '1', a: ask, A: '2' };
      send(event(`${symbol.toLowerCase()}@bookTicker`, data));
    },
    skipTrades(count) {
      nextTradeId += count;
    },
    send,
    fallSilent() {
      isSilent = true;
    },
    refuseNext() {
      refuses = true;
    },
    disconnect() {
      for (const socket of server.clients) socket.terminate();
    },
    async close() {
      for (const socket of server.clients) socket.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
