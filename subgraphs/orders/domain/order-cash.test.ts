import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal, formatDecimal } from '#kernel/decimal';
import { amount, currencyCode, notional, type Price, price, quantity } from '#kernel/money';
import {
  available,
  type CashAccount,
  type CashEvent,
  decideCash,
  emptyCashAccount,
  evolveCash,
  ledgerLines,
} from './cash-account.ts';
import { decide, type OrderCommand } from './decide-order.ts';
import { accountId, evolve, execId, type Order, type OrderEvent, orderId } from './order.ts';
import { cashEventOf, reservedCash } from './order-cash.ts';
import {
  acknowledged,
  exampleTerms,
  filled,
  orderAfter,
  submitted,
  TRADE_DATE,
  TRANSACT_TIME_MS,
} from './order-example.ts';

const USD = currencyCode('USD');
const usd = (text: string) => amount(decimal(text));
const empty = emptyCashAccount(accountId('ACC-7'), USD);
const deposit = (text: string): CashEvent => ({
  type: 'CashDeposited',
  amount: usd(text),
  commandId: 'C-1',
});
const reserve = (text: string): CashEvent => ({
  type: 'CashReserved',
  amount: usd(text),
  orderId: orderId('ord_1'),
});

function cashOf(...past: readonly OrderEvent[]): CashEvent | null {
  const event = past.at(-1);
  const before = orderAfter(...past.slice(0, -1));
  const after = orderAfter(...past);
  if (event === undefined || after === null) throw new Error('no event');
  return cashEventOf(before, event, after);
}

describe('OR-6 cash account', () => {
  test('a deposit may be spent, what is reserved may not', () => {
    const account = [deposit('100'), reserve('60')].reduce(evolveCash, empty);
    expect(formatDecimal(available(account))).toBe('40');
    expect(decideCash(account, reserve('40'))).toMatchObject({ ok: true });
    expect(decideCash(account, reserve('40.00000001'))).toEqual({
      ok: false,
      reason: 'INSUFFICIENT_FUNDS',
      message: 'expected at least 40.00000001 USD available, was 40',
    });
  });

  test.each(['0', '-5'])('a deposit of %s is refused', (text) => {
    expect(decideCash(empty, deposit(text))).toMatchObject({ reason: 'INVALID_AMOUNT' });
  });
});

describe('what an order does to the cash', () => {
  test('a limit order reserves its price, pays the fill and gives the difference back', () => {
    expect(cashOf(submitted())).toMatchObject({ type: 'CashReserved', amount: usd('10050') });
    expect(cashOf(submitted(), acknowledged, filled('E1', '400', '10'))).toMatchObject({
      type: 'PurchasePaid',
      amount: usd('4000'),
      released: usd('4020'),
    });
  });

  test('the end of an order releases what it did not use', () => {
    const past = [submitted(), acknowledged, filled('E1', '400', '10')];
    expect(cashOf(...past, { type: 'OrderCanceled' })).toMatchObject({
      type: 'CashReleased',
      amount: usd('6030'),
    });
  });

  test('a refused order gives back nothing it never reserved', () => {
    const rejected: OrderEvent = {
      type: 'OrderRejected',
      reason: 'INSUFFICIENT_FUNDS',
      message: '',
    };
    expect(cashOf(submitted({ protectionPx: null }), rejected)).toBeNull();
  });

  test('a SELL reserves no cash and is credited at the fill', () => {
    const sell = submitted({ side: 'SELL', protectionPx: null });
    expect(cashOf(sell)).toBeNull();
    expect(cashOf(sell, acknowledged, filled('E1', '400', '10'))).toMatchObject({
      type: 'SaleReceived',
      amount: usd('4000'),
    });
  });

  test('the quantity added by a pending replacement is reserved before the broker is asked', () => {
    const terms = {
      orderQty: quantity(decimal('2000')),
      price: price(decimal('6')),
      protectionPx: price(decimal('6')),
    };
    const requested = cashOf(submitted(), acknowledged, { type: 'ReplaceRequested', terms });
    // Old terms first, then 1,000 more on the new ones.
    expect(requested).toMatchObject({ type: 'CashReserved', amount: usd('6000') });
  });
});

