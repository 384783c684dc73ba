import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { price } from '#kernel/money';
import { indexCalendar } from './basket-calendar.ts';
import { closePrice, type LivePrice } from './live-price.ts';
import {
  choosePrice,
  ILLIQUID_LIMIT_MS,
  isLiquidPace,
  isStale,
  LIQUID_LIMIT_MS,
  NEVER_CLOSED,
  NO_PACE,
  paceAfter,
  sessionOf,
} from './stale-policy.ts';

const at = (text: string) => Date.parse(`2026-11-${text}Z`);
const p = (text: string) => price(decimal(text));
const trade = (ms: number, quality: LivePrice['quality'] = 'GOOD'): LivePrice => ({
  price: p('10'),
  eventTimeMs: ms,
  receivedAtMs: ms,
  quality,
  sequence: 1n,
});
const calendar = indexCalendar({ closeMinuteUtc: 22 * 60, days: 'WEEKDAYS' });
const newYork = sessionOf('XNYS', { calendar, neverCloses: false });
/** 20 November 2026 is a Friday. */
const FRIDAY_NOON = at('20T17:00:00');

describe('stale prices of section 2.6', () => {
  test.each([
    [true, LIQUID_LIMIT_MS],
    [false, ILLIQUID_LIMIT_MS],
  ])('in an open market a price ages: liquid %s, %i ms', (isLiquid, limitMs) => {
    const judge = (ageMs: number) =>
      isStale(trade(FRIDAY_NOON - ageMs), { session: newYork, isLiquid, nowMs: FRIDAY_NOON });
    expect([judge(limitMs), judge(limitMs + 1)]).toEqual([false, true]);
  });

  test('in a closed market a close of the last session is not stale, an older one is', () => {
    const sunday = { session: newYork, isLiquid: true, nowMs: at('22T12:00:00') };
    const close = (day: string) => closePrice(p('10'), businessDate(`2026-11-${day}`));
    expect(isStale(close('20'), sunday)).toBe(false);
    expect(isStale(trade(at('20T20:59:59')), sunday)).toBe(false);
    expect(isStale(close('19'), sunday)).toBe(true);
    const beforeTheOpen = { ...sunday, nowMs: at('23T09:00:00') };
    expect(isStale(close('20'), beforeTheOpen)).toBe(false);
  });

  test('on a holiday the market is closed, and the last close is not stale', () => {
    const known = ['2026-11-24', '2026-11-25', '2026-11-27'].map((text) => businessDate(text));
    const exchange = {
      mic: 'XNYS',
      first: businessDate('2026-11-24'),
      last: businessDate('2026-11-27'),
      sessions: new Set(known),
    };
    const thanksgiving = { isLiquid: true, nowMs: at('26T17:00:00') };
    const close = closePrice(p('10'), businessDate('2026-11-25'));
    const session = sessionOf('XNYS', { calendar, neverCloses: false, exchange });
    expect(isStale(close, { session, ...thanksgiving })).toBe(false);
    expect(isStale(close, { session: newYork, ...thanksgiving })).toBe(true);
  });

  test('after the open a price has the limit of an open market to be renewed', () => {
    const judge = (now: string) =>
      isStale(closePrice(p('10'), businessDate('2026-11-20')), {
        session: newYork,
        isLiquid: false,
        nowMs: at(now),
      });
    expect([judge('23T14:30:01'), judge('23T14:45:00'), judge('23T14:45:01')]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('where the market never closes a close is always stale, a flagged price too', () => {
    const open = { session: NEVER_CLOSED, isLiquid: true, nowMs: FRIDAY_NOON };
    expect(isStale(closePrice(p('1'), businessDate('2026-11-20')), open)).toBe(true);
    expect(isStale(trade(FRIDAY_NOON, 'STALE'), open)).toBe(true);
    expect(isStale(trade(FRIDAY_NOON), open)).toBe(false);
  });

  test('a market we do not know is open on days of the index until its close', () => {
    const unknown = sessionOf(null, { calendar, neverCloses: false });
    expect(unknown.openSinceMs(at('20T21:59:59'))).toBe(at('20T00:00:00'));
    expect(unknown.openSinceMs(at('20T22:00:00'))).toBeNull();
    expect(unknown.openSinceMs(at('21T12:00:00'))).toBeNull();
    expect(sessionOf('XXXX', { calendar, neverCloses: true })).toBe(NEVER_CLOSED);
  });

  test('a name is liquid that ticked 20 times, each 5 seconds or more often', () => {
    const after = (ticks: number, gapMs: number) =>
      Array.from({ length: ticks }).reduce<typeof NO_PACE>(
        (pace) => paceAfter(pace, gapMs),
        NO_PACE,
      );
    expect(isLiquidPace(after(19, 100))).toBe(false);
    expect(isLiquidPace(after(20, 5_000))).toBe(true);
    expect(isLiquidPace(after(20, 5_001))).toBe(false);
  });

  test('the order of fallback: trade, quote, close with its sector, close', () => {
    const now = { nowMs: FRIDAY_NOON, limitMs: LIQUID_LIMIT_MS };
    const old = trade(FRIDAY_NOON - LIQUID_LIMIT_MS - 1);
    const quote = { bid: p('10'), ask: p('11'), atMs: FRIDAY_NOON };
    const known = { trade: old, quote, previousClose: p('20'), sectorMove: decimal('-0.05') };
    const chosen = (changes: Partial<typeof known> | Record<string, null>) => {
      const found = choosePrice({ ...known, ...changes }, now);
      return found && [formatDecimal(found.price), found.quality, found.from];
    };
    expect(chosen({ trade: trade(FRIDAY_NOON - LIQUID_LIMIT_MS) })).toEqual([
      '10',
      'GOOD',
      'TRADE',
    ]);
    expect(chosen({})).toEqual(['10.5', 'GOOD', 'QUOTE']);
    expect(chosen({ quote: { ...quote, ask: p('9') } })).toEqual(['19', 'ESTIMATED', 'SECTOR']);
    expect(chosen({ quote: null, sectorMove: null })).toEqual(['20', 'STALE', 'CLOSE']);
    expect(chosen({ quote: null, previousClose: null })).toBeNull();
  });
});
