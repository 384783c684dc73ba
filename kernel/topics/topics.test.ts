import { describe, expect, test } from 'vitest';
import { businessDate } from '../business-date.ts';
import { decimal } from '../decimal.ts';
import { type AcceptedTick, acceptedTick, lastPriceKey } from './accepted-ticks.ts';
import { type ContractWasDefined, contractDefined } from './contract-defined.ts';
import {
  boolean,
  integer,
  oneOf,
  parsed,
  parsedOrNull,
  payload,
  text,
  textOrNull,
} from './reading.ts';
import { type TradeSubmitted, tradeSubmitted } from './trade-events.ts';

const TRADE: TradeSubmitted = {
  tradeId: 'T-1',
  bookId: 'BOOK-1',
  accountId: 'ACC-1',
  symbol: 'AAPL',
  side: 'BUY',
  quantity: decimal('0.00000001'),
  price: decimal('187.50'),
  currency: 'USD',
  fees: decimal('0'),
  effectiveDate: businessDate('2026-11-20'),
  executedAtMs: 1_795_190_400_123,
  contractId: null,
  clOrdId: 'CL-1',
  user: 'trader',
};
const TICK: AcceptedTick = {
  instrumentId: 'ins_AAPL',
  symbol: 'AAPL',
  price: '187.5',
  bid: null,
  ask: '187.51',
  size: null,
  currency: 'USD',
  eventTimeMs: 1_795_190_400_123,
  receivedAtMs: 1_795_190_400_124,
  source: 'simulator',
  sequence: '9007199254740993',
  quality: 'SIMULATED',
};
const CONTRACT: ContractWasDefined = {
  contractId: 'ISDA-7',
  version: 2,
  reliefMethod: 'HIFO',
  effectiveFrom: businessDate('2026-11-20'),
  isLongOnly: false,
  hasWashSales: true,
  booksClosedBefore: null,
  user: 'operations',
};
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each([
  ['a submitted trade', tradeSubmitted, TRADE],
  ['an accepted tick', acceptedTick, TICK],
  ['a defined contract', contractDefined, CONTRACT],
] as const)('%s', (_what, type, event) => {
  const encoded = throughJson((type.encode as (of: unknown) => unknown)(event));

  test('comes back from JSON as it was', () => {
    expect(type.parse(encoded, type.version)).toEqual(event);
  });

  test('ignores fields that a later version may add', () => {
    expect(type.parse({ ...payload(encoded), later: 1 }, type.version)).toEqual(event);
  });

  const required = Object.entries(event).flatMap(([field, value]) => (value === null ? [] : field));
  test.each(required.filter((field) => !['clOrdId', 'ask'].includes(field)))(
    'is unreadable without %s, and says so',
    (field) => {
      const { [field]: _left, ...rest } = payload(encoded);
      expect(() => type.parse(rest, type.version)).toThrow(`${field}: expected`);
    },
  );

  test.each([null, 'text', [], 7])('is unreadable from %j', (value) => {
    expect(() => type.parse(value, type.version)).toThrow('expected an object, was');
  });
});

describe('reading a field', () => {
  const from = { empty: '', word: 'BUY', number: 1.5, large: 2 ** 53, date: '2026-02-30' };

  test.each([
    [() => text(from, 'number'), 'number: expected text, was 1.5'],
    [() => integer(from, 'number'), 'number: expected an integer, was 1.5'],
    [() => integer(from, 'large'), 'large: expected an integer, was 9007199254740992'],
    [() => oneOf(from, 'word', ['A', 'B']), 'word: expected one of A, B, was "BUY"'],
    [() => boolean(from, 'word'), 'word: expected true or false, was "BUY"'],
    [() => parsed(from, 'date', businessDate), 'date: expected a date such as 2026-11-20, was'],
    [() => text({ long: 'x' }, 'gone'), 'gone: expected text, was nothing'],
  ])('tells what was expected and found (%#)', (read, message) => {
    expect(read).toThrow(message);
  });

  test('takes null and absence as null where that is allowed', () => {
    expect(textOrNull({ a: null }, 'a')).toBeNull();
    expect(textOrNull({}, 'a')).toBeNull();
    expect(parsedOrNull({}, 'a', decimal)).toBeNull();
    expect(textOrNull(from, 'empty')).toBe('');
  });
});

test('the last price of a symbol has a key of its own', () => {
  expect(lastPriceKey('AAPL')).toBe('last-price:AAPL');
});
