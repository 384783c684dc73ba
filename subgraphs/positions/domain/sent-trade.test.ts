import { expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { payloadOfTrade, tradeOfPayload } from './sent-trade.ts';
import type { TradeRequest } from './trade.ts';

const whole: TradeRequest = {
  tradeId: 'T1',
  bookId: 'book',
  accountId: 'account',
  symbol: 'nope',
  side: 'SELL',
  quantity: decimal('0.00000001'),
  price: decimal('-3.5'),
  currency: 'usd',
  fees: decimal('1'),
  effectiveDate: businessDate('2026-11-20'),
  executedAtMs: 1_795_000_000_000,
  contractId: 'swap-1',
  clOrdId: 'order-1',
};
const bare: TradeRequest = {
  ...whole,
  currency: null,
  fees: null,
  executedAtMs: null,
  contractId: null,
  clOrdId: null,
};

const elected: TradeRequest = {
  ...bare,
  electedLots: [{ lotId: 'T0', quantity: decimal('2.5') }],
  overrideReason: 'booked late by the broker',
};

test.each([
  ['whole', whole],
  ['bare', bare],
  ['steered', elected],
])('a %s trade comes back from JSON as it was', (_which, trade) => {
  const stored: unknown = JSON.parse(JSON.stringify(payloadOfTrade(trade)));
  expect(tradeOfPayload(stored)).toEqual(trade);
});

test('JSON of a trade without what came later is as it was kept before', () => {
  const fields = Object.keys(payloadOfTrade({ ...bare, electedLots: null, overrideReason: null }));
  expect(fields).toEqual(Object.keys(bare));
});

test.each([
  ['what is no object', 'text'],
  ['a record of another kind', { key: 'k', type: 'Tick', text: '{}' }],
  ['a trade without its quantity', { ...payloadOfTrade(bare), quantity: null }],
  ['a trade with a side of its own', { ...payloadOfTrade(bare), side: 'SHORT' }],
])('%s is no trade', (_what, payload) => {
  expect(tradeOfPayload(payload)).toBeUndefined();
});