const cheaper = (a: Price, b: Price) => (a < b ? a : b);
const priceArbitrary = fc.bigInt(1n, 3n * 10n ** 9n).map(price);
const quantityArbitrary = fc.bigInt(1n, 10n ** 10n).map(quantity);
const stepArbitrary: fc.Arbitrary<(order: Order, step: number) => OrderCommand> = fc.oneof(
  fc
    .tuple(quantityArbitrary, priceArbitrary)
    .map(([lastQty, lastPx]) => (order: Order, step: number): OrderCommand => ({
      type: 'ReportFill',
      execId: execId(`E${step}`),
      lastQty: lastQty > order.leavesQty ? order.leavesQty : lastQty,
      lastPx: cheaper(lastPx, order.protectionPx ?? lastPx),
      transactTimeMs: TRANSACT_TIME_MS,
      tradeDate: TRADE_DATE,
    })),
  fc.tuple(quantityArbitrary, priceArbitrary).map(([orderQty, limit]) => (): OrderCommand => ({
    type: 'RequestReplace',
    terms: { orderQty, price: limit, protectionPx: limit },
  })),
  fc
    .constantFrom<OrderCommand>(
      { type: 'ReportReplaced' },
      { type: 'ReportReplaceRefused' },
      { type: 'ReportCanceled' },
    )
    .map((command) => () => command),
);

describe('OR-6 properties of cash', () => {
  test('an order that was covered once is covered to its end, to the last 1e-8', () => {
    fc.assert(
      fc.property(
        quantityArbitrary,
        priceArbitrary,
        fc.array(stepArbitrary, { maxLength: 20 }),
        (orderQty, limit, steps) => {
          const terms = exampleTerms({ orderQty, price: limit, protectionPx: limit });
          let order: Order = evolve(null, { type: 'OrderSubmitted', terms, checks: [] });
          // Not a unit more than the order asks for.
          let cash: CashAccount = { ...empty, balance: reservedCash(order) };
          cash = evolveCash(cash, mustBe(cashEventOf(null, submitted(), order)));
          order = evolve(order, acknowledged);
          for (const [step, make] of steps.entries()) {
            const decision = decide(order, make(order, step));
            if (!decision.ok) continue;
            for (const event of decision.events) {
              const after = evolve(order, event);
              const moved = cashEventOf(order, event, after);
              // A greater order may find too little cash: then it is not asked for at all.
              if (moved?.type === 'CashReserved' && !decideCash(cash, moved).ok) {
                cash = { ...cash, balance: amount(cash.balance + moved.amount) };
              }
              expect(moved === null || decideCash(cash, moved).ok).toBe(true);
              expect(underpaid(event, moved)).toBeLessThanOrEqual(1n);
              if (moved !== null) cash = evolveCash(cash, moved);
              order = after;
              expect(cash.reserved).toBe(reservedCash(order));
            }
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('debits equal credits, and the ledger of client cash is the balance', () => {
    const anyEvent = fc.oneof(
      fc.bigInt(1n, 10n ** 14n).map((value) => ({ ...deposit('1'), amount: amount(value) })),
      fc.tuple(fc.bigInt(1n, 10n ** 13n), fc.boolean()).map(([value, isSale]): CashEvent => {
        const ids = { orderId: orderId('o'), execId: execId('e') };
        const paid = amount(value);
        return isSale
          ? { type: 'SaleReceived', amount: paid, ...ids }
          : { type: 'PurchasePaid', amount: paid, released: amount(0n), ...ids };
      }),
    );
    fc.assert(
      fc.property(fc.array(anyEvent), (events) => {
        const accepted: CashEvent[] = [];
        const account = events.reduce((state, event) => {
          if (!decideCash(state, event).ok) return state;
          accepted.push(event);
          return evolveCash(state, event);
        }, empty);
        const lines = accepted.flatMap(ledgerLines);
        const sum = (values: readonly bigint[]) => values.reduce((a, b) => a + b, 0n);
        expect(sum(lines.map(({ debit }) => debit))).toBe(sum(lines.map(({ credit }) => credit)));
        const client = lines.filter(({ ledgerAccount }) => ledgerAccount === 'CLIENT_CASH');
        expect(sum(client.map(({ debit, credit }) => debit - credit))).toBe(account.balance);
      }),
    );
  });
});

/** How much less than lastPx x lastQty was paid. */
function underpaid(event: OrderEvent, moved: CashEvent | null): bigint {
  if (event.type !== 'OrderFilled') return 0n;
  const value = notional(event.lastPx, event.lastQty);
  return moved?.type === 'PurchasePaid' ? value - moved.amount : value;
}

function mustBe<T>(value: T | null): T {
  if (value === null) throw new Error('expected a value');
  return value;
}
