import { describe, expect, test } from 'vitest';
import { readInstrumentHeader, readInstrumentRow } from './instrument-file.ts';

const CONSTITUENTS = ['Symbol', 'Security', 'GICS Sector', 'Founded'];

const read = (header: readonly string[], cells: readonly string[]) => {
  const reading = readInstrumentHeader(header);
  if (!reading.ok) throw new Error(reading.message);
  return readInstrumentRow(reading.form, cells);
};

describe('MD-5 a list of instruments', () => {
  test('gives name and sector of each, and ignores columns it does not know', () => {
    const row = read(CONSTITUENTS, ['BRK.B', 'Berkshire Hathaway', 'Financials', '1839']);
    expect(row).toMatchObject({
      values: [{ symbol: 'BRK.B', name: 'Berkshire Hathaway', sector: 'Financials' }],
      faults: [],
    });
  });

  test.each([
    [['SYMBOL', 'ISIN'], ['AAPL', 'US0378331006'], /expected check digit 5, was 6/],
    [['Ticker', 'Asset Class'], ['AAPL', 'share'], /expected one of EQUITY, .* was "SHARE"/],
    [['Symbol', 'Name'], ['', 'Nobody'], /^symbol: expected .* was ""/],
    [['Symbol', 'Name'], ['AAPL'], /^expected 2 columns, was 1/],
  ])('with the columns %j refuses the row %j', (header, cells, reason) => {
    const { values, faults } = read(header, cells);
    expect(values).toEqual([]);
    expect(faults.map((fault) => fault.reason)).toEqual([expect.stringMatching(reason)]);
  });

  test('without a column of symbols is not one', () => {
    expect(readInstrumentHeader(['date', 'close'])).toMatchObject({
      ok: false,
      message: 'expected a column "Symbol", the header was "date,close"',
    });
  });
});
