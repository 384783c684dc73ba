import { describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import { currencyCode, MAX_SCALED, quantity } from '#kernel/money';
import type { OrderRequest } from './order.ts';
import { at, exampleTerms, units } from './order-example.ts';
import { ORDER_REFUSE_REASONS } from './pre-trade-check.ts';
import { checkOrder, type PreTradeFacts } from './pre-trade-rules.ts';

const USD = currencyCode('USD');
const EUR = currencyCode('EUR');
const facts: PreTradeFacts = {
  instrument: { instrumentId: 'ins_AAPL', assetClass: 'EQUITY', currency: USD },
  currencies: [USD],
  availableCash: decimal('10050'),
  availableUnits: decimal('1000'),
  quote: { last: at('10'), bid: at('9.99'), ask: at('10.01') },
};
const limitBuy: OrderRequest = exampleTerms();
const marketBuy: OrderRequest = exampleTerms({ ordType: 'MARKET', price: null });
const marketSell: OrderRequest = { ...marketBuy, side: 'SELL' };

type Row = readonly [reason: string, request: OrderRequest, changes: Partial<PreTradeFacts>];

/** Each row fails the check of its name and passes every one before it. */
const rows: readonly Row[] = [
  ['ORD_TYPE_NOT_SUPPORTED', { ...limitBuy, ordType: 'STOP' }, {}],
  ['TIME_IN_FORCE_NOT_SUPPORTED', { ...limitBuy, timeInForce: 'AT_THE_OPENING' }, {}],
  ['UNKNOWN_INSTRUMENT', limitBuy, { instrument: null }],
  [
    'INSTRUMENT_NOT_TRADABLE',
    limitBuy,
    { instrument: { instrumentId: 'ins_SPX', assetClass: 'INDEX', currency: USD } },
  ],
  ['INVALID_QUANTITY', { ...limitBuy, orderQty: units('0') }, {}],
  ['INVALID_QUANTITY', { ...limitBuy, orderQty: units('-1') }, {}],
  ['INVALID_QUANTITY', { ...limitBuy, orderQty: quantity(MAX_SCALED + 1n) }, {}],
  ['INVALID_PRICE', { ...limitBuy, price: null }, {}],
  ['INVALID_PRICE', { ...limitBuy, price: at('0') }, {}],
  ['INVALID_PRICE', { ...marketBuy, price: at('10') }, { availableCash: decimal('20000') }],
  ['INVALID_PRICE', { ...limitBuy, stopPx: at('9') }, {}],
  ['UNKNOWN_ACCOUNT', limitBuy, { currencies: [] }],
  ['CURRENCY_MISMATCH', limitBuy, { currencies: [EUR] }],
  ['NO_REFERENCE_PRICE', marketBuy, { quote: null }],
  ['INSUFFICIENT_FUNDS', limitBuy, { availableCash: decimal('10049.99999999') }],
  // 1000 x 10.01 x 1.05
  ['INSUFFICIENT_FUNDS', marketBuy, { availableCash: decimal('10510.49999999') }],
  ['INSUFFICIENT_HOLDINGS', marketSell, { availableUnits: decimal('999.99999999') }],
];

describe('OR-2 pre-trade checks', () => {
  test.each(rows)('%s', (reason, request, changes) => {
    const result = checkOrder(request, { ...facts, ...changes });
    expect(result.refusal?.reason).toBe(reason);
    expect(result.checks.filter(({ passed }) => !passed)).toHaveLength(1);
  });

  test('cover every reason but the duplicate, in order of precedence', () => {
    const reasons = [...new Set(rows.map(([reason]) => reason))];
    expect(reasons).toEqual(ORDER_REFUSE_REASONS.slice(1));
  });

  test('collect every failure; the first gives the reason', () => {
    const { checks, refusal } = checkOrder(
      { ...limitBuy, orderQty: units('-1'), timeInForce: 'AT_THE_CLOSE' },
      { ...facts, currencies: [] },
    );
    expect(checks.filter(({ passed }) => !passed).map(({ code }) => code)).toEqual([
      'TIME_IN_FORCE',
      'QUANTITY',
      'ACCOUNT',
    ]);
    expect(refusal?.reason).toBe('TIME_IN_FORCE_NOT_SUPPORTED');
  });

  test('let pass what just suffices, and say what was found', () => {
    const { checks, refusal, protectionPx } = checkOrder(limitBuy, facts);
    expect(refusal).toBeNull();
    expect(protectionPx).toBe(at('10.05'));
    expect(checks.at(-1)).toEqual({
      code: 'BUYING_POWER',
      passed: true,
      limit: '10050',
      actual: '10050',
    });
  });

  test('protect a MARKET BUY at the ask and the cushion, a SELL not at all', () => {
    const funded = { ...facts, availableCash: decimal('20000') };
    expect(checkOrder(marketBuy, funded).protectionPx).toBe(at('10.5105'));
    expect(checkOrder(marketSell, funded).protectionPx).toBeNull();
  });
});
