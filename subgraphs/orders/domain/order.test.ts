import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDecimal } from '#kernel/decimal';
import { price, quantity } from '#kernel/money';
import { decide, type OrderCommand } from './decide-order.ts';
import type { OrdStatus } from './fix-words.ts';
import { avgPx, evolve, execId, nextExecId, type Order, type OrderEvent } from './order.ts';
import { mayFollow } from './ord-status-transitions.ts';
import {
  acknowledged,
  exampleTerms,
  filled,
  given,
  orderAfter,
  replaceWith,
  reportFill,
  submitted,
  TRADE_DATE,
  TRANSACT_TIME_MS,
  units,
} from './order-example.ts';

/** Runs commands one after the other; every one must be accepted. */
function story(...commands: readonly OrderCommand[]): Order {
  const order = commands.reduce<Order | null>((state, command) => {
    const decision = decide(state, command);
    if (!decision.ok) throw new Error(`${command.type}: ${decision.reason}`);
    return decision.events.reduce<Order | null>(evolve, state);
  }, null);
  if (order === null) throw new Error('no command');
  return order;
}

const submit: OrderCommand = {
  type: 'SubmitOrder',
  terms: exampleTerms(),
  checks: [],
  refusal: null,
};
const acknowledge: OrderCommand = { type: 'ReportAcknowledged' };
const bust = (id: string): OrderCommand => ({
  type: 'ReportBust',
  execId: execId(`${id}-BUST`),
  execRefId: execId(id),
});

function figures(order: Order) {
  const average = avgPx(order);
  return {
    ordStatus: order.ordStatus,
    cumQty: formatDecimal(order.cumQty),
    leavesQty: formatDecimal(order.leavesQty),
    avgPx: average === null ? null : formatDecimal(average),
  };
}

describe('OR-1 quantities of an order [G-18]', () => {
  const opening = [submit, acknowledge];
  const fills = [reportFill('E1', '300', '10.01'), reportFill('E2', '200', '10.03')];
  const replace = [replaceWith('800'), { type: 'ReportReplaced' } as const];
  const cancel = [{ type: 'RequestCancel' } as const, { type: 'ReportCanceled' } as const];

  test.each([
    {
      after: 'two fills',
      commands: [...opening, ...fills],
      expected: { ordStatus: 'PARTIALLY_FILLED', cumQty: '500', leavesQty: '500', avgPx: '10.018' },
    },
    {
      after: 'a replacement by 800',
      commands: [...opening, ...fills, ...replace],
      expected: { ordStatus: 'PARTIALLY_FILLED', cumQty: '500', leavesQty: '300', avgPx: '10.018' },
    },
    {
      after: 'the bust of the fill of 200',
      commands: [...opening, ...fills, ...replace, bust('E2')],
      expected: { ordStatus: 'PARTIALLY_FILLED', cumQty: '300', leavesQty: '500', avgPx: '10.01' },
    },
    {
      after: 'the cancel',
      commands: [...opening, ...fills, ...replace, bust('E2'), ...cancel],
      expected: { ordStatus: 'CANCELED', cumQty: '300', leavesQty: '0', avgPx: '10.01' },
    },
  ])('after $after', ({ commands, expected }) => {
    expect(figures(story(...commands))).toEqual(expected);
  });

  test('a replacement by exactly what is filled fills the order', () => {
    const order = story(...opening, ...fills, replaceWith('500'), { type: 'ReportReplaced' });
    expect(figures(order)).toMatchObject({ ordStatus: 'FILLED', leavesQty: '0' });
  });

  test('a late fill of a canceled order is booked and raises the alarm', () => {
    const order = story(...opening, ...cancel, reportFill('E9', '10', '10'));
    expect(figures(order)).toMatchObject({ ordStatus: 'CANCELED', cumQty: '10', leavesQty: '0' });
    expect(order.alarm).toBe('FILL_AFTER_TERMINAL');
  });

  test('the bust of the only fill makes a filled order new again', () => {
    const order = story(...opening, reportFill('E1', '1000', '10'), bust('E1'));
    expect(figures(order)).toEqual({
      ordStatus: 'NEW',
      cumQty: '0',
      leavesQty: '1000',
      avgPx: null,
    });
  });

  test('fills that arrive while a cancel is pending still count', () => {
    const pending = story(...opening, { type: 'RequestCancel' }, reportFill('E1', '400', '10'));
    expect(figures(pending)).toMatchObject({ ordStatus: 'PENDING_CANCEL', leavesQty: '600' });
    const refused = decide(pending, { type: 'ReportCancelRefused' });
    expect(refused).toEqual({ ok: true, events: [{ type: 'CancelRefused' }] });
  });
});

