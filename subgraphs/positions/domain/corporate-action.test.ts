import { describe, expect, test } from 'vitest';
import { formatDecimal } from '#kernel/decimal';
import { price } from '#kernel/money';
import {
  CORPORATE_ACTION_TYPES,
  type CorporateAction,
  corporateActionProblem,
} from './corporate-action.ts';
import { applyCorporateAction } from './corporate-action-effect.ts';
import type { TaxLot } from './tax-lot.ts';
import { date, lot, money, shown, units } from './tax-lot-test-support.ts';

const terms = { actionId: 'CA-1', effectiveDate: date('2026-06-01') };
const per = (text: string) => price(units(text));
const wholeUnitsAt = (text: string) => ({ lotSize: units('1'), price: per(text) });
const ratio = (numerator: bigint, denominator: bigint) => ({ numerator, denominator });

const mirrored = (lots: readonly TaxLot[]) =>
  lots.map((each) =>
    lot(each.lotId, each.openDate, formatDecimal(-each.quantity), formatDecimal(-each.costBasis)),
  );

describe('golden [G-14]: splits and stock dividends', () => {
  const held = [lot('L1', '2026-01-05', '101', '3060.3'), lot('L2', '2026-02-10', '50', '1650')];
  const threeForTwo: CorporateAction = {
    ...terms,
    ...ratio(3n, 2n),
    type: 'SPLIT',
    cashInLieu: null,
  };

  test('3:2 keeps the basis of every lot', () => {
    const { lots, realizedPnl, cash, delivered } = applyCorporateAction(held, threeForTwo, 'FIFO');
    expect(shown(lots)).toEqual(['L1 151.5 = 3060.3', 'L2 75 = 1650']);
    expect([realizedPnl, cash, delivered]).toEqual([0n, 0n, null]);
    expect(lots[0]).toMatchObject({ openDate: '2026-01-05', acquiredOn: '2026-01-05' });
  });

  const inLieu = { ...threeForTwo, cashInLieu: wholeUnitsAt('21') };

  test('cash in lieu of half a unit comes out of the FIFO lot', () => {
    const effect = applyCorporateAction(held, inLieu, 'FIFO');
    expect(shown(effect.lots)).toEqual(['L1 151 = 3050.2', 'L2 75 = 1650']);
    expect(effect.cash).toBe(units('10.5'));
    expect(effect.realizedPnl).toBe(units('0.4'));
    expect(effect.perLot[0]).toMatchObject({
      lotId: 'L1',
      before: { quantity: units('101'), costBasis: money('3060.3') },
      after: { quantity: units('151'), costBasis: money('3050.2') },
      cash: money('10.5'),
      gain: money('0.4'),
    });
  });

  test('the relief method says whose fraction is paid', () => {
    // LIFO and HIFO take from L2 at 22: basis 11, a loss of 0.50.
    for (const method of ['LIFO', 'HIFO'] as const) {
      const { lots, realizedPnl } = applyCorporateAction(held, inLieu, method);
      expect(shown(lots)).toEqual(['L1 151.5 = 3060.3', 'L2 74.5 = 1639']);
      expect(realizedPnl).toBe(units('-0.5'));
    }
    // The pool of 226.5 costs 4710.30: half a unit 10.39801325.
    const { lots, realizedPnl } = applyCorporateAction(held, inLieu, 'AVERAGE');
    expect(shown(lots)).toEqual(['L1 226 = 4699.90198675']);
    expect(realizedPnl).toBe(units('0.10198675'));
  });

  test('a short pays in lieu what a long receives', () => {
    const { lots, cash, realizedPnl } = applyCorporateAction(mirrored(held), inLieu, 'FIFO');
    expect(shown(lots)).toEqual(['L1 -151 = -3050.2', 'L2 -75 = -1650']);
    expect([cash, realizedPnl]).toEqual([units('-10.5'), units('-0.4')]);
  });

  test('under HIFO a short pays for the lot with the lowest proceeds', () => {
    const { lots } = applyCorporateAction(mirrored(held), inLieu, 'HIFO');
    expect(shown(lots)).toEqual(['L1 -151 = -3050.2', 'L2 -75 = -1650']);
  });

  test('reverse 1:10 leaves 100 at 12 and pays for half a unit', () => {
    const reverse: CorporateAction = {
      ...terms,
      ...ratio(1n, 10n),
      type: 'SPLIT',
      cashInLieu: wholeUnitsAt('12'),
    };
    const before = [lot('L1', '2026-01-05', '1005', '1206')];
    const { lots, perLot } = applyCorporateAction(before, reverse, 'FIFO');
    expect(shown(lots)).toEqual(['L1 100 = 1200']);
    expect(perLot[0]).toMatchObject({ cash: money('6'), gain: 0n });
  });

  test('a stock dividend of 10 % makes 100 at 22 into 110 at 20', () => {
    const dividend: CorporateAction = {
      ...terms,
      ...ratio(1n, 10n),
      type: 'STOCK_DIVIDEND',
      cashInLieu: null,
    };
    const before = [lot('L1', '2026-01-05', '100', '2200')];
    expect(shown(applyCorporateAction(before, dividend, 'FIFO').lots)).toEqual(['L1 110 = 2200']);
  });

  test('a fraction that no decimal holds is rounded down once, over all lots', () => {
    const oneForThree: CorporateAction = { ...threeForTwo, ...ratio(1n, 3n) };
    const three = ['L1', 'L2', 'L3'].map((id) => lot(id, '2026-01-05', '1', '10'));
    const { lots } = applyCorporateAction(three, oneForThree, 'FIFO');
    expect(shown(lots)).toEqual(['L1 0.33333333 = 10', 'L2 0.33333333 = 10', 'L3 0.33333334 = 10']);
  });
});

