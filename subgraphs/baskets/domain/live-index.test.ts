import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, price, weight } from '#kernel/money';
import type { PriceQuality } from '#kernel/topics/accepted-ticks';
import type { FxSnapshot } from './fx-snapshot.ts';
import { level } from './index-level.ts';
import {
  acceptPrice,
  baseNow,
  closeIndex,
  convertAt,
  emptySlot,
  type IndexDefinition,
  isReadyForBase,
  type LiveIndex,
  openIndex,
  type PriceSlot,
  rebuild,
  startAt,
} from './live-index.ts';
import { needsSecondLook, readIndex } from './live-index-reading.ts';
import { ILLIQUID_LIMIT_MS } from './stale-policy.ts';

const NOW = 1_800_000_000_000;
const BASE = level(decimal('1000'));
const fxAt = (usdPerEur: string): FxSnapshot =>
  new Map([['USD', { unitsPerEur: decimal(usdPerEur), fixedOn: businessDate('2026-11-19') }]]);

function definition(names: readonly (readonly [string, string, string?])[]): IndexDefinition {
  return {
    basketId: 'bsk_1',
    code: 'TECH',
    currency: currencyCode('USD'),
    state: 'DRAFT',
    baseLevel: BASE,
    actions: [],
    sessions: new Map(),
    version: {
      number: 1,
      status: 'DRAFT',
      origin: 'EDIT',
      weighting: 'FIXED',
      weighing: null,
      hash: '#',
      base: null,
      constituents: names.map(([symbol, each, currency = 'USD']) => ({
        symbol,
        instrumentId: `ins_${symbol}`,
        currency: currencyCode(currency),
        weight: weight(decimal(each)),
      })),
    },
  };
}

function market() {
  const slots = new Map<string, PriceSlot>();
  let sequence = 0n;
  const slotOf = (symbol: string) => {
    const slot = slots.get(symbol) ?? emptySlot(symbol);
    slots.set(symbol, slot);
    return slot;
  };
  return {
    slots,
    slotOf,
    tick: (
      symbol: string,
      text: string,
      changes: Partial<{ at: number; quality: PriceQuality }> = {},
    ) =>
      acceptPrice(slotOf(symbol), {
        price: price(decimal(text)),
        eventTimeMs: changes.at ?? NOW,
        receivedAtMs: changes.at ?? NOW,
        quality: changes.quality ?? 'GOOD',
        sequence: (sequence += 1n),
      }),
  };
}

function based(index: LiveIndex): LiveIndex {
  const units = baseNow(index, BASE);
  if (!units) throw new Error('no base');
  startAt(index, { ...units, level: BASE, basedAtMs: NOW });
  return index;
}

const shown = (index: LiveIndex, nowMs = NOW) => {
  const reading = readIndex(index, nowMs);
  return reading.level === null ? reading.gap : formatDecimal(reading.level);
};