describe('an order refuses', () => {
  const open = [submitted(), acknowledged];
  const done = [...open, { type: 'OrderCanceled' } as const];
  const marketOrder = [submitted({ ordType: 'MARKET', price: null }), acknowledged] as const;

  test.each<[string, readonly OrderEvent[], OrderCommand, string]>([
    ['to be submitted twice', open, submit, 'ORDER_EXISTS'],
    ['what is said of no order', [], { type: 'RequestCancel' }, 'UNKNOWN_ORDER'],
    ['a cancel when it has ended', done, { type: 'RequestCancel' }, 'ORDER_NOT_OPEN'],
    ['a replacement when it has ended', done, replaceWith('900'), 'ORDER_NOT_OPEN'],
    ['a replacement before the broker has it', [submitted()], replaceWith('900'), 'ORDER_NOT_OPEN'],
    [
      'a second request while one is pending',
      [...open, { type: 'CancelRequested' }],
      replaceWith('900'),
      'REQUEST_PENDING',
    ],
    ['an answer nobody asked for', open, { type: 'ReportReplaced' }, 'NOTHING_PENDING'],
    ['a replacement by nothing', open, replaceWith('0'), 'INVALID_QUANTITY'],
    [
      'a replacement below what is filled',
      [...open, filled('E1', '300', '10')],
      replaceWith('299.99999999'),
      'QUANTITY_BELOW_CUM_QTY',
    ],
    ['a price of zero', open, replaceWith('900', '0'), 'INVALID_PRICE'],
    ['a price for a MARKET order', marketOrder, replaceWith('900', '10'), 'INVALID_PRICE'],
    ['a fill of nothing', open, reportFill('E1', '0', '10'), 'INVALID_QUANTITY'],
    [
      'a fill beyond its leaves quantity',
      [...open, filled('E1', '800', '10')],
      reportFill('E2', '200.00000001', '10'),
      'OVERFILL',
    ],
    [
      'a fill dearer than it may be',
      open,
      reportFill('E1', '1', '10.05000001'),
      'PRICE_BEYOND_PROTECTION',
    ],
    ['the bust of a fill it never had', open, bust('E7'), 'UNKNOWN_EXECUTION'],
  ])('%s', (_what, past, command, reason) => {
    expect(given(...past).when(command)).toMatchObject({ ok: false, reason });
  });
});

describe('reports that came before change nothing', () => {
  test.each<[string, readonly OrderEvent[], OrderCommand]>([
    ['the same fill', [filled('E1', '300', '10')], reportFill('E1', '300', '10')],
    ['the acknowledgement', [], acknowledge],
    ['the cancel', [{ type: 'OrderCanceled' }], { type: 'ReportCanceled' }],
  ])('%s', (_what, past, command) => {
    const decision = given(submitted(), acknowledged, ...past).when(command);
    expect(decision).toEqual({ ok: true, events: [] });
  });

  test('and the next execution id depends on the fills alone', () => {
    const order = orderAfter(submitted(), acknowledged, filled('ord_1-1', '1', '10'));
    expect(order && nextExecId(order)).toBe('ord_1-2');
  });
});

const anyCommand: fc.Arbitrary<OrderCommand> = fc.oneof(
  fc.constantFrom<OrderCommand>(
    acknowledge,
    { type: 'RequestCancel' },
    { type: 'ReportCanceled' },
    { type: 'ReportCancelRefused' },
    { type: 'ReportReplaced' },
    { type: 'ReportReplaceRefused' },
    { type: 'ReportExpired' },
    bust('E1'),
    bust('E2'),
  ),
  fc
    .tuple(
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom(1n, 250n, 500n, 1_000n),
      fc.bigInt(1n, 1_005n),
    )
    .map(([id, lastQty, lastPx]): OrderCommand => ({
      type: 'ReportFill',
      execId: execId(`E${id}`),
      lastQty: quantity(lastQty * 100_000_000n),
      lastPx: price(lastPx * 1_000_000n),
      transactTimeMs: TRANSACT_TIME_MS,
      tradeDate: TRADE_DATE,
    })),
  fc.integer({ min: 1, max: 1500 }).map((orderQty) => replaceWith(String(orderQty))),
);

test('OR-1 whatever happens, statuses follow the table and quantities add up', () => {
  const seen = new Set<OrdStatus>();
  fc.assert(
    fc.property(fc.array(anyCommand, { maxLength: 25 }), (commands) => {
      let order = story(submit);
      seen.add(order.ordStatus);
      for (const command of commands) {
        const decision = decide(order, command);
        if (!decision.ok) continue;
        for (const event of decision.events) {
          const after = evolve(order, event);
          expect([order.ordStatus, after.ordStatus]).toSatisfy(([from, to]) => mayFollow(from, to));
          order = after;
          seen.add(order.ordStatus);
          const open = order.ending === null;
          expect(order.leavesQty).toBe(open ? order.orderQty - order.cumQty : units('0'));
          expect(order.cumQty >= 0n && order.leavesQty >= 0n).toBe(true);
        }
      }
    }),
    { numRuns: 500 },
  );
  expect([...seen].sort()).toEqual([
    'CANCELED',
    'EXPIRED',
    'FILLED',
    'NEW',
    'PARTIALLY_FILLED',
    'PENDING_CANCEL',
    'PENDING_NEW',
    'PENDING_REPLACE',
  ]);
});
