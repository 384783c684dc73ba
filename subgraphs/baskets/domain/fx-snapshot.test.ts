import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { type FxSnapshot, fxFactor, oldestFixing } from './fx-snapshot.ts';

const fx: FxSnapshot = new Map([
  ['USD', { unitsPerEur: decimal('1.25'), fixedOn: businessDate('2026-11-19') }],
  ['JPY', { unitsPerEur: decimal('160'), fixedOn: businessDate('2026-11-18') }],
]);
const WIDE = 10n ** 16n;

describe('FX by one snapshot', () => {
  test('converts through the euro, at 16 places', () => {
    expect(fxFactor(fx, 'USD', 'USD')).toBe(WIDE);
    expect(fxFactor(fx, 'EUR', 'USD')).toBe((WIDE * 5n) / 4n);
    expect(fxFactor(fx, 'USD', 'JPY')).toBe(WIDE * 128n);
    expect(fxFactor(fx, 'JPY', 'USD')).toBe(WIDE / 128n);
    expect(fxFactor(fx, 'USD', 'EUR')).toBe((WIDE * 4n) / 5n);
    expect(fxFactor(fx, 'CHF', 'USD')).toBeUndefined();
    expect(fxFactor(fx, 'USD', 'CHF')).toBeUndefined();
  });

  test('names the oldest fixing, and none when nothing was converted', () => {
    expect(oldestFixing(fx, ['USD', 'JPY'], 'USD')).toBe('2026-11-18');
    expect(oldestFixing(fx, ['USD'], 'EUR')).toBe('2026-11-19');
    expect(oldestFixing(fx, ['USD', 'USD'], 'USD')).toBeNull();
  });
});
