import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, price, quantity, weight } from '#kernel/money';
import type { PriceQuality } from '#kernel/topics/accepted-ticks';
import { indexCalendar } from './basket-calendar.ts';
import { divisor, level } from './index-level.ts';
import { acceptPrice, emptySlot, openIndex, type PriceSlot, rebuild } from './live-index.ts';
import { readIndex } from './live-index-reading.ts';
import { type PriceReference, standIn } from './price-stand-in.ts';
import { ILLIQUID_LIMIT_MS, sessionOf } from './stale-policy.ts';

/** Friday 20 November 2026, 17:00 UTC: New York is open. */
const NOW = Date.parse('2026-11-20T17:00:00Z');
const EVENING = Date.parse('2026-11-20T23:00:00Z');
const THURSDAY = businessDate('2026-11-19');
const OLD = ILLIQUID_LIMIT_MS + 1;
const BASE = level(decimal('1000'));
const calendar = indexCalendar({ closeMinuteUtc: 22 * 60, days: 'WEEKDAYS' });
const newYork = sessionOf('XNYS', { calendar, neverCloses: false });

const closedAt = (close: string, sector: string | null): PriceReference => ({
  previousClose: price(decimal(close)),
  closedOn: THURSDAY,
  sector,
});

/** One unit of each name, of equal weights; the level is the sum of the prices. */
function world(...symbols: readonly string[]) {
  const slots = new Map<string, PriceSlot>();
  const slotOf = (symbol: string) => {
    const slot = slots.get(symbol) ?? emptySlot(symbol);
    slots.set(symbol, slot);
    return slot;
  };
  const each = decimal(formatDecimal(10n ** 8n / BigInt(symbols.length)));
  const index = openIndex(
    {
      basketId: 'bsk_1',
      code: 'ONE',
      currency: currencyCode('USD'),
      state: 'ACTIVE',
      baseLevel: BASE,
      actions: [],
      sessions: new Map(symbols.map((symbol) => [symbol, newYork])),
      version: {
        number: 1,
        status: 'EFFECTIVE',
        origin: 'EDIT',
        weighting: 'FIXED',
        weighing: null,
        hash: '#',
        constituents: symbols.map((symbol) => ({
          symbol,
          instrumentId: `ins_${symbol}`,
          currency: currencyCode('USD'),
          weight: weight(each),
        })),
        base: {
          units: symbols.map(() => quantity(decimal('1'))),
          divisor: divisor(10n ** 18n),
          level: BASE,
          basedAtMs: NOW,
        },
      },
    },
    slotOf,
    new Map(),
  );
  let sequence = 0n;
  const references = new Map<string, PriceReference | null>();
  return {
    references,
    tick(symbol: string, text: string, ageMs = 0, quality: PriceQuality = 'GOOD') {
      sequence += 1n;
      const atMs = NOW - ageMs;
      const at = { eventTimeMs: atMs, receivedAtMs: atMs };
      acceptPrice(slotOf(symbol), { price: price(decimal(text)), ...at, quality, sequence });
    },
    /** How many indices are worth something else. */
    look(nowMs = NOW) {
      const touched = standIn(slots.values(), references, nowMs);
      for (const one of touched) rebuild(one);
      return touched.size;
    },
    price: (symbol: string) => {
      const found = index.holdings.find(({ slot }) => slot.symbol === symbol)?.price;
      return found === null || found === undefined ? null : formatDecimal(found);
    },
    read: (nowMs = NOW) => readIndex(index, nowMs),
    rebuiltTheSame: () => rebuild(index).before === index.marketValue,
  };
}

describe('BK-6 what stands in for a stale price', () => {
  test('the trade as long as it is within its limit', () => {
    const { tick, look, price: seen, references } = world('A', 'B');
    references.set('A', closedAt('10', 'TECH')).set('B', closedAt('20', 'TECH'));
    tick('A', '11', ILLIQUID_LIMIT_MS);
    tick('B', '30', ILLIQUID_LIMIT_MS);
    expect(look()).toBe(0);
    expect([seen('A'), seen('B')]).toEqual(['11', '30']);
  });

  test('then the previous close moved with the names of its sector that trade', () => {
    const { tick, look, price: seen, read, references, rebuiltTheSame } = world('A', 'B', 'C', 'D');
    references.set('A', closedAt('10', 'TECH')).set('B', closedAt('20', 'TECH'));
    references.set('C', closedAt('40', 'TECH')).set('D', closedAt('50', 'ENERGY'));
    tick('A', '11');
    tick('C', '42');
    tick('D', '25');
    tick('B', '30', OLD);
    expect(look()).toBe(1);
    // A moved by 10 %, C by 5 %: on average 7.5 %.
    expect(seen('B')).toBe('21.5');
    expect(rebuiltTheSame()).toBe(true);
    expect(read()).toMatchObject({
      staleWeight: decimal('0.25'),
      quality: 'INDICATIVE',
      asOfMs: Date.parse('2026-11-19T00:00:00Z'),
    });
    expect(look()).toBe(0);
  });

  test('then the previous close, when nothing of its sector trades or it has none', () => {
    const { tick, look, price: seen, read, references } = world('A', 'B', 'C');
    references.set('A', closedAt('10', 'TECH')).set('B', closedAt('20', 'ENERGY'));
    references.set('C', closedAt('40', null));
    tick('A', '11');
    tick('B', '30', OLD);
    tick('C', '45', OLD);
    look();
    expect([seen('B'), seen('C')]).toEqual(['20', '40']);
    // Two thirds of the weight: more than a quarter.
    expect(read().quality).toBe('STALE');
  });

  test('the last price, flagged, when there is no close', () => {
    const { tick, look, price: seen, read } = world('A', 'B');
    tick('A', '11');
    tick('B', '30', OLD);
    expect(look()).toBe(0);
    expect(seen('B')).toBe('30');
    expect(read().staleWeight).toBe(decimal('0.5'));
  });

  test('the next trade takes its place at once', () => {
    const { tick, look, price: seen, read, references, rebuiltTheSame } = world('A', 'B');
    references.set('B', closedAt('20', 'TECH'));
    tick('A', '11');
    tick('B', '30', OLD);
    look();
    tick('B', '31');
    expect(seen('B')).toBe('31');
    expect(rebuiltTheSame()).toBe(true);
    expect(read()).toMatchObject({ staleWeight: 0n, quality: 'GOOD' });
    expect(look()).toBe(0);
  });

  test('nothing while the market is closed: its last price is not stale', () => {
    const { tick, look, price: seen, references } = world('A', 'B');
    references.set('B', closedAt('20', 'TECH'));
    tick('A', '11');
    tick('B', '30', OLD);
    look();
    expect(seen('B')).toBe('20');
    expect(look(EVENING)).toBe(1);
    expect(seen('B')).toBe('30');
  });

  test('what is made up stays flagged so', () => {
    const { tick, look, read, references } = world('A', 'B');
    references.set('B', closedAt('20', 'TECH'));
    tick('A', '11');
    tick('B', '30', OLD, 'SIMULATED');
    look();
    expect(read().quality).toBe('SIMULATED');
  });
});
