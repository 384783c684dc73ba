import { describe, expect, test } from 'vitest';
import { businessDate } from '../business-date.ts';
import { decimal } from '../decimal.ts';
import { anyPositionChange, type PositionChanged, positionChanged } from './position-changed.ts';
import { tradeApplied } from './trade-applied.ts';

const CHANGE = {
  positionKey: 'BOOK-1|ACC-1|INS_AAPL|USD|-|NET',
  bookId: 'BOOK-1',
  accountId: 'ACC-1',
  contractId: null,
  instrumentId: 'ins_AAPL',
  symbol: 'AAPL',
  currency: 'USD',
  eventVersion: 7,
  positionQuantity: decimal('-150.5'),
  positionCostBasis: decimal('-6200'),
  positionRealizedPnl: decimal('0.00000001'),
  positionLotCount: 2,
  reliefMethod: 'FIFO',
  reconciliationStatus: 'PROVISIONAL' as const,
  user: 'trader',
};
const BUST: PositionChanged = { ...CHANGE, eventType: 'TRADE_BUSTED', tradeId: 'T-1' };

describe('changes of positions', () => {
  test('are read as they were written', () => {
    const stored: unknown = JSON.parse(JSON.stringify(positionChanged.encode(BUST)));
    expect(positionChanged.parse(stored, 1)).toEqual(BUST);
  });

  test('are one stream, whether a trade changed the position or something else', () => {
    const trade = tradeApplied.encode({
      ...CHANGE,
      tradeId: 'T-1',
      clOrdId: null,
      side: 'SELL',
      quantity: decimal('1'),
      price: decimal('2'),
      fees: decimal('0'),
      effectiveDate: businessDate('2026-11-20'),
      classification: 'BACKDATED',
      tradeRealizedPnl: decimal('0'),
    });
    expect(anyPositionChange.parse(trade, 1)).toEqual(CHANGE);
    expect(anyPositionChange.parse(positionChanged.encode(BUST), 1)).toEqual(CHANGE);
    expect(positionChanged.topic).toBe(tradeApplied.topic);
  });
});
