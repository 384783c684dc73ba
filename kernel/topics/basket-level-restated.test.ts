import { expect, test } from 'vitest';
import { businessDate } from '../business-date.ts';
import { decimal } from '../decimal.ts';
import { type BasketLevelRestated, basketLevelRestated } from './basket-level-restated.ts';

const RESTATED: BasketLevelRestated = {
  basketId: 'bsk_1',
  code: 'TECH',
  date: businessDate('2026-11-19'),
  revision: 2,
  oldLevel: decimal('1000'),
  newLevel: decimal('1050.00000001'),
  kind: 'PUBLISHED',
  cause: 'close of 2026-11-19 corrected: A',
  recordedAtMs: 1_795_190_400_123,
};

test('a restated close comes back from JSON as it was', () => {
  const encoded: unknown = JSON.parse(JSON.stringify(basketLevelRestated.encode(RESTATED)));
  expect(basketLevelRestated.parse(encoded, 1)).toEqual(RESTATED);
});

test('a kind that nobody knows is unreadable', () => {
  const encoded = { ...Object(basketLevelRestated.encode(RESTATED)), kind: 'OTHER' };
  expect(() => basketLevelRestated.parse(encoded, 1)).toThrow(
    'kind: expected one of PUBLISHED, INTERNAL',
  );
});