describe('golden [G-15]: a spin-off divides the basis by market value', () => {
  const action: CorporateAction = {
    ...terms,
    ...ratio(1n, 4n),
    type: 'SPIN_OFF',
    childInstrumentId: 'ins_CHILD',
    parentPrice: per('54'),
    childPrice: per('24'),
    cashInLieu: null,
  };
  const held = [lot('L1', '2025-03-03', '200', '12000', { acquiredOn: date('2025-01-02') })];

  test('200 at 60 become 200 at 54 and 50 of the child at 24, dates tacked', () => {
    const { lots, delivered, realizedPnl } = applyCorporateAction(held, action, 'FIFO');
    expect(shown(lots)).toEqual(['L1 200 = 10800']);
    expect(realizedPnl).toBe(0n);
    expect(delivered).toEqual({
      instrumentId: 'ins_CHILD',
      lots: [
        {
          ...held[0],
          lotId: 'L1@CA-1',
          parentLotId: 'L1',
          quantity: units('50'),
          costBasis: money('1200'),
        },
      ],
    });
  });

  test('half a unit of the child is paid in cash, the rest is delivered', () => {
    const odd = [lot('L1', '2025-03-03', '202', '12120')];
    const inLieu = { ...action, cashInLieu: wholeUnitsAt('25') };
    const effect = applyCorporateAction(odd, inLieu, 'FIFO');
    // Child 50.5 at 24 = 1212; 0.5 costs 12 and brings 12.50.
    expect(shown(effect.delivered?.lots ?? [])).toEqual(['L1@CA-1 50 = 1200']);
    expect(shown(effect.lots)).toEqual(['L1 202 = 10908']);
    expect([effect.cash, effect.realizedPnl]).toEqual([units('12.5'), units('0.5')]);
  });

  test('a short owes the child', () => {
    const { lots, delivered } = applyCorporateAction(mirrored(held), action, 'FIFO');
    expect(shown(lots)).toEqual(['L1 -200 = -10800']);
    expect(shown(delivered?.lots ?? [])).toEqual(['L1@CA-1 -50 = -1200']);
  });
});

