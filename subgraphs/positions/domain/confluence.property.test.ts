import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays } from '#kernel/business-date';
import { amount, price, quantity } from '#kernel/money';
import { weekdays } from './book-calendar.ts';
import { START } from './history-stream-test-support.ts';
import {
  amend,
  apply,
  bust,
  correct,
  currentOf,
  type History,
  historyOf,
  submit,
} from './history-test-support.ts';
import { LOT_RELIEF_METHODS, type LotReliefMethod } from './lot-relief.ts';
import { figuresOf, type LotState } from './position.ts';
import type { PositionCommand } from './position-command.ts';
import { termsWith, trade as fixedTrade } from './position-test-support.ts';
import type { Trade } from './trade.ts';

interface Happening {
  readonly what: 'TRADE' | 'SPLIT' | 'RESET';
  readonly side: 'BUY' | 'SELL';
  readonly units: bigint;
  readonly unitPrice: bigint;
  readonly fees: bigint;
  /** Random: sorted by it, they arrive. */
  readonly arrival: number;
  readonly fate: 'STANDS' | 'BUSTED' | 'AMENDED';
  /** Or only later, with others. */
  readonly correctsNow: boolean;
}

const happenings = fc.array(
  fc.record<Happening>({
    what: fc.constantFrom('TRADE', 'TRADE', 'TRADE', 'TRADE', 'SPLIT', 'RESET'),
    side: fc.constantFrom('BUY', 'BUY', 'SELL'),
    units: fc.oneof(
      fc.bigInt(1n, 9n).map((n) => n * 10n ** 8n),
      fc.bigInt(1n, 10n ** 12n),
    ),
    unitPrice: fc.bigInt(1n, 10n ** 11n),
    fees: fc.oneof(fc.constant(0n), fc.bigInt(0n, 10n ** 9n)),
    arrival: fc.nat(1_000_000),
    fate: fc.constantFrom('STANDS', 'STANDS', 'STANDS', 'BUSTED', 'AMENDED'),
    correctsNow: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25, size: 'max' },
);
// Under SPECIFIC every sale elects, and an election belongs to the lots of its day.
const methods = fc.constantFrom<LotReliefMethod>(
  ...LOT_RELIEF_METHODS.filter((method) => method !== 'SPECIFIC'),
);

const dayOf = (index: number) => addDays(START, index);

function tradeOf(each: Happening, index: number, final: boolean): Trade {
  const isAmended = final && each.fate === 'AMENDED';
  return {
    ...fixedTrade(`T${index}`, each.side, '1', '1'),
    quantity: quantity(isAmended ? each.units + 7n : each.units),
    price: price(isAmended ? each.unitPrice + 1n : each.unitPrice),
    fees: amount(each.fees),
    effectiveDate: dayOf(index),
  };
}

function commandOf(
  each: Happening,
  index: number,
  { terms, today }: History,
  final: boolean,
): PositionCommand {
  const effectiveDate = dayOf(index);
  switch (each.what) {
    case 'TRADE': {
      const trade = tradeOf(each, index, final);
      return { type: 'ApplyTrade', trade, terms, today, calendar: weekdays, uti: null };
    }
    case 'SPLIT': {
      const ratio = { numerator: 3n, denominator: 2n, cashInLieu: null };
      const action = { type: 'SPLIT', actionId: `S${index}`, effectiveDate, ...ratio } as const;
      return { type: 'ApplyCorporateAction', action, today };
    }
    case 'RESET':
      return {
        type: 'ResetPrice',
        resetId: `R${index}`,
        resetPrice: price(each.unitPrice),
        effectiveDate,
        today,
      };
  }
}

/** In the order of arrival, all of them known by the last day; busts and amendments come after. */
function arrived(all: readonly Happening[], method: LotReliefMethod, hasWashSales: boolean) {
  const history = historyOf(dayOf(all.length), { ...termsWith(method), hasWashSales });
  const refused = new Set<number>();
  const byArrival = all
    .map((each, index) => ({ each, index }))
    .sort((a, b) => a.each.arrival - b.each.arrival);
  for (const { each, index } of byArrival) {
    if (submit(history, commandOf(each, index, history, false)) !== undefined) refused.add(index);
    if (each.correctsNow) correct(history);
  }
  for (const { each, index } of byArrival) {
    if (each.what !== 'TRADE') continue;
    const refusal = meetFate(history, each, index);
    if (refusal !== undefined) throw new Error(refusal);
    if (each.correctsNow) correct(history);
  }
  correct(history);
  return { history, refused };
}

function meetFate(history: History, each: Happening, index: number) {
  switch (each.fate) {
    case 'STANDS':
      return undefined;
    case 'BUSTED':
      return bust(history, `T${index}`);
    case 'AMENDED':
      return amend(history, `T${index}`, () => tradeOf(each, index, true));
  }
}

/** Each on its own day, with the terms that stood in the end. */
function inOrderOfDate(
  all: readonly Happening[],
  refused: ReadonlySet<number>,
  method: LotReliefMethod,
  hasWashSales: boolean,
): History {
  const history = historyOf(START, { ...termsWith(method), hasWashSales });
  all.forEach((each, index) => {
    if (refused.has(index) || (each.what === 'TRADE' && each.fate === 'BUSTED')) return;
    history.today = dayOf(index);
    submit(history, commandOf(each, index, history, true));
  });
  return history;
}

const shapeOf = ({ lots, cycleRealizedPnl, ...state }: LotState) => ({
  ...figuresOf({ lots, cycleRealizedPnl, ...state }),
  lots,
});

describe('confluence', () => {
  test('the corrected position is that of the order of dates, however they arrive', () => {
    fc.assert(
      fc.property(happenings, methods, fc.boolean(), (all, method, hasWashSales) => {
        const { history, refused } = arrived(all, method, hasWashSales);
        const wanted = inOrderOfDate(all, refused, method, hasWashSales);
        expect(currentOf(history).reconciliationStatus).toBe('RECONCILED');
        expect(shapeOf(currentOf(history))).toEqual(shapeOf(currentOf(wanted)));
      }),
      { numRuns: 300 },
    );
  });

  test('trades of one day keep their order of arrival', () => {
    const history = historyOf(dayOf(1), termsWith('FIFO'));
    for (const [id, unitPrice] of [
      ['A', '10'],
      ['B', '20'],
    ] as const) {
      apply(history, fixedTrade(id, 'BUY', '1', unitPrice, { on: START }));
    }
    apply(history, fixedTrade('C', 'SELL', '1', '30', { on: START }));
    expect(currentOf(history).lots.map(({ lotId }) => lotId)).toEqual(['B']);
  });
});
