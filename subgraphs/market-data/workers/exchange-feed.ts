/**
 * Live ticks from a crypto exchange's public streams (see exchange-messages.ts).
 *
 * CONNECTING from `start`, and after every lost connection once the wait is over; LIVE when the
 * exchange has answered the subscription; DOWN while it waits to try again, with the reason. It
 * tries for as long as it is not stopped, with full jitter between tries. A connection that sends
 * nothing, or answers no ping, for SILENCE_LIMIT_MS is closed and made anew. A day-old connection
 * is closed by the exchange: that is a reconnection like any other.
 */

import { type RawData, WebSocket } from 'ws';
import { pause } from '#platform/backoff';
import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { SourceTick } from '../domain/tick.ts';
import { parseExchangeMessage, TRADE_SOURCE } from './exchange-messages.ts';
import { type Feed, type FeedSink, type FeedStatus, MAX_TICKS_PER_HANDOVER } from './feed.ts';
import { cryptoPair } from './recording-formats.ts';

/** What the exchange allows on one connection. */
const MAX_STREAMS = 1_024;
const CONNECT_LIMIT_MS = 10_000;
const SILENCE_LIMIT_MS = 30_000;
const PING_INTERVAL_MS = 10_000;
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 30_000;
/** Ticks received and not handed over: above it the connection is given up and made anew. */
const MAX_WAITING_TICKS = 20_000;
const MAX_MESSAGE_BYTES = 64 * 1_024;

