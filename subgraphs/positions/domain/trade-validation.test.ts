import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { NO_CONTRACT_TERMS } from './contract-terms.ts';
import { TODAY, trade, USD } from './position-test-support.ts';
import { canonicalText, type TradeRequest } from './trade.ts';
import { TRADE_REFUSAL_REASONS } from './trade-refusal.ts';
import { closedPeriodFault, passGate, type TradeFacts } from './trade-validation.ts';

const instrument = { instrumentId: 'ins_AAPL', symbol: 'AAPL', currency: USD };

const NOW = { today: TODAY, nowMs: Date.parse(`${TODAY}T15:00:00Z`) };

const request = (changes: Partial<TradeRequest> = {}): TradeRequest => ({
  tradeId: 'T1',
  bookId: 'BOOK-1',
  accountId: 'ACC-1',
  symbol: 'AAPL',
  side: 'BUY',
  quantity: decimal('100'),
  price: decimal('187.5'),
  currency: null,
  fees: null,
  effectiveDate: TODAY,
  executedAtMs: null,
  contractId: null,
  clOrdId: null,
  ...changes,
});

const FACTS: TradeFacts = { instrument, terms: NO_CONTRACT_TERMS, ...NOW };

const gate = (changes: Partial<TradeRequest> = {}, facts: Partial<TradeFacts> = {}) =>
  passGate(request(changes), { ...FACTS, ...facts });

describe('PS-9 validation gate', () => {
  test.each<[string, Partial<TradeRequest>, string, string]>([
    ['an empty trade id', { tradeId: '' }, 'INVALID_TRADE_ID', 'expected 1 to 64 printable'],
    ['a trade id with a blank', { tradeId: 'T 1' }, 'INVALID_TRADE_ID', 'was "T 1"'],
    ['a trade id that is too long', { tradeId: 'T'.repeat(65) }, 'INVALID_TRADE_ID', 'TTT'],
    ['a separator in the book id', { bookId: 'A|B' }, 'INVALID_KEY', 'bookId: expected 1 to 32'],
    ['an empty account', { accountId: '' }, 'INVALID_KEY', 'accountId: expected 1 to 32'],
    ['a book id that is too long', { bookId: 'B'.repeat(33) }, 'INVALID_KEY', 'bookId'],
    ['a contract of the name for none', { contractId: '-' }, 'INVALID_KEY', 'leave it out'],
    ['no units', { quantity: decimal('0') }, 'INVALID_QUANTITY', 'expected above zero'],
    ['fewer than no units', { quantity: decimal('-1') }, 'INVALID_QUANTITY', 'was -1'],
    [
      'more units than a column holds',
      { quantity: decimal('92233720368.54775808') },
      'INVALID_QUANTITY',
      'at most 92233720368.54775807',
    ],
    ['a price of zero', { price: decimal('0') }, 'INVALID_PRICE', 'price: expected above zero'],
    ['another currency', { currency: 'EUR' }, 'CURRENCY_MISMATCH', 'expected USD, in which AAPL'],
    ['negative fees', { fees: decimal('-0.01') }, 'NEGATIVE_FEES', 'was -0.01'],
    [
      'a date too far ahead',
      { effectiveDate: businessDate('2027-11-21') },
      'EFFECTIVE_DATE_TOO_FAR',
      'expected at most 2027-11-20, 365 days from today, was 2027-11-21',
    ],
    [
      'a date of another century',
      { effectiveDate: businessDate('1899-12-31') },
      'EFFECTIVE_DATE_TOO_FAR',
      'expected 1900-01-01 or later, was 1899-12-31',
    ],
    ['a blank override', { overrideReason: ' ' }, 'INVALID_OVERRIDE', 'expected 1 to 200'],
    ['a long override', { overrideReason: 'x'.repeat(201) }, 'INVALID_OVERRIDE', 'was "xxx'],
    [
      'an execution more than a day ahead',
      { executedAtMs: Date.parse('2026-11-21T15:00:00.001Z') },
      'EXECUTED_IN_THE_FUTURE',
      'one day ahead of 2026-11-20T15:00:00.000Z, was 2026-11-21T15:00:00.001Z',
    ],
  ])('refuses %s', (_case, changes, reason, message) => {
    expect(gate(changes)).toMatchObject({
      ok: false,
      reason,
      message: expect.stringContaining(message),
    });
  });

  test('refuses an instrument that market data does not know', () => {
    expect(gate({ symbol: 'NOPE' }, { instrument: undefined })).toEqual({
      ok: false,
      reason: 'UNKNOWN_INSTRUMENT',
      message: 'symbol: expected one that market data knows, was "NOPE"',
    });
  });

  test('refuses a contract that is not defined', () => {
    expect(gate({ contractId: 'NOPE' }, { terms: undefined })).toEqual({
      ok: false,
      reason: 'UNKNOWN_CONTRACT',
      message: 'contractId: expected a contract that is defined, was "NOPE"',
    });
  });

  test('answers with the first reason in the order of the list', () => {
    const wrongs: readonly Partial<TradeRequest>[] = [
      { tradeId: '' },
      { bookId: '|' },
      { quantity: decimal('0') },
      { price: decimal('0') },
      { currency: 'EUR' },
      { fees: decimal('-1') },
      { effectiveDate: businessDate('2099-01-01') },
      { overrideReason: '' },
      { executedAtMs: Date.parse('2099-01-01T00:00:00Z') },
    ];
    const reasons = wrongs.map((_, index) => {
      const result = gate(Object.assign({}, ...wrongs.slice(index)));
      return result.ok ? 'none' : result.reason;
    });
    const inOrder = TRADE_REFUSAL_REASONS.filter((reason) => reasons.includes(reason));
    expect(reasons).toEqual(inOrder);
    expect(reasons).toHaveLength(wrongs.length);
  });

  test('lets a trade pass with the instrument’s currency, no fees and ids in upper case', () => {
    const result = gate({ bookId: 'book-1', contractId: 'isda-7' });
    expect(result).toMatchObject({
      ok: true,
      trade: { fees: 0n, key: { text: 'BOOK-1|ACC-1|INS_AAPL|USD|ISDA-7|NET', currency: 'USD' } },
    });
  });
});

