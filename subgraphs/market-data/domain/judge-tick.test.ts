import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { currencyCode } from '#kernel/money';
import { judgeTick, PERSISTENT_PRINTS } from './judge-tick.ts';
import {
  judgeAll,
  NOW_MS,
  prices,
  type Sent,
  shortly,
  start,
  tick,
} from './judge-tick-test-support.ts';
import type { TickInstrument, TickRule } from './tick.ts';
import { MAX_HELD_TICKS } from './tick-state.ts';

/** Returns with a median and a MAD of 0.1 %: 1.8 % more is a spike, 12 % a far one. */
const CALM = prices('100', '100.1', '99.8', '100.2', '100.3', '99.9', '100', '100.2');
const QUOTES: Sent[] = Array.from({ length: 6 }, () => ({
  price: '100',
  bid: '99.99',
  ask: '100.01',
}));

describe('MD-3 validation of one tick', () => {
  const rejected: readonly [TickRule, Partial<Sent>, Partial<TickInstrument>][] = [
    ['SCHEMA', { eventTimeMs: Number.NaN }, {}],
    ['SCHEMA', { source: '' }, {}],
    ['SCHEMA', { sourceSequence: '-4' }, {}],
    ['SCHEMA', { sourceSequence: '9223372036854775808' }, {}],
    ['SCHEMA', { sourceSequence: '999999999999999999999999999999' }, {}],
    ['SCHEMA', { price: '92233720368.54775808' }, {}],
    ['NOT_POSITIVE', { price: '0' }, {}],
    ['NOT_POSITIVE', { price: '-1' }, {}],
    ['NOT_POSITIVE', { bid: '0', ask: '1' }, {}],
    ['NOT_POSITIVE', { size: '0' }, {}],
    ['CURRENCY_OR_UNIT', { currency: 'EUR' }, {}],
    ['CURRENCY_OR_UNIT', { currency: 'GBX' }, {}],
    ['CURRENCY_OR_UNIT', { price: '10000' }, {}],
    ['CURRENCY_OR_UNIT', { price: '0.1' }, {}],
    ['FUTURE_TIME', { eventTimeMs: NOW_MS + 2_001 }, {}],
    ['TOO_OLD', { eventTimeMs: NOW_MS - 15 * 60_000 - 1 }, {}],
  ];
  test.each(rejected)('rejects with %s: %o', (rule, sent, instrument) => {
    const judged = judgeAll(start(instrument), { price: '100', ...sent });
    expect(shortly(judged)).toBe(`REJECTED ${rule}`);
  });

  test('names the first rule when several are broken', () => {
    const judged = judgeAll(start(), { price: '-1', currency: 'EUR', eventTimeMs: 0 });
    expect(shortly(judged)).toBe('REJECTED NOT_POSITIVE');
  });

  test('a refused tick leaves the state as it was', () => {
    const state = judgeAll(start(), ...CALM).state;
    expect(judgeAll(state, { price: '-1', sourceSequence: '9' }).state).toBe(state);
  });

  test('accepts what is just inside the limits of time', () => {
    const ahead = judgeAll(start(), { price: '100', eventTimeMs: NOW_MS + 2_000 });
    expect(ahead.verdict).toMatchObject({ kind: 'ACCEPTED', tick: { quality: 'GOOD', flags: [] } });
    const old = judgeAll(start(), { price: '100', eventTimeMs: NOW_MS - 60_001 });
    expect(old.verdict).toMatchObject({
      kind: 'ACCEPTED',
      tick: { quality: 'STALE', flags: ['STALE'] },
    });
  });

  test('converts pence to pounds for an instrument quoted in pounds', () => {
    const judged = judgeAll(start({ currency: currencyCode('GBP') }), {
      price: '10050.5',
      currency: 'GBX',
    });
    expect(judged.verdict).toMatchObject({
      kind: 'ACCEPTED',
      tick: { price: decimal('100.505'), flags: ['UNIT_NORMALIZED'] },
    });
  });
});