describe('golden [G-16]: a merger for stock and cash', () => {
  const merger = (acquirerPrice: string): CorporateAction => {
    return {
      ...terms,
      ...ratio(6n, 10n),
      type: 'MERGER',
      acquirerInstrumentId: 'ins_ACQUIRER',
      acquirerPrice: per(acquirerPrice),
      cashPerUnit: per('5'),
      cashInLieu: null,
    };
  };
  const held = [lot('L1', '2026-01-05', '100', '2000')];

  test.each([
    ['all of a gain below the cash', '30', '300', '1800'],
    ['no more of a gain than the cash', '45', '500', '2000'],
    ['never a loss', '20', '0', '1500'],
  ])('recognizes %s', (_case, acquirerPrice, recognized, basis) => {
    const effect = applyCorporateAction(held, merger(acquirerPrice), 'FIFO');
    expect(effect.lots).toEqual([]);
    expect(formatDecimal(effect.realizedPnl)).toBe(recognized);
    expect(effect.cash).toBe(units('500'));
    expect(effect.delivered).toEqual({
      instrumentId: 'ins_ACQUIRER',
      lots: [{ ...held[0], quantity: units('60'), costBasis: money(basis) }],
    });
  });

  test('cash in lieu of a fraction of the acquirer comes on top', () => {
    const odd = [lot('L1', '2026-01-05', '101', '2020')];
    const inLieu = { ...merger('30'), cashInLieu: wholeUnitsAt('31') } as CorporateAction;
    const effect = applyCorporateAction(odd, inLieu, 'FIFO');
    // 60.6 units cost 1818 after the merger's own 303 of gain; 0.6 of them 18, for 18.60.
    expect(shown(effect.delivered?.lots ?? [])).toEqual(['L1 60 = 1800']);
    expect([effect.cash, effect.realizedPnl]).toEqual([units('523.6'), units('303.6')]);
  });

  test('a short is the mirror', () => {
    const effect = applyCorporateAction(mirrored(held), merger('30'), 'FIFO');
    expect([effect.cash, effect.realizedPnl]).toEqual([units('-500'), units('-300')]);
    expect(shown(effect.delivered?.lots ?? [])).toEqual(['L1 -60 = -1800']);
  });
});

describe('cash for lots', () => {
  const held = [lot('L1', '2026-01-05', '100', '2000')];

  test('a cash merger at 26 closes 100 at 20 for 600', () => {
    const action: CorporateAction = { ...terms, type: 'CASH_MERGER', cashPerUnit: per('26') };
    const effect = applyCorporateAction(held, action, 'FIFO');
    expect(effect).toMatchObject({ lots: [], realizedPnl: units('600'), cash: units('2600') });
    expect(effect.perLot[0]?.after).toBe(null);
    expect(applyCorporateAction(mirrored(held), action, 'FIFO').realizedPnl).toBe(units('-600'));
  });

  test('what price resets have paid is not gained twice', () => {
    const action: CorporateAction = { ...terms, type: 'CASH_MERGER', cashPerUnit: per('26') };
    const reset = [lot('L1', '2026-01-05', '100', '2000', { settledResets: money('400') })];
    expect(applyCorporateAction(reset, action, 'FIFO').realizedPnl).toBe(units('200'));
  });

  test.each([
    ['3', '100 = 1700', '0'],
    ['20', '100 = 0', '0'],
    ['23', '100 = 0', '300'],
  ])('a return of %s per unit of capital leaves %s and gains %s', (cashPerUnit, left, gain) => {
    const action: CorporateAction = {
      ...terms,
      type: 'RETURN_OF_CAPITAL',
      cashPerUnit: per(cashPerUnit),
    };
    const effect = applyCorporateAction(held, action, 'FIFO');
    expect(shown(effect.lots)).toEqual([`L1 ${left}`]);
    expect(formatDecimal(effect.realizedPnl)).toBe(gain);
  });

  test('a return of capital is counted lot by lot', () => {
    const action: CorporateAction = { ...terms, type: 'RETURN_OF_CAPITAL', cashPerUnit: per('3') };
    const two = [lot('L1', '2026-01-05', '10', '20'), lot('L2', '2026-01-06', '10', '50')];
    const effect = applyCorporateAction(two, action, 'FIFO');
    expect(shown(effect.lots)).toEqual(['L1 10 = 0', 'L2 10 = 20']);
    expect(effect.realizedPnl).toBe(units('10'));
  });
});

