import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { price } from '#kernel/money';
import { weekdays } from './book-calendar.ts';
import { foldAsOf } from './fold.ts';
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
import type { LotReliefMethod } from './lot-relief.ts';
import { type Figures, figuresOf, type LotState } from './position.ts';
import type { HistoricalPositionCorrected, PositionEvent } from './position-event.ts';
import { termsWith, trade } from './position-test-support.ts';
import { previewOf } from './preview.ts';
import { knownAt } from './timeline.ts';
import { targetOf } from './target-trade.ts';

const shown = ({ quantity: units, costBasis, realizedPnl }: Figures) =>
  [units, costBasis, realizedPnl].map(formatDecimal).join(' / ');

const figures = (state: LotState) => shown(figuresOf(state));

const lotsOf = ({ lots }: LotState) =>
  lots.map(
    (lot) => `${lot.lotId} ${formatDecimal(lot.quantity)} = ${formatDecimal(lot.costBasis)}`,
  );

const at = (date: string, time: string) => Date.parse(`${date}T${time}Z`);

/** E1 to E3 of the golden [G-1], each recorded at ten on its own day; now it is 20 March. */
function golden(method: LotReliefMethod = 'FIFO', { isLongOnly = false } = {}): History {
  const history = historyOf(businessDate('2026-03-20'), { ...termsWith(method), isLongOnly });
  for (const [id, side, units, unitPrice, on] of [
    ['E1', 'BUY', '100', '10', '2026-03-02'],
    ['E2', 'BUY', '100', '12', '2026-03-09'],
    ['E3', 'SELL', '150', '15', '2026-03-16'],
  ] as const) {
    history.nowMs = at(on, '10:00:00');
    apply(history, trade(id, side, units, unitPrice, { on }));
  }
  history.nowMs = at('2026-03-20', '10:00:00');
  return history;
}

const X = trade('X', 'BUY', '80', '11', { on: '2026-03-05' });
const Y = trade('Y', 'SELL', '40', '13', { on: '2026-03-06' });

function correctionOf({ known }: History): HistoricalPositionCorrected {
  const event = known.at(-1)?.event;
  if (event?.type !== 'HISTORICAL_POSITION_CORRECTED') throw new Error(`was ${event?.type}`);
  return event;
}

const types = ({ known }: History): PositionEvent['type'][] => known.map(({ event }) => event.type);

describe('golden [G-1]: a purchase of 5 March that arrives on 20 March', () => {
  test.each<[LotReliefMethod, string, string, string, string[], string]>([
    [
      'FIFO',
      '50 / 600 / 650',
      '130 / 1480 / 650',
      '130 / 1530 / 700',
      ['X 30 = 330', 'E2 100 = 1200'],
      'E3 650 -> 700',
    ],
    [
      'LIFO',
      '50 / 500 / 550',
      '130 / 1380 / 550',
      '130 / 1330 / 500',
      ['E1 100 = 1000', 'X 30 = 330'],
      'E3 550 -> 500',
    ],
    [
      'HIFO',
      '50 / 500 / 550',
      '130 / 1380 / 550',
      '130 / 1330 / 500',
      ['E1 100 = 1000', 'X 30 = 330'],
      'E3 550 -> 500',
    ],
    ['AVERAGE', '50 / 550 / 600', '130 / 1430 / 600', '130 / 1430 / 600', ['E1 130 = 1430'], ''],
  ])('%s', (method, before, provisional, corrected, lots, restated) => {
    const history = golden(method);
    expect(figures(currentOf(history))).toBe(before);

    expect(apply(history, X)).toBeUndefined();
    expect(currentOf(history)).toMatchObject({
      reconciliationStatus: 'PROVISIONAL',
      pendingBackdated: 1,
      lastEffectiveDate: '2026-03-16',
    });
    expect(figures(currentOf(history))).toBe(provisional);
    expect(history.known.at(-1)?.event).toMatchObject({
      type: 'PROVISIONAL_TRADE_APPLIED',
      late: { tipDate: '2026-03-16', bookedOn: '2026-03-20' },
      uti: null,
    });

    expect(correct(history)).toBe('CORRECTED');
    const correction = correctionOf(history);
    expect(shown(correction.beforeTrade)).toBe(before);
    expect(shown(correction.beforeCorrection)).toBe(provisional);
    expect(shown(correction.after)).toBe(corrected);
    expect(correction).toMatchObject({
      settles: [4],
      causedBy: ['X'],
      effectiveDate: '2026-03-05',
    });
    expect(
      correction.restatements
        .map(
          (each) => `${each.tradeId} ${formatDecimal(each.before)} -> ${formatDecimal(each.after)}`,
        )
        .join(),
    ).toBe(restated);
    expect(figures(currentOf(history))).toBe(corrected);
    expect(lotsOf(currentOf(history))).toEqual(lots);
    expect(currentOf(history)).toMatchObject({
      reconciliationStatus: 'RECONCILED',
      pendingBackdated: 0,
      version: 5,
    });
  });

  test('the preview says so before anything is recorded', () => {
    const { known, today, terms } = golden();
    const command = { type: 'ApplyTrade', trade: X, today, terms, calendar: weekdays, uti: null };
    const result = previewOf(known, { ...command, type: 'ApplyTrade' }, { isLongOnly: false });
    if (!result.ok || result.preview.recalculation?.type !== 'RECALCULATED') throw new Error();
    const { before, after, recalculation } = result.preview;
    expect([figures(before), figures(after)]).toEqual(['50 / 600 / 650', '130 / 1480 / 650']);
    expect(figures(recalculation.recalculated.state)).toBe('130 / 1530 / 700');
    expect(recalculation.recalculated.restatements).toEqual([
      { version: 3, tradeId: 'E3', before: decimal('650'), after: decimal('700') },
    ]);
    expect(known).toHaveLength(3);
  });
});

