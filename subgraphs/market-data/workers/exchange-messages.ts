/**
 * Messages of a crypto exchange's public combined streams, in the form of Binance spot: trades
 * (`<symbol>@trade`) and best bid and offer (`<symbol>@bookTicker`).
 *
 * Source: Binance, Web Socket Streams for Spot, sections General, Trade Streams and Individual
 * Symbol Book Ticker Streams.
 */

import { z } from 'zod';
import { decimal } from '#kernel/decimal';
import { parsePrice } from '#kernel/money';
import type { SourceTick } from '../domain/tick.ts';
import { cryptoPair, middleOf } from './recording-formats.ts';

/** The numbers of trades and of quotes are two series, whichever provider they come by. */
export const TRADE_SOURCE = 'exchange:trade';
export const QUOTE_SOURCE = 'exchange:quote';

const decimalText = z.string().refine((text) => parsePrice(text).ok, 'expected a decimal');
const sequence = z.number().int().nonnegative();

const tradeEvent = z.object({
  e: z.literal('trade'),
  s: z.string(),
  t: sequence,
  p: decimalText,
  q: decimalText,
  T: z.number().int(),
});
const bookTicker = z.object({
  u: sequence,
  s: z.string(),
  b: decimalText,
  a: decimalText,
});
const combined = z.object({ stream: z.string(), data: z.unknown() });
const answer = z.object({ id: z.number(), result: z.unknown().optional() });
const refusal = z.object({
  id: z.number().optional(),
  error: z.object({ code: z.number(), msg: z.string() }),
});

export type ExchangeMessage =
  | { readonly kind: 'TRADE'; readonly tradeId: number; readonly tick: SourceTick }
  | { readonly kind: 'QUOTE'; readonly tick: SourceTick }
  | { readonly kind: 'ANSWER'; readonly id: number }
  | { readonly kind: 'REFUSAL'; readonly reason: string }
  | { readonly kind: 'UNREADABLE'; readonly reason: string };

export function parseExchangeMessage(text: string, receivedAtMs: number): ExchangeMessage {
  const message = parsedJson(text);
  const event = combined.safeParse(message);
  if (event.success) return eventOf(event.data.stream, event.data.data, receivedAtMs);
  const refused = refusal.safeParse(message);
  if (refused.success) return { kind: 'REFUSAL', reason: refused.data.error.msg };
  const answered = answer.safeParse(message);
  if (answered.success) return { kind: 'ANSWER', id: answered.data.id };
  return unreadable('a stream message or an answer', text);
}

function eventOf(stream: string, data: unknown, receivedAtMs: number): ExchangeMessage {
  const trade = tradeEvent.safeParse(data);
  if (trade.success) {
    const { s, t, p, q, T } = trade.data;
    const price = decimal(p);
    const tick = tickOf(s, { price, size: decimal(q), bid: null, ask: null });
    return {
      kind: 'TRADE',
      tradeId: t,
      tick: { ...tick, eventTimeMs: T, source: TRADE_SOURCE, sourceSequence: `${t}` },
    };
  }
  const quote = bookTicker.safeParse(data);
  if (quote.success) {
    const { s, u, b, a } = quote.data;
    const [bid, ask] = [decimal(b), decimal(a)];
    const tick = tickOf(s, { price: middleOf(bid, ask), size: null, bid, ask });
    // The exchange states no time for a quote: ours stands for it.
    const times = { eventTimeMs: receivedAtMs };
    return {
      kind: 'QUOTE',
      tick: { ...tick, ...times, source: QUOTE_SOURCE, sourceSequence: `${u}` },
    };
  }
  return unreadable(`a trade or book ticker on ${stream}`, JSON.stringify(data) ?? '');
}

function tickOf(symbol: string, prices: Pick<SourceTick, 'price' | 'bid' | 'ask' | 'size'>) {
  const upper = symbol.toUpperCase();
  return {
    symbol: upper,
    ...prices,
    currency: cryptoPair(upper).currency,
    recordedEventTimeMs: null,
    isSimulated: false,
  };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unreadable(expected: string, found: string): ExchangeMessage {
  return { kind: 'UNREADABLE', reason: `expected ${expected}, was ${found.slice(0, 100)}` };
}