describe('a closed period', () => {
  const closed = businessDate('2026-11-01');

  test.each<[string, { on: string; why: string | null }, string | undefined]>([
    ['takes trades of the day from which the books are open', { on: closed, why: null }, undefined],
    ['refuses trades of the day before', { on: '2026-10-31', why: null }, 'PERIOD_CLOSED'],
    ['takes them with a reason', { on: '2026-10-31', why: 'auditor 7' }, undefined],
  ])('%s', (_case, { on, why }, reason) => {
    const late = { ...trade('T', 'BUY', '1', '1', { on }), overrideReason: why };
    expect(closedPeriodFault(late, closed)?.reason).toBe(reason);
    expect(closedPeriodFault(late, null)).toBeUndefined();
  });

  test('says from when on the books are open', () => {
    const message = closedPeriodFault(trade('T', 'BUY', '1', '1', { on: '2026-10-31' }), closed);
    expect(message?.message).toContain(
      'expected 2026-11-01 or later, as the books before are closed',
    );
  });
});

describe('PS-8 the content of a trade', () => {
  const contentOf = (changes: Partial<TradeRequest>): string => {
    const result = gate(changes);
    if (!result.ok) throw new Error(result.reason);
    return canonicalText(result.trade);
  };

  test.each<[string, Partial<TradeRequest>]>([
    ['trailing zeros', { quantity: decimal('100.00') }],
    ['lower case ids', { bookId: 'book-1' }],
    ['the currency written out', { currency: 'USD' }],
    ['fees of zero', { fees: decimal('0') }],
  ])('is the same with %s', (_case, changes) => {
    expect(contentOf(changes)).toBe(contentOf({}));
  });

  test.each<[string, Partial<TradeRequest>]>([
    ['another price', { price: decimal('187.51') }],
    ['another side', { side: 'SELL' }],
    ['another account', { accountId: 'ACC-2' }],
    ['fees', { fees: decimal('1') }],
    ['lots elected', { electedLots: [{ lotId: 'L1', quantity: decimal('100') }] }],
    ['a reason to override', { overrideReason: 'auditor 7' }],
    ['another date', { effectiveDate: businessDate('2026-11-19') }],
  ])('is different with %s', (_case, changes) => {
    expect(contentOf(changes)).not.toBe(contentOf({}));
  });
});