describe('golden [G-2]: a sale of 6 March that arrives on 20 March', () => {
  test.each<[LotReliefMethod, string]>([
    ['FIFO', '10 / 120 / 690'],
    ['LIFO', '10 / 100 / 670'],
    ['HIFO', '10 / 100 / 670'],
    ['AVERAGE', '10 / 112.5 / 682.5'],
  ])('%s', (method, corrected) => {
    const history = golden(method);
    apply(history, Y);
    correct(history);
    expect(figures(currentOf(history))).toBe(corrected);
  });
});

describe('golden [G-3]: busts and amendments', () => {
  test('without E1 the sale closes E2 and opens a short: -50, +300', () => {
    const history = golden();
    expect(bust(history, 'E1')).toBeUndefined();
    expect(currentOf(history)).toMatchObject({
      reconciliationStatus: 'PROVISIONAL',
      quantity: decimal('-50'),
    });
    correct(history);
    expect(currentOf(history)).toMatchObject({
      quantity: decimal('-50'),
      realizedPnl: decimal('300'),
      reconciliationStatus: 'RECONCILED',
    });
    expect(lotsOf(currentOf(history))).toEqual(['E3 -50 = -750']);
  });

  test('E2 at 12.50 instead of 12: 50 / 625 / 625, in the lot and place of E2', () => {
    const history = golden();
    const dearer = (terms: typeof X) => ({ ...terms, price: price(decimal('12.5')) });
    expect(amend(history, 'E2', dearer)).toBeUndefined();
    expect(currentOf(history)).toMatchObject({ quantity: decimal('50'), pendingBackdated: 1 });
    correct(history);
    expect(figures(currentOf(history))).toBe('50 / 625 / 625');
    expect(lotsOf(currentOf(history))).toEqual(['E2 50 = 625']);
    expect(targetOf(history.known, 'E2')).toMatchObject({ version: 2 });
  });

  test('an amended trade is amended again, then busted, and each stays on record', () => {
    const history = golden();
    const at11 = (terms: typeof X) => ({ ...terms, price: price(decimal('11')) });
    const at14 = (terms: typeof X) => ({ ...terms, price: price(decimal('14')) });
    amend(history, 'E2', at14);
    amend(history, 'E2', at11);
    correct(history);
    expect(figures(currentOf(history))).toBe('50 / 550 / 700');
    bust(history, 'E2');
    correct(history);
    expect(figures(currentOf(history))).toBe('-50 / -750 / 500');
    expect(types(history).slice(3)).toEqual([
      'TRADE_AMENDED',
      'TRADE_AMENDED',
      'HISTORICAL_POSITION_CORRECTED',
      'TRADE_BUSTED',
      'HISTORICAL_POSITION_CORRECTED',
    ]);
  });

  test('a bust of a late trade takes it out again, whether or not it was settled', () => {
    for (const settlesBetween of [false, true]) {
      const history = golden();
      apply(history, X);
      if (settlesBetween) correct(history);
      bust(history, 'X');
      correct(history);
      expect(figures(currentOf(history))).toBe('50 / 600 / 650');
    }
  });

  test('moving a trade to another day moves it among the others', () => {
    const history = golden();
    const later = (terms: typeof X) => ({ ...terms, effectiveDate: businessDate('2026-03-10') });
    amend(history, 'E1', later);
    correct(history);
    expect(figures(currentOf(history))).toBe('50 / 500 / 550');
    expect(lotsOf(currentOf(history))).toEqual(['E1 50 = 500']);
  });

  test('moving a purchase behind a sale lets the sale open a short, which it covers', () => {
    const history = golden();
    const today = (terms: typeof X) => ({ ...terms, effectiveDate: history.today });
    amend(history, 'E1', today);
    correct(history);
    expect(figures(currentOf(history))).toBe('50 / 500 / 550');
    expect(correctionOf(history).restatements).toMatchObject([
      { tradeId: 'E1', version: 1, after: decimal('250') },
      { tradeId: 'E3', version: 3, after: decimal('300') },
      { tradeId: 'E1', version: 4, after: 0n },
    ]);
    expect(currentOf(history).lastEffectiveDate).toBe('2026-03-20');
  });

  test.each([
    ['of a trade that is not there', 'BUST', 'NOPE', 'UNKNOWN_TRADE'],
    ['of a busted trade', 'BUST', 'E1', 'ALREADY_BUSTED'],
    ['of a busted trade, amended', 'AMEND', 'E1', 'ALREADY_BUSTED'],
    ['to the same terms', 'AMEND', 'E2', 'NOTHING_AMENDED'],
  ])('refused: %s', (_case, what, tradeId, reason) => {
    const history = golden();
    bust(history, 'E1');
    const refusal =
      what === 'BUST' ? bust(history, tradeId) : amend(history, tradeId, (terms) => terms);
    expect(refusal).toBe(reason);
  });

  test('refused: a trade that counts cannot move to a later day than today', () => {
    const history = golden();
    const on = (date: string) => (terms: typeof X) => ({
      ...terms,
      effectiveDate: businessDate(date),
    });
    expect(amend(history, 'E1', on('2026-03-21'))).toBe('EFFECTIVE_DATE_IN_FUTURE');
    expect(amend(history, 'E1', on('2026-03-20'))).toBeUndefined();
  });
});

