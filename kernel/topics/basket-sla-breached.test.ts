import { expect, test } from 'vitest';
import { type BasketSlaBreached, basketSlaBreached } from './basket-sla-breached.ts';

const BREACH: BasketSlaBreached = {
  breachId: 'id-1',
  kind: 'CADENCE',
  basketId: 'bsk_1',
  code: 'TECH',
  vendor: null,
  limitMs: 7_500,
  actualMs: 7_501,
  detail: null,
  occurredAtMs: 1_795_190_400_123,
};

test('a breach comes back from JSON as it was', () => {
  const encoded: unknown = JSON.parse(JSON.stringify(basketSlaBreached.encode(BREACH)));
  expect(basketSlaBreached.parse(encoded, 1)).toEqual(BREACH);
});

test('a promise that nobody knows is unreadable', () => {
  expect(() => basketSlaBreached.parse({ ...BREACH, kind: 'OTHER' }, 1)).toThrow(
    'kind: expected one of APPROVAL_TO_ACTIVE, PUBLISH, CADENCE',
  );
});
