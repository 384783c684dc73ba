/** When a price is too old to be trusted, and what stands in for it. */

import { type BusinessDate, isoWeekday, startOfUtcDay, utcDateOf } from '#kernel/business-date';
import { divideHalfEven, ONE } from '#kernel/decimal';
import { type Price, price } from '#kernel/money';
import type { IndexCalendar } from './basket-command.ts';
import { type ExchangeDays, isOpenOn } from './exchange-calendar.ts';
import { isClose, type LivePrice } from './live-price.ts';

/** While the market is open, measured from the open or from when we received the price. */
export const LIQUID_LIMIT_MS = 60_000;
export const ILLIQUID_LIMIT_MS = 15 * 60_000;

/** When the market of a name is open. */
export interface TradingSession {
  /** Since when it is open; null while it is closed. Minus infinity when it never closes. */
  readonly openSinceMs: (nowMs: number) => number | null;
  /** Start of the UTC day of the last session that has begun. */
  readonly lastSessionDayMs: (nowMs: number) => number;
}

export const NEVER_CLOSED: TradingSession = {
  openSinceMs: () => Number.NEGATIVE_INFINITY,
  lastSessionDayMs: (nowMs) => nowMs,
};

const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = 86_400_000;
const MAX_DAYS_BACK = 14;
const FRIDAY = 5;

/** Minutes of the UTC day within which the market is open in summer and in winter alike. */
interface CoreHours {
  readonly from: number;
  readonly to: number;
}

const hours = (from: string, to: string): CoreHours => ({ from: minute(from), to: minute(to) });

function minute(text: string): number {
  const [hour = 0, minutes = 0] = text.split(':').map(Number);
  return hour * 60 + minutes;
}

const NEW_YORK = hours('14:30', '20:00');
const EUROPE = hours('08:00', '15:30');
const CORE_HOURS: Readonly<Record<string, CoreHours>> = {
  XNYS: NEW_YORK,
  XNAS: NEW_YORK,
  ARCX: NEW_YORK,
  XASE: NEW_YORK,
  BATS: NEW_YORK,
  XLON: EUROPE,
  XPAR: EUROPE,
  XAMS: EUROPE,
  XBRU: EUROPE,
  XETR: EUROPE,
  XMIL: EUROPE,
  XMAD: EUROPE,
  XSWX: EUROPE,
  XTKS: hours('00:00', '06:00'),
  XHKG: hours('01:30', '08:00'),
};

export interface SessionRules {
  /** The days of the index. */
  readonly calendar: IndexCalendar;
  readonly neverCloses: boolean;
  /** Sessions of the market, as far as they are known; undefined for weekdays. */
  readonly exchange?: ExchangeDays | undefined;
}

/**
 * The session of a market by its code, on the days of its calendar, else Monday to Friday; of one
 * we do not know, the days of the index until its close.
 */
export function sessionOf(
  mic: string | null,
  { calendar, neverCloses, exchange }: SessionRules,
): TradingSession {
  const core = mic === null ? undefined : CORE_HOURS[mic];
  if (core) {
    return sessionBetween({
      isSession: (date) => isOpenOn(exchange, date, isoWeekday(date) <= FRIDAY),
      fromMs: (date) => startOfUtcDay(date) + core.from * MS_PER_MINUTE,
      toMs: (date) => startOfUtcDay(date) + core.to * MS_PER_MINUTE,
    });
  }
  if (neverCloses) return NEVER_CLOSED;
  return sessionBetween({
    isSession: (date) => isOpenOn(exchange, date, calendar.isIndexDay(date)),
    fromMs: startOfUtcDay,
    toMs: (date) => calendar.closesAtMs(date),
  });
}

function sessionBetween({
  isSession,
  fromMs,
  toMs,
}: {
  readonly isSession: (date: BusinessDate) => boolean;
  readonly fromMs: (date: BusinessDate) => number;
  readonly toMs: (date: BusinessDate) => number;
}): TradingSession {
  const lastBegun = (nowMs: number): BusinessDate => {
    for (let back = 0; back <= MAX_DAYS_BACK; back += 1) {
      const date = utcDateOf(nowMs - back * MS_PER_DAY);
      if (isSession(date) && fromMs(date) <= nowMs) return date;
    }
    return utcDateOf(nowMs);
  };
  return {
    openSinceMs: (nowMs) => {
      const date = lastBegun(nowMs);
      return isSession(date) && fromMs(date) <= nowMs && nowMs < toMs(date) ? fromMs(date) : null;
    },
    lastSessionDayMs: (nowMs) => startOfUtcDay(lastBegun(nowMs)),
  };
}

