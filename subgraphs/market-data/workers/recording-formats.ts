/** The forms of recorded tick files, known by their header line. */

import { divideHalfEven, parseDecimal } from '#kernel/decimal';
import type { AssetClass } from '../domain/instrument.ts';

export interface RecordedRow {
  readonly symbol: string;
  readonly assetClass: AssetClass;
  /** Quote currency of the pair. */
  readonly currency: string;
  readonly price: bigint;
  readonly bid: bigint | null;
  readonly ask: bigint | null;
  readonly size: bigint | null;
  /** When the recorder saw it; what the order of the file follows. */
  readonly recordedAtMs: number;
  readonly eventTimeMs: number;
  readonly sourceSequence: string | null;
}

/** Reads one line; answers with the reason when it cannot. */
export type RecordingFormat = (line: string) => RecordedRow | string;

/** Quote currencies of crypto pairs, the longest first. */
const CRYPTO_QUOTES = ['FDUSD', 'USDT', 'USDC', 'TUSD', 'BUSD', 'USD', 'EUR', 'BTC', 'ETH', 'BNB'];
const NS_PER_MS_DIGITS = 6;

const TRADES = 'recv_ns,symbol,trade_id,price,qty,trade_time_ms,buyer_is_maker';
const QUOTES = 'recv_ns,symbol,update_id,bid,bid_qty,ask,ask_qty';
const FX_QUOTES = 'ms_of_day,symbol,bid,ask';

/** Undefined for a header of no known form, or a file name without the day that the form needs. */
export function recordingFormatOf(header: string, fileName: string): RecordingFormat | undefined {
  switch (header.trim()) {
    case TRADES:
      return readTrade;
    case QUOTES:
      return readQuote;
    case FX_QUOTES: {
      const startOfDayMs = dayInName(fileName);
      return startOfDayMs === undefined ? undefined : (line) => readFxQuote(line, startOfDayMs);
    }
    default:
      return undefined;
  }
}

function readTrade(line: string): RecordedRow | string {
  const [receivedNs = '', symbol = '', tradeId = '', ...numbers] = line.split(',');
  const [priceText, qtyText, timeText] = numbers;
  const price = decimalOf(priceText);
  const size = decimalOf(qtyText);
  const recordedAtMs = msOfNs(receivedNs);
  const eventTimeMs = Number(timeText);
  if (price === null || size === null || Number.isNaN(recordedAtMs) || !eventTimeMs) {
    return `expected ${TRADES}, was "${line.slice(0, 100)}"`;
  }
  return {
    ...cryptoPair(symbol),
    price,
    bid: null,
    ask: null,
    size,
    recordedAtMs,
    eventTimeMs,
    sourceSequence: tradeId,
  };
}

function readQuote(line: string): RecordedRow | string {
  const [receivedNs = '', symbol = '', updateId = '', bidText, , askText] = line.split(',');
  const bid = decimalOf(bidText);
  const ask = decimalOf(askText);
  const recordedAtMs = msOfNs(receivedNs);
  if (bid === null || ask === null || Number.isNaN(recordedAtMs)) {
    return `expected ${QUOTES}, was "${line.slice(0, 100)}"`;
  }
  // The exchange states no time for a quote: the recorder's stands for it.
  const times = { recordedAtMs, eventTimeMs: recordedAtMs };
  const price = middleOf(bid, ask);
  return { ...cryptoPair(symbol), price, bid, ask, size: null, ...times, sourceSequence: updateId };
}

function readFxQuote(line: string, startOfDayMs: number): RecordedRow | string {
  const [msOfDay = '', symbol = '', bidText, askText] = line.split(',');
  const bid = decimalOf(bidText);
  const ask = decimalOf(askText);
  if (bid === null || ask === null || !/^\d{1,8}$/.test(msOfDay)) {
    return `expected ${FX_QUOTES}, was "${line.slice(0, 100)}"`;
  }
  const atMs = startOfDayMs + Number(msOfDay);
  return {
    symbol,
    assetClass: 'FX',
    currency: symbol.slice(3),
    price: middleOf(bid, ask),
    bid,
    ask,
    size: null,
    recordedAtMs: atMs,
    eventTimeMs: atMs,
    sourceSequence: null,
  };
}

/** (bid + ask) / 2, rounded half-even to 1e-8. */
export function middleOf(bid: bigint, ask: bigint): bigint {
  return divideHalfEven(bid + ask, 2n);
}

export function cryptoPair(
  symbol: string,
): Pick<RecordedRow, 'symbol' | 'assetClass' | 'currency'> {
  const quote = CRYPTO_QUOTES.find((each) => symbol.endsWith(each) && symbol !== each);
  return { symbol, assetClass: 'CRYPTO', currency: quote ?? 'USDT' };
}

function decimalOf(text: string | undefined): bigint | null {
  const parsed = parseDecimal(text ?? '');
  return parsed.ok ? parsed.value : null;
}

/** Cuts below milliseconds; NaN when it is no number. Nanoseconds are beyond a float's digits. */
function msOfNs(text: string): number {
  return /^\d{7,20}$/.test(text) ? Number(text.slice(0, -NS_PER_MS_DIGITS)) : Number.NaN;
}

function dayInName(fileName: string): number | undefined {
  const [, year, month, day] = /(\d{4})(\d{2})(\d{2})/.exec(fileName) ?? [];
  const startMs = Date.parse(`${year}-${month}-${day}T00:00:00Z`);
  return Number.isNaN(startMs) ? undefined : startMs;
}