describe('MD-3 quotes', () => {
  const crossed: Sent = { price: '100', bid: '100.02', ask: '100.01' };
  const locked: Sent = { price: '100', bid: '100', ask: '100' };
  const wide: Sent = { price: '100', bid: '99', ask: '101' };
  const good: Sent = { price: '100', bid: '99.99', ask: '100.01' };

  test('holds a crossed quote for one update, and a second one too', () => {
    const first = judgeAll(start(), good, crossed);
    expect(shortly(first)).toBe('QUARANTINED CROSSED_QUOTE');
    expect(first.state.last?.price).toBe(decimal('100'));
    const second = judgeAll(first.state, crossed);
    expect(shortly(second)).toBe('QUARANTINED CROSSED_QUOTE');
    expect(second.discarded).toHaveLength(1);
    const third = judgeAll(second.state, good);
    expect(shortly(third)).toBe('ACCEPTED');
    expect(third.discarded).toHaveLength(1);
    expect(third.state.heldQuotes).toEqual([]);
  });

  test('accepts a lock that the next update of the source shows again', () => {
    const first = judgeAll(start(), good, locked);
    expect(shortly(first)).toBe('QUARANTINED CROSSED_QUOTE');
    const other = judgeAll(first.state, { ...good, source: 'B' });
    expect(other.discarded).toEqual([]);
    const second = judgeAll(other.state, locked);
    expect(second.verdict).toMatchObject({ kind: 'ACCEPTED', tick: { flags: ['CROSSED_QUOTE'] } });
    expect(second.confirmed).toHaveLength(1);
  });

  test('does not use the middle of a quote 20 times as wide as usual', () => {
    const state = judgeAll(start(), ...QUOTES).state;
    const first = judgeAll(state, wide);
    expect(shortly(first)).toBe('QUARANTINED WIDE_QUOTE');
    const second = judgeAll(first.state, wide);
    expect(shortly(second)).toBe('ACCEPTED');
    expect(shortly(judgeAll(second.state, wide))).toBe('ACCEPTED');
  });

  test('keeps the trade and drops the wide quote that came with it', () => {
    const judged = judgeAll(judgeAll(start(), ...QUOTES).state, { ...wide, size: '5' });
    expect(judged.verdict).toMatchObject({
      kind: 'ACCEPTED',
      tick: { bid: null, ask: null, flags: ['WIDE_QUOTE'] },
    });
  });

  test('needs five spreads before it calls one wide, and never one within 25 bp', () => {
    expect(shortly(judgeAll(start(), ...QUOTES.slice(0, 4), wide))).toBe('ACCEPTED');
    const cent = { price: '100', bid: '99.999999', ask: '100.000001' };
    const calm = Array.from({ length: 6 }, () => cent);
    expect(shortly(judgeAll(start(), ...calm, { price: '100', bid: '99.9', ask: '100.1' }))).toBe(
      'ACCEPTED',
    );
  });
});

describe('MD-3 outliers', () => {
  const near: Sent = { price: '102' };
  const far: Sent = { price: '112' };

  test('releases a spike when a second print agrees', () => {
    const held = judgeAll(start(), ...CALM, near);
    expect(shortly(held)).toBe('QUARANTINED SPIKE');
    const confirmed = judgeAll(held.state, { price: '102.1' });
    expect(confirmed.verdict).toMatchObject({
      kind: 'ACCEPTED',
      tick: { price: decimal('102.1'), flags: ['SPIKE'] },
      released: [{ price: decimal('102'), flags: ['SPIKE', 'CONFIRMED'] }],
    });
    expect(confirmed.state.heldPrices).toEqual([]);
    expect(shortly(judgeAll(confirmed.state, { price: '102' }))).toBe('ACCEPTED');
  });

  test('discards it when the next print is back', () => {
    const held = judgeAll(start(), ...CALM, near);
    const next = judgeAll(held.state, { price: '100' });
    expect(shortly(next)).toBe('ACCEPTED');
    expect(next.discarded).toHaveLength(1);
  });

  test('the golden prints: 112.0 is held, and 112.1 releases it', () => {
    const golden = prices('100.1', '100.2', '99.9', '100.0', '100.3', '100.1');
    const held = judgeAll(start(), ...golden, { price: '112.0' });
    expect(held.verdict).toMatchObject({
      kind: 'QUARANTINED',
      held: {
        rule: 'SPIKE',
        reason: 'expected a robust z of the return up to 8, was 39.74 (112 after 100.1)',
      },
    });
    const confirmed = judgeAll(held.state, { price: '112.1' });
    expect(confirmed.verdict).toMatchObject({
      kind: 'ACCEPTED',
      tick: { price: decimal('112.1') },
      released: [{ price: decimal('112') }],
    });
  });

  test('a far spike needs one further print, of whatever source', () => {
    const held = judgeAll(start(), ...CALM, far);
    expect(shortly(held)).toBe('QUARANTINED SPIKE');
    expect(shortly(judgeAll(held.state, { price: '112.1' }))).toBe('ACCEPTED');
    expect(shortly(judgeAll(held.state, { price: '112.5' }))).toBe('QUARANTINED SPIKE');
    expect(shortly(judgeAll(held.state, { price: '112.1', source: 'B' }))).toBe('ACCEPTED');
    expect(shortly(judgeAll(held.state, { price: '112.5', source: 'B' }))).toBe(
      'QUARANTINED SPIKE',
    );
  });

  test('needs five returns, and falls back to the tick size when nothing moved', () => {
    const hundred = prices('100', '100', '100', '100', '100');
    expect(shortly(judgeAll(start(), ...hundred, { price: '101' }))).toBe('ACCEPTED');
    expect(shortly(judgeAll(start(), ...hundred, { price: '100' }, { price: '101' }))).toBe(
      'QUARANTINED SPIKE',
    );
  });

  test('prints that do not agree to 25 bp win when five in a row stay together', () => {
    const apart = prices('150', '152', '149', '151', '153');
    const state = judgeAll(start({ previousClose: null }), ...CALM).state;
    const before = judgeAll(state, ...apart.slice(0, PERSISTENT_PRINTS - 1));
    expect(shortly(before)).toBe('QUARANTINED SPIKE');
    const last = judgeAll(before.state, { price: '153' });
    expect(shortly(last)).toBe('ACCEPTED');
    expect(last.confirmed).toHaveLength(PERSISTENT_PRINTS - 1);
    const scattered = prices('150', '300', '80', '220', '400');
    expect(shortly(judgeAll(state, ...scattered))).toBe('QUARANTINED SPIKE');
  });

  test('a jump from the previous close is held, and once confirmed becomes the level', () => {
    const held = judgeAll(start(), { price: '130' });
    expect(shortly(held)).toBe('QUARANTINED JUMP');
    const confirmed = judgeAll(held.state, { price: '130.1' });
    expect(shortly(confirmed)).toBe('ACCEPTED');
    expect(shortly(judgeAll(confirmed.state, { price: '131' }))).toBe('ACCEPTED');
  });

  test('a move near a simple ratio looks like a split', () => {
    expect(shortly(judgeAll(start(), { price: '50.5' }))).toBe('QUARANTINED SUSPECTED_SPLIT');
    expect(shortly(judgeAll(start(), { price: '199' }))).toBe('QUARANTINED SUSPECTED_SPLIT');
    expect(shortly(judgeAll(start(), { price: '58' }))).toBe('QUARANTINED JUMP');
  });

  test('a likely split needs two further prints, or one of another source', () => {
    const held = judgeAll(start(), { price: '50.5' });
    const second = judgeAll(held.state, { price: '50.6' });
    expect(shortly(second)).toBe('QUARANTINED SUSPECTED_SPLIT');
    expect(shortly(judgeAll(second.state, { price: '50.5' }))).toBe('ACCEPTED');
    expect(shortly(judgeAll(held.state, { price: '50.6', source: 'B' }))).toBe('ACCEPTED');
  });

  test('a close more than five business days old says nothing', () => {
    const close = (date: string) =>
      start({ previousClose: { price: decimal('100'), date: businessDate(date) } });
    expect(shortly(judgeAll(close('2026-11-13'), { price: '130' }))).toBe('QUARANTINED JUMP');
    expect(shortly(judgeAll(close('2026-11-12'), { price: '130' }))).toBe('ACCEPTED');
  });
});

