/** Subscribers as partners have them: a WebSocket each, one subscription, messages read at once. */

import { once } from 'node:events';
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import WebSocket, { type RawData } from 'ws';
import { type Quantiles, quantilesOf } from './measure-ingest.ts';

export interface Sockets {
  /** Messages read so far. */
  messages(): number;
  /** Waits until so many were read; answers with how many were when it gave up waiting. */
  heard(expected: number, limitMs: number): Promise<number>;
  /** From the event time of a tick, in whole milliseconds, to its message. */
  deliveredMs(): Quantiles;
  close(): Promise<void>;
}

const OPERATION = `subscription Prices($symbols: [String!]!) {
  priceTicks(symbols: $symbols) { symbol price bid ask eventTime sequence }
}`;
/** Longest silence after which a subscription counts as open: the protocol does not confirm one. */
const SETTLING_MS = 500;
const US_PER_MS = 1_000;
const EVENT_TIME = /"eventTime":"([^"]+)"/;

/** One socket for each list of symbols. */
export async function openSockets(
  port: number,
  wishes: readonly (readonly string[])[],
): Promise<Sockets> {
  const delivered = createHistogram();
  let messages = 0;
  const take = (data: RawData): void => {
    const text = (data as Buffer).toString();
    const found = EVENT_TIME.exec(text)?.[1];
    if (found === undefined) throw new Error(`expected a tick, was ${text.slice(0, 300)}`);
    messages += 1;
    delivered.record(Math.max(1, (Date.now() - Date.parse(found)) * US_PER_MS));
  };
  const sockets = await Promise.all(wishes.map((symbols) => openSocket(port, symbols, take)));
  await pause(SETTLING_MS);
  return {
    messages: () => messages,
    async heard(expected, limitMs) {
      const untilMs = performance.now() + limitMs;
      const isComplete = () => messages >= expected;
      while (!isComplete() && performance.now() < untilMs) await pause(1);
      return messages;
    },
    deliveredMs: () => quantilesOf(delivered),
    async close() {
      await Promise.all(
        sockets.map(async (socket) => {
          const closed = once(socket, 'close');
          socket.close();
          await closed;
        }),
      );
    },
  };
}

async function openSocket(
  port: number,
  symbols: readonly string[],
  take: (data: RawData) => void,
): Promise<WebSocket> {
  const url = `ws://127.0.0.1:${port}/graphql`;
  const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
  await once(socket, 'open');
  const payload = { authorization: 'Bearer bench' };
  socket.send(JSON.stringify({ type: 'connection_init', payload }));
  await once(socket, 'message');
  const operation = { query: OPERATION, variables: { symbols } };
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: operation }));
  socket.on('message', take);
  return socket;
}