describe('golden [G-4]: two times, X recorded at 10:00 and corrected at 10:02', () => {
  const history = golden();
  apply(history, X);
  history.nowMs = at('2026-03-20', '10:02:00');
  correct(history);

  test.each([
    ['2026-03-05', '2026-03-19', '23:59', '100 / 1000 / 0', 'RECONCILED'],
    ['2026-03-05', '2026-03-20', '10:01', '100 / 1000 / 0', 'PROVISIONAL'],
    ['2026-03-05', '2026-03-20', '10:03', '180 / 1880 / 0', 'RECONCILED'],
    ['2026-03-10', '2026-03-19', '23:59', '200 / 2200 / 0', 'RECONCILED'],
    ['2026-03-10', '2026-03-20', '10:03', '280 / 3080 / 0', 'RECONCILED'],
    ['2026-03-16', '2026-03-19', '23:59', '50 / 600 / 650', 'RECONCILED'],
    ['2026-03-20', '2026-03-20', '10:01', '130 / 1480 / 650', 'PROVISIONAL'],
    ['2026-03-20', '2026-03-20', '10:03', '130 / 1530 / 700', 'RECONCILED'],
  ])('on %s, as known on %s %s: %s', (effectiveAt, day, time, expected, status) => {
    const known = knownAt(history.known, at(day, `${time}:00`));
    const position = foldAsOf(known, { effectiveAt: businessDate(effectiveAt) });
    expect(figures(position)).toBe(expected);
    expect(position.reconciliationStatus).toBe(status);
  });
});

