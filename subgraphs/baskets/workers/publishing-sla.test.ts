import { describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import type { BasketSlaBreached } from '#kernel/topics/basket-sla-breached';
import { level } from '../domain/index-level.ts';
import { priceToPublish } from '../use-cases/publish-price.ts';
import { approvalBreach, createPublishingSla } from './publishing-sla.ts';

const CHANNEL = { vendor: 'bloomberg', basketId: 'b', code: 'TECH' };

function watching() {
  const told: BasketSlaBreached[] = [];
  const gaps: number[] = [];
  let ids = 0;
  const sla = createPublishingSla(
    () => `id-${(ids += 1)}`,
    (breach) => told.push(breach),
    (_vendor, gapMs) => gaps.push(gapMs),
  );
  sla.watch(CHANNEL, 0);
  return { sla, told, gaps, kinds: () => told.map(({ kind, actualMs }) => `${kind} ${actualMs}`) };
}

describe('BK-5 the cadence of prices', () => {
  test('a gap is told once, when it becomes longer than 7.5 s', () => {
    const { sla, kinds, gaps } = watching();
    sla.check(7_500);
    expect(kinds()).toEqual([]);
    sla.check(7_501);
    sla.check(9_000);
    sla.onAcked(CHANNEL, { valuedAtMs: 9_900, ackedAtMs: 10_000 });
    expect(kinds()).toEqual(['CADENCE 7501']);
    expect(gaps).toEqual([10_000]);
    sla.check(17_501);
    expect(kinds()).toEqual(['CADENCE 7501', 'CADENCE 7501']);
  });

  test('a gap that ended before anybody looked is told with its length', () => {
    const { sla, kinds } = watching();
    sla.onAcked(CHANNEL, { valuedAtMs: 8_000, ackedAtMs: 8_000 });
    expect(kinds()).toEqual(['CADENCE 8000']);
  });

  test('what is not published any longer has no gaps', () => {
    const { sla, told } = watching();
    sla.forget(CHANNEL);
    sla.check(60_000);
    expect(told).toEqual([]);
  });
});

test.each([
  [2_000, []],
  [2_001, ['PUBLISH 2001']],
])('BK-5 a price acknowledged %d ms after its valuation', (tookMs, expected) => {
  const { sla, kinds } = watching();
  sla.onAcked(CHANNEL, { valuedAtMs: 1_000, ackedAtMs: 1_000 + tookMs });
  expect(kinds()).toEqual(expected);
});

test('BK-5 two minutes from the approval are still in time', () => {
  const basket = { basketId: 'b', code: 'TECH', approvedAtMs: 1_000 };
  expect(approvalBreach(basket, { nowMs: 121_000, detail: 'LISTING' })).toBeNull();
  const breach = approvalBreach(basket, { nowMs: 121_001, detail: 'LISTING' });
  expect(breach).toMatchObject({ kind: 'APPROVAL_TO_ACTIVE', actualMs: 120_001, vendor: null });
  const later = approvalBreach(basket, { nowMs: 130_000, detail: 'LISTING' });
  expect(later?.breachId).toBe(breach?.breachId);
});

describe('BK-5 what a vendor is told', () => {
  const now = { level: level(decimal('1010')), quality: 'GOOD', versionNumber: 1 };
  const before = level(decimal('1000'));
  const told = (state: 'ACTIVE' | 'REBALANCING' | 'SUSPENDED', live = true, hasLast = true) => {
    const update = priceToPublish(
      { code: 'TECH', state },
      { level: live ? now : undefined, lastPublished: hasLast ? before : null, nowMs: 5 },
    );
    return update && [update.level, update.quality];
  };

  test('a live basket has its level or is silent; an old level would be a lie', () => {
    expect(told('ACTIVE')).toEqual([now.level, 'GOOD']);
    expect(told('ACTIVE', false)).toBeNull();
  });
  test('a suspended one stands where it was published last, and says so', () => {
    expect(told('SUSPENDED')).toEqual([before, 'SUSPENDED']);
    expect(told('SUSPENDED', true, false)).toEqual([now.level, 'SUSPENDED']);
    expect(told('SUSPENDED', false, false)).toBeNull();
  });
  test('one that is being rebalanced is held for that moment', () => {
    expect(told('REBALANCING', false)).toEqual([before, 'INDICATIVE']);
    expect(told('REBALANCING', false, false)).toBeNull();
  });
});