describe('MD-3 simulator and market', () => {
  test('the first print of a market ends the simulated past, and the simulator yields', () => {
    const simulated = CALM.map((each) => ({ ...each, isSimulated: true }));
    const state = judgeAll(start({ previousClose: null }), ...simulated).state;
    const market = judgeAll(state, { price: '187.5' });
    expect(shortly(market)).toBe('ACCEPTED');
    expect(market.state.returns).toHaveLength(0);
    expect(shortly(judgeAll(market.state, { price: '100', isSimulated: true }))).toBe('YIELDED');
  });
});

describe('MD-3 whatever comes', () => {
  const anyTick = fc.record({
    price: fc.integer({ min: -1, max: 30_000 }).map((cents) => BigInt(cents) * 1_000_000n),
    spread: fc.option(fc.integer({ min: -2, max: 400 }).map((cents) => BigInt(cents) * 500_000n)),
    source: fc.constantFrom('A', 'B'),
    sequence: fc.option(fc.nat(200)),
    ageMs: fc.integer({ min: -3_000, max: 1_000_000 }),
  });

  test('every held tick ends once, nothing is published out of order, memory is bounded', () => {
    fc.assert(
      fc.property(fc.array(anyTick, { maxLength: 120 }), (list) => {
        let state = start();
        const waiting = new Set<object>();
        for (const each of list) {
          const judged = judgeTick(
            state,
            {
              ...tick({ price: '1' }),
              price: each.price,
              bid: each.spread === null ? null : each.price - each.spread,
              ask: each.spread === null ? null : each.price + each.spread,
              source: each.source,
              sourceSequence: each.sequence === null ? null : `${each.sequence}`,
              eventTimeMs: NOW_MS - each.ageMs,
            },
            NOW_MS,
          );
          for (const held of [...judged.confirmed, ...judged.discarded]) {
            expect(waiting.delete(held)).toBe(true);
          }
          const { verdict } = judged;
          if (verdict.kind === 'QUARANTINED') waiting.add(verdict.held);
          const published = verdict.kind === 'ACCEPTED' ? [...verdict.released, verdict.tick] : [];
          expect(published.every(({ price }) => price > 0n)).toBe(true);
          expect(Math.max(0, published.length - 1)).toBe(judged.confirmed.length);
          state = judged.state;
          expect(new Set([...state.heldPrices, ...state.heldQuotes])).toEqual(waiting);
          expect(state.heldPrices.length).toBeLessThanOrEqual(MAX_HELD_TICKS);
          expect(state.returns.length).toBeLessThanOrEqual(50);
        }
      }),
    );
  });
});
