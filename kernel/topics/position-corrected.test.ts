import { describe, expect, test } from 'vitest';
import { businessDate } from '../business-date.ts';
import { decimal } from '../decimal.ts';
import { type LateEventRecorded, lateEventRecorded } from './backdated-trades.ts';
import { positionCorrected, type PositionWasCorrected } from './position-corrected.ts';
import { payload } from './reading.ts';

const POSITION = {
  positionKey: 'BOOK-1|ACC-1|INS_AAPL|USD|-|NET',
  bookId: 'BOOK-1',
  accountId: 'ACC-1',
  contractId: null,
  instrumentId: 'ins_AAPL',
  symbol: 'AAPL',
  currency: 'USD',
};
const LATE: LateEventRecorded = {
  ...POSITION,
  eventVersion: 4,
  eventType: 'PROVISIONAL_TRADE_APPLIED',
  causedBy: 'X',
  effectiveDate: businessDate('2026-03-05'),
  user: 'trader',
};
const figures = (units: string, basis: string, gain: string, lotCount: number) => ({
  quantity: decimal(units),
  costBasis: decimal(basis),
  realizedPnl: decimal(gain),
  lotCount,
});
const CORRECTION: PositionWasCorrected = {
  ...POSITION,
  eventVersion: 5,
  causedBy: ['X'],
  beforeTrade: figures('50', '600', '650', 1),
  before: figures('130', '1480', '650', 2),
  after: figures('130', '1530', '700', 2),
  restatedGains: [
    { tradeId: 'E3', eventVersion: 3, before: decimal('650'), after: decimal('700') },
  ],
  restatedCount: 1,
  restatedTotal: decimal('50'),
  replayedCount: 3,
  reliefMethod: 'FIFO',
  reconciliationStatus: 'RECONCILED',
  user: 'trader',
};
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each([
  ['a late event', lateEventRecorded, LATE],
  ['a correction', positionCorrected, CORRECTION],
] as const)('%s', (_what, type, event) => {
  const encoded = throughJson((type.encode as (of: unknown) => unknown)(event));

  test('comes back from JSON as it was', () => {
    expect(type.parse(encoded, type.version)).toEqual(event);
  });

  test.each(Object.entries(event).flatMap(([field, value]) => (value === null ? [] : field)))(
    'is unreadable without %s',
    (field) => {
      const { [field]: _left, ...rest } = payload(encoded);
      expect(() => type.parse(rest, type.version)).toThrow('expected');
    },
  );
});

test('a correction whose restated gains are no list is unreadable, and says so', () => {
  const encoded = { ...payload(throughJson(positionCorrected.encode(CORRECTION))) };
  expect(() => positionCorrected.parse({ ...encoded, restatedGains: 'none' }, 1)).toThrow(
    'restatedGains: expected a list, was "none"',
  );
});