export interface ExchangeOptions {
  readonly url: string;
  /** Pairs such as BTCUSDT; at most 512, with two streams each. */
  readonly symbols: readonly string[];
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Logger;
  readonly silenceLimitMs?: number;
  readonly retryFirstMs?: number;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

/** Full jitter: anything up to the doubled wait, so that clients of a lost exchange spread out. */
export function reconnectMs(attempt: number, firstMs: number, random: () => number): number {
  return random() * Math.min(RETRY_MAX_MS, firstMs * 2 ** (attempt - 1));
}

export function createExchangeFeed(options: ExchangeOptions): Feed {
  const { clock, logger, url, retryFirstMs = RETRY_FIRST_MS, random = Math.random } = options;
  const stopping = new AbortController();
  const lastTradeIds = new Map<string, number>();
  let running: Promise<void> | undefined;
  let status: FeedStatus = {
    name: url,
    state: 'STOPPED',
    lastTickAtMs: null,
    missedTicks: 0,
    problem: null,
  };
  const set = (change: Partial<FeedStatus>): void => {
    status = { ...status, ...change };
  };

  const connection: Connection = {
    ...options,
    signal: stopping.signal,
    onLive: () => set({ state: 'LIVE', problem: null }),
    onTicks: () => set({ lastTickAtMs: clock.nowMs() }),
    onTrade(symbol, tradeId) {
      const last = lastTradeIds.get(symbol);
      if (last === undefined || tradeId > last) lastTradeIds.set(symbol, tradeId);
      if (last === undefined || tradeId <= last + 1) return;
      const missed = tradeId - last - 1;
      set({ missedTicks: status.missedTicks + missed });
      logger.warn({ source: TRADE_SOURCE, symbol, missed, url }, 'trades are missing');
    },
  };

  const run = async (sink: FeedSink): Promise<void> => {
    await sink.addInstruments(options.symbols.map((symbol) => cryptoPair(symbol)));
    for (let attempt = 1; !stopping.signal.aborted; attempt++) {
      set({ state: 'CONNECTING' });
      const problem = await converse(connection, sink);
      if (stopping.signal.aborted) return;
      if (status.state === 'LIVE') attempt = 1;
      set({ state: 'DOWN', problem });
      logger.warn({ url, problem, attempt }, 'the exchange connection is lost');
      await pause(reconnectMs(attempt, retryFirstMs, random), stopping.signal);
    }
  };

  return {
    start(sink) {
      running ??= run(sink);
      return Promise.resolve();
    },
    async stop() {
      stopping.abort();
      await running;
      set({ state: 'STOPPED' });
    },
    status: () => status,
  };
}

interface Connection extends ExchangeOptions {
  readonly signal: AbortSignal;
  readonly onLive: () => void;
  readonly onTicks: () => void;
  readonly onTrade: (symbol: string, tradeId: number) => void;
}

/** One connection from opening to its end; answers with why it ended. */
async function converse(connection: Connection, sink: FeedSink): Promise<string> {
  const { clock, signal, silenceLimitMs = SILENCE_LIMIT_MS } = connection;
  const socket = new WebSocket(connection.url, {
    handshakeTimeout: CONNECT_LIMIT_MS,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  let problem = 'closed by the exchange';
  let heardAtMs = clock.nowMs();
  const end = (why: string): void => {
    problem = why;
    socket.terminate();
  };
  const handover = createHandover(sink, () => end('ticks come faster than they are taken'));
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const onAbort = (): void => end('stopped');
  signal.addEventListener('abort', onAbort, { once: true });

  socket.on('error', (error) => {
    problem = error.message;
  });
  socket.on('open', () => socket.send(JSON.stringify(subscribeRequest(connection.symbols))));
  socket.on('pong', () => {
    heardAtMs = clock.nowMs();
  });
  // ws answers the exchange's pings by itself.
  socket.on('ping', () => {
    heardAtMs = clock.nowMs();
  });
  socket.on('message', (data) => {
    heardAtMs = clock.nowMs();
    const refused = receive(textOf(data), { connection, sink, handover });
    if (refused !== undefined) end(refused);
  });
  const watch = setInterval(
    () => {
      if (clock.nowMs() - heardAtMs > silenceLimitMs) end(`silent for ${silenceLimitMs} ms`);
      else if (socket.readyState === WebSocket.OPEN) socket.ping();
    },
    Math.min(PING_INTERVAL_MS, silenceLimitMs / 2),
  );

  try {
    if (signal.aborted) onAbort();
    await closed;
    await handover.finished();
    return problem;
  } finally {
    clearInterval(watch);
    signal.removeEventListener('abort', onAbort);
  }
}

const SUBSCRIBE_ID = 1;

function subscribeRequest(symbols: readonly string[]) {
  const params = symbols.flatMap((symbol) => {
    const name = symbol.toLowerCase();
    return [`${name}@trade`, `${name}@bookTicker`];
  });
  return { method: 'SUBSCRIBE', params: params.slice(0, MAX_STREAMS), id: SUBSCRIBE_ID };
}

type Handover = ReturnType<typeof createHandover>;

/** Takes one message; answers with the reason when the exchange refuses us. */
function receive(
  text: string,
  at: { readonly connection: Connection; readonly sink: FeedSink; readonly handover: Handover },
): string | undefined {
  const { connection } = at;
  const message = parseExchangeMessage(text, connection.clock.nowMs());
  switch (message.kind) {
    case 'TRADE':
      connection.onTrade(message.tick.symbol, message.tradeId);
      connection.onTicks();
      at.handover.add(message.tick);
      return undefined;
    case 'QUOTE':
      connection.onTicks();
      at.handover.add(message.tick);
      return undefined;
    case 'ANSWER':
      if (message.id === SUBSCRIBE_ID) connection.onLive();
      return undefined;
    case 'REFUSAL':
      return `refused by the exchange: ${message.reason}`;
    case 'UNREADABLE':
      at.sink.unreadable('exchange', message.reason);
      return undefined;
  }
}

/** Messages arrive as one Buffer; anything else reads as nothing and is counted unreadable. */
function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : '';
}

/** Ticks on their way to the sink: one batch at a time, what comes meanwhile makes the next. */
function createHandover(sink: FeedSink, onOverflow: () => void) {
  let waiting: SourceTick[] = [];
  let draining: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) await sink.take(waiting.splice(0, MAX_TICKS_PER_HANDOVER));
    draining = undefined;
  };

  return {
    add(tick: SourceTick): void {
      if (waiting.length >= MAX_WAITING_TICKS) {
        waiting = [];
        onOverflow();
        return;
      }
      waiting.push(tick);
      draining ??= drain();
    },
    finished: async (): Promise<void> => draining,
  };
}