describe('golden [G-5]: price resets', () => {
  const swap = (side: 'BUY' | 'SELL'): History => {
    const history = historyOf(businessDate('2026-03-20'), termsWith('FIFO'));
    apply(history, trade('E1', side, '1000', '100', { on: '2026-03-02' }));
    return history;
  };
  const reset = (history: History, effectiveDate: string) =>
    submit(history, {
      type: 'ResetPrice',
      resetId: 'R1',
      resetPrice: price(decimal('103')),
      effectiveDate: businessDate(effectiveDate),
      today: history.today,
    });

  test.each([
    ['BUY', 'SELL', '3000', '800', '600'],
    ['SELL', 'BUY', '-3000', '-800', '-600'],
  ] as const)(
    'a %s of 1000 at 100 is reset to 103, 400 are closed at 105',
    (side, other, pays, earns, left) => {
      const history = swap(side);
      expect(reset(history, '2026-03-09')).toBeUndefined();
      expect(formatDecimal(currentOf(history).realizedPnl)).toBe(pays);
      apply(history, trade('E2', other, '400', '105', { on: '2026-03-16' }));
      const [lot] = currentOf(history).lots;
      expect(formatDecimal(currentOf(history).realizedPnl - decimal(pays))).toBe(earns);
      expect(formatDecimal(lot?.quantity ?? 0n)).toBe(left);
      expect(lot?.openDate).toBe('2026-03-02');
      // The reference price of what is left: carrying basis per unit.
      expect((lot?.costBasis ?? 0n) + (lot?.settledResets ?? 0n)).toBe(decimal(left) * 103n);
    },
  );

  test('a reset that arrives late pays on the lots of its day, once it is settled', () => {
    const history = swap('BUY');
    apply(history, trade('E2', 'SELL', '400', '105', { on: '2026-03-16' }));
    reset(history, '2026-03-09');
    expect(currentOf(history).reconciliationStatus).toBe('PROVISIONAL');
    correct(history);
    expect(formatDecimal(currentOf(history).realizedPnl)).toBe('3800');
    expect(correctionOf(history).causedBy).toEqual(['R1']);
  });

  test('refused: nothing is open, or the day is still to come', () => {
    const history = historyOf(businessDate('2026-03-20'), termsWith('FIFO'));
    expect(reset(history, '2026-03-20')).toBe('NOTHING_OPEN');
    expect(reset(swap('BUY'), '2026-03-21')).toBe('EFFECTIVE_DATE_IN_FUTURE');
  });
});

describe('a late event that does not fit', () => {
  test('refuses the correction of a long-only position that would be oversold', () => {
    const history = golden('FIFO', { isLongOnly: true });
    bust(history, 'E1');
    expect(correct(history)).toBe('OVERSOLD_AFTER_REPLAY');
    expect(currentOf(history)).toMatchObject({
      reconciliationStatus: 'PROVISIONAL',
      statusReason: 'OVERSOLD_AFTER_REPLAY',
      pendingBackdated: 1,
    });
    expect(history.known.at(-1)?.event).toMatchObject({ versions: [3] });
  });

  test('is settled together with what makes it fit', () => {
    const history = golden('FIFO', { isLongOnly: true });
    bust(history, 'E1');
    correct(history);
    apply(history, X);
    expect(correct(history)).toBe('CORRECTED');
    // 80 at 11 and 70 of 100 at 12 are sold at 15.
    expect(figures(currentOf(history))).toBe('30 / 360 / 530');
    expect(currentOf(history).statusReason).toBeNull();
  });

  test('a current sale beyond what is held is refused at once, an estimate is not', () => {
    const history = golden('FIFO', { isLongOnly: true });
    const sale = (on: string) => trade(`S-${on}`, 'SELL', '51', '13', { on });
    expect(apply(history, sale('2026-03-16'))).toBe('OVERSELL');
    expect(apply(history, sale('2026-03-06'))).toBeUndefined();
    expect(formatDecimal(currentOf(history).quantity)).toBe('-1');
  });
});

test('a late trade that crosses zero splits its fee between what it closes and opens', () => {
  const history = historyOf(businessDate('2026-11-20'), termsWith('FIFO'));
  apply(history, trade('T1', 'BUY', '30', '20', { fees: '3', on: '2026-11-16' }));
  apply(history, trade('T3', 'BUY', '50', '22', { fees: '5', on: '2026-11-18' }));
  apply(history, trade('T2', 'SELL', '80', '25', { fees: '8', on: '2026-11-17' }));
  correct(history);
  expect(figures(currentOf(history))).toBe('0 / 0 / 284');
});

test('the gain of the cycle starts anew when the position was flat or crosses zero', () => {
  const history = historyOf(businessDate('2026-11-20'), termsWith('FIFO'));
  const cycleAfter = (...terms: Parameters<typeof trade>) => {
    apply(history, trade(...terms));
    return formatDecimal(currentOf(history).cycleRealizedPnl);
  };
  expect(cycleAfter('T1', 'BUY', '10', '5')).toBe('0');
  expect(cycleAfter('T2', 'SELL', '4', '7')).toBe('8');
  expect(cycleAfter('T3', 'SELL', '6', '8')).toBe('26');
  expect(cycleAfter('T4', 'BUY', '2', '5')).toBe('0');
  expect(cycleAfter('T5', 'SELL', '1', '6')).toBe('1');
  expect(cycleAfter('T6', 'SELL', '3', '6')).toBe('0');
  expect(formatDecimal(currentOf(history).realizedPnl)).toBe('28');
});