/**
 * Whether the price counts as stale. In an open market by its age, and a close always; in a closed
 * one only when it is from before the last session.
 */
export function isStale(
  last: LivePrice,
  {
    session,
    isLiquid,
    nowMs,
  }: { readonly session: TradingSession; readonly isLiquid: boolean; readonly nowMs: number },
): boolean {
  const openSinceMs = session.openSinceMs(nowMs);
  if (openSinceMs === null) return last.eventTimeMs < session.lastSessionDayMs(nowMs);
  const limitMs = isLiquid ? LIQUID_LIMIT_MS : ILLIQUID_LIMIT_MS;
  const countsFromMs = Math.max(last.receivedAtMs, openSinceMs);
  if (nowMs - countsFromMs > limitMs) return true;
  // Just after the open, the close of the day before is what there is.
  if (isClose(last)) return openSinceMs === Number.NEGATIVE_INFINITY;
  return last.quality === 'STALE';
}

/** What is known of a name when its price is asked for. */
export interface KnownPrices {
  readonly trade: LivePrice | null;
  /** A valid quote: bid at most ask, both above zero, no older than the limit. */
  readonly quote: { readonly bid: Price; readonly ask: Price; readonly atMs: number } | null;
  readonly previousClose: Price | null;
  /** Move of the sector since that close, 1e-8; null when nothing of it is fresh. */
  readonly sectorMove: bigint | null;
}

export interface ChosenPrice {
  readonly price: Price;
  readonly quality: 'GOOD' | 'ESTIMATED' | 'STALE';
  readonly from: 'TRADE' | 'QUOTE' | 'SECTOR' | 'CLOSE';
}

/**
 * The order of section 2.6: last trade within the limit, mid of a valid quote, previous close moved
 * with its sector (ESTIMATED), previous close (STALE). Null when there is nothing.
 */
export function choosePrice(
  { trade, quote, previousClose, sectorMove }: KnownPrices,
  { nowMs, limitMs }: { readonly nowMs: number; readonly limitMs: number },
): ChosenPrice | null {
  if (trade && nowMs - trade.receivedAtMs <= limitMs) {
    return { price: trade.price, quality: 'GOOD', from: 'TRADE' };
  }
  if (quote && isValidQuote(quote) && nowMs - quote.atMs <= limitMs) {
    const mid = price(divideHalfEven(quote.bid + quote.ask, 2n));
    return { price: mid, quality: 'GOOD', from: 'QUOTE' };
  }
  if (previousClose === null) return null;
  if (sectorMove !== null && sectorMove > -ONE) {
    const moved = price(divideHalfEven(previousClose * (ONE + sectorMove), ONE));
    if (moved > 0n) return { price: moved, quality: 'ESTIMATED', from: 'SECTOR' };
  }
  return { price: previousClose, quality: 'STALE', from: 'CLOSE' };
}

const isValidQuote = ({ bid, ask }: { readonly bid: Price; readonly ask: Price }) =>
  bid > 0n && ask >= bid;

/** How often a name ticks: what tells a liquid one from an illiquid one. */
export interface TickPace {
  readonly count: number;
  /** Moving mean of the time between two ticks; null before the second. */
  readonly meanGapMs: number | null;
}

export const NO_PACE: TickPace = { count: 0, meanGapMs: null };
const LIQUID_AFTER_TICKS = 20;
const LIQUID_GAP_MS = 5_000;
/** The mean remembers about so many ticks. */
const PACE_MEMORY = 16;

export function paceAfter(pace: TickPace, gapMs: number): TickPace {
  const { count, meanGapMs } = pace;
  const mean = meanGapMs === null ? gapMs : meanGapMs + (gapMs - meanGapMs) / PACE_MEMORY;
  return { count: count + 1, meanGapMs: mean };
}

/** Liquid: at least 20 ticks seen, one in 5 seconds or more often. */
export const isLiquidPace = ({ count, meanGapMs }: TickPace): boolean =>
  count >= LIQUID_AFTER_TICKS && meanGapMs !== null && meanGapMs <= LIQUID_GAP_MS;