test('a symbol change delivers the same lots under the new instrument', () => {
  const held = [lot('L1', '2026-01-05', '100', '2000', { washReplaced: units('100') })];
  const action: CorporateAction = { ...terms, type: 'SYMBOL_CHANGE', newInstrumentId: 'ins_NEW' };
  const effect = applyCorporateAction(held, action, 'FIFO');
  expect(effect.lots).toEqual([]);
  expect(effect.delivered).toEqual({ instrumentId: 'ins_NEW', lots: held });
  expect(effect.realizedPnl).toBe(0n);
});

test.each(CORPORATE_ACTION_TYPES)('%s of no lots does nothing', (type) => {
  const action = {
    ...terms,
    ...ratio(1n, 2n),
    type,
    childInstrumentId: 'ins_B',
    acquirerInstrumentId: 'ins_B',
    newInstrumentId: 'ins_B',
    parentPrice: per('1'),
    childPrice: per('1'),
    acquirerPrice: per('1'),
    cashPerUnit: per('1'),
    cashInLieu: wholeUnitsAt('1'),
  } as CorporateAction;
  expect(applyCorporateAction([], action, 'FIFO')).toEqual({
    lots: [],
    perLot: [],
    cash: 0n,
    realizedPnl: 0n,
    delivered: null,
  });
});

describe('terms that make no sense', () => {
  const splitOf = (changes: object): CorporateAction => {
    return { ...terms, ...ratio(3n, 2n), type: 'SPLIT', cashInLieu: null, ...changes };
  };
  const spinOffAt = (parentPrice: string, childPrice: string): CorporateAction => ({
    ...terms,
    ...ratio(1n, 4n),
    type: 'SPIN_OFF',
    childInstrumentId: 'ins_CHILD',
    parentPrice: per(parentPrice),
    childPrice: per(childPrice),
    cashInLieu: null,
  });

  test.each<[string, CorporateAction, string]>([
    ['a ratio of zero', splitOf({ numerator: 0n }), 'ratio: expected numerator and denominator'],
    ['a denominator of zero', splitOf({ denominator: 0n }), 'was 3:0'],
    [
      'a lot size of zero',
      splitOf({ cashInLieu: { lotSize: units('0'), price: per('1') } }),
      'cashInLieu.lotSize: expected above 0, was 0',
    ],
    ['nothing in lieu', splitOf({ cashInLieu: wholeUnitsAt('0') }), 'cashInLieu.price: expected'],
    [
      'cash below zero',
      { ...terms, type: 'CASH_MERGER', cashPerUnit: per('-1') },
      'cashPerUnit: expected 0 or more, was -1',
    ],
    ['a spin-off without value', spinOffAt('0', '0'), 'not both 0, were 0 and 0'],
    ['a price below zero', spinOffAt('-1', '2'), 'were -1 and 2'],
  ])('%s', (_case, action, message) => {
    expect(corporateActionProblem(action)).toContain(message);
  });

  test('good terms have no problem', () => {
    expect(corporateActionProblem(splitOf({ cashInLieu: wholeUnitsAt('21') }))).toBe(undefined);
    expect(corporateActionProblem(spinOffAt('54', '24'))).toBe(undefined);
  });
});
