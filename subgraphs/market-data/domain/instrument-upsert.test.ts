import { describe, expect, test } from 'vitest';
import { currencyCode } from '#kernel/money';
import { type Instrument, parseSymbol, unknownInstrument } from './instrument.ts';
import { type InstrumentDescription, planUpsert } from './instrument-upsert.ts';

const EURO_FUND = { assetClass: 'FUND', currency: currencyCode('EUR') } as const;

function instrument(symbol: string): Instrument {
  const parsed = parseSymbol(symbol);
  if (parsed === undefined) throw new Error(symbol);
  return { ...unknownInstrument(parsed, EURO_FUND), name: 'Old name', sector: 'Energy' };
}

const known = new Map([instrument('XYZ')].map((each) => [each.symbol, each]));

const reasonsFor = (...descriptions: InstrumentDescription[]) => {
  const plan = planUpsert(descriptions, known);
  return plan.ok ? [] : plan.faults;
};

describe('MD-5 adding and changing instruments', () => {
  test('a new one is a US dollar equity named by its symbol until told otherwise', () => {
    expect(planUpsert([{ symbol: 'aapl' }], known)).toEqual({
      ok: true,
      instruments: [
        {
          id: 'ins_AAPL',
          symbol: 'AAPL',
          name: 'AAPL',
          assetClass: 'EQUITY',
          currency: 'USD',
          sector: null,
          mic: null,
          isin: null,
          figi: null,
        },
      ],
    });
  });

  test('a field that is left out or null keeps its value', () => {
    const plan = planUpsert([{ symbol: 'XYZ', name: 'New name', sector: null }], known);
    expect(plan).toMatchObject({
      instruments: [
        { name: 'New name', sector: 'Energy', assetClass: 'FUND', currency: 'EUR', id: 'ins_XYZ' },
      ],
    });
  });

  test.each<[string, InstrumentDescription, RegExp]>([
    ['a symbol with a blank', { symbol: 'A B' }, /^symbol: expected up to 32 letters/],
    ['an empty symbol', { symbol: '' }, /^symbol: .* was ""/],
    ['a symbol of 33 characters', { symbol: 'A'.repeat(33) }, /^symbol:/],
    ['a lower-case currency', { symbol: 'A', currency: 'usd' }, /^currency: .* was "usd"/],
    ['a market code of 3 letters', { symbol: 'A', mic: 'XNY' }, /^mic: expected 4 .* was "XNY"/],
    ['a wrong ISIN', { symbol: 'A', isin: 'US0378331006' }, /expected check digit 5, was 6/],
    ['a wrong FIGI', { symbol: 'A', figi: 'BBG000BLNQ17' }, /expected check digit 6, was 7/],
    ['a name beyond its limit', { symbol: 'A', name: 'x'.repeat(201) }, /at most 200/],
  ])('refuses %s', (_what, description, reason) => {
    expect(reasonsFor(description)).toEqual([{ index: 0, reason: expect.stringMatching(reason) }]);
  });

  test('lists every fault of every instrument, and plans none of them', () => {
    const faults = reasonsFor(
      { symbol: 'GOOD' },
      { symbol: 'A', currency: '$', mic: '?' },
      { symbol: 'good' },
    );
    expect(faults.map((fault) => fault.index)).toEqual([1, 1, 2]);
    expect(faults[2]?.reason).toBe('expected each symbol once, GOOD came before');
  });
});