describe('BK-6 live level', () => {
  test('is null and names the symbols while prices are missing, then starts at its base', () => {
    const { slotOf, tick } = market();
    const index = openIndex(
      definition([
        ['A', '0.5'],
        ['B', '0.5'],
      ]),
      slotOf,
      new Map(),
    );
    expect(readIndex(index, NOW)).toMatchObject({
      level: null,
      gap: 'PRICE_MISSING',
      missing: ['A', 'B'],
    });
    tick('A', '10');
    expect(readIndex(index, NOW).missing).toEqual(['B']);
    expect(isReadyForBase(index)).toBe(false);
    tick('B', '20');
    expect(isReadyForBase(index)).toBe(true);
    expect(shown(index)).toBe('BASE_PENDING');
    expect(shown(based(index))).toBe('1000');
    tick('A', '11');
    expect(shown(index)).toBe('1050');
    tick('B', '18');
    expect(shown(index)).toBe('1000');
  });

  test('converts by one snapshot and moves with it', () => {
    const { slotOf, tick } = market();
    const index = openIndex(
      definition([
        ['A', '0.5'],
        ['P', '0.5', 'EUR'],
      ]),
      slotOf,
      new Map(),
    );
    tick('A', '10');
    tick('P', '10');
    expect(readIndex(index, NOW)).toMatchObject({ gap: 'FX_MISSING', missing: ['EUR'] });
    convertAt(index, fxAt('1.25'));
    based(index);
    expect(readIndex(index, NOW)).toMatchObject({ level: BASE, fxFixedOn: '2026-11-19' });
    convertAt(index, fxAt('1.375'));
    expect(shown(index)).toBe('1050');
    tick('P', '11');
    expect(shown(index)).toBe('1105');
  });

  test('ignores a price that is not newer, and one that is not positive', () => {
    const { slotOf, tick } = market();
    const index = openIndex(definition([['A', '1']]), slotOf, new Map());
    tick('A', '10');
    based(index);
    const last = slotOf('A').last;
    if (!last) throw new Error('no price');
    expect(acceptPrice(slotOf('A'), { ...last, price: price(1n) })).toBe(false);
    expect(acceptPrice(slotOf('A'), { ...last, price: price(0n), sequence: 99n })).toBe(false);
    expect(shown(index)).toBe('1000');
  });

  test('is as old as its oldest price, and weighs what is stale', () => {
    const { slotOf, tick } = market();
    const index = openIndex(
      definition([
        ['A', '0.7'],
        ['B', '0.2'],
        ['C', '0.1'],
      ]),
      slotOf,
      new Map(),
    );
    tick('A', '10', { at: NOW });
    tick('B', '10', { at: NOW - 5 });
    tick('C', '10', { at: NOW - ILLIQUID_LIMIT_MS - 1 });
    based(index);
    const read = () => {
      const { asOfMs, staleWeight, quality } = readIndex(index, NOW);
      return [NOW - (asOfMs ?? 0), formatDecimal(staleWeight), quality];
    };
    expect(read()).toEqual([ILLIQUID_LIMIT_MS + 1, '0.1', 'GOOD']);
    tick('C', '10');
    tick('B', '10', { quality: 'STALE' });
    expect(read()).toEqual([0, '0.2', 'INDICATIVE']);
    tick('A', '10', { quality: 'STALE' });
    expect(read()).toEqual([0, '0.9', 'STALE']);
    tick('C', '10', { quality: 'SIMULATED' });
    expect(read()).toEqual([0, '0.9', 'SIMULATED']);
  });

  test('has no level in a state that is not priced', () => {
    const { slotOf, tick } = market();
    const draft = definition([['A', '1']]);
    const index = openIndex({ ...draft, state: 'CANCELLED' }, slotOf, new Map());
    tick('A', '10');
    expect(shown(index)).toBe('NOT_PRICED_IN_STATE');
    expect(isReadyForBase(index)).toBe(false);
  });

  test('a closed index is let go by its prices', () => {
    const { slotOf, slots } = market();
    const index = openIndex(definition([['A', '1']]), slotOf, new Map());
    closeIndex(index);
    expect(slots.get('A')?.holders.size).toBe(0);
  });

  test('a move of more than 10 % asks for a second look', () => {
    const at = (text: string) => level(decimal(text));
    expect(needsSecondLook(at('1000'), at('1100'))).toBe(false);
    expect(needsSecondLook(at('1000'), at('1100.00000001'))).toBe(true);
    expect(needsSecondLook(at('1000'), at('899.99999999'))).toBe(true);
  });

  test('kept up price by price it equals a full rebuild, exactly', () => {
    const currencyOf = (symbol: string) => (symbol === 'D' ? 'EUR' : 'USD');
    const names = ['A', 'B', 'C', 'D'].map((each) => [each, '0.25', currencyOf(each)] as const);
    const tickOf = fc.record({
      symbol: fc.constantFrom('A', 'B', 'C', 'D'),
      price: fc.bigInt({ min: 1_000_000n, max: 10n ** 13n }),
    });
    fc.assert(
      fc.property(fc.array(tickOf, { minLength: 1, maxLength: 100 }), (ticks) => {
        const { slotOf, tick } = market();
        const index = openIndex(definition(names), slotOf, fxAt('1.1234'));
        for (const [symbol] of names) tick(symbol, '100');
        based(index);
        for (const each of ticks) tick(each.symbol, formatDecimal(each.price));
        const { before } = rebuild(index);
        expect(index.marketValue).toBe(before);
      }),
    );
  });
});
