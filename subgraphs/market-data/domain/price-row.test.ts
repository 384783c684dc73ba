import { describe, expect, test } from 'vitest';
import { formatDecimal } from '#kernel/decimal';
import { readPriceHeader } from './price-file.ts';
import { readPriceRow } from './price-row.ts';

const PRICES = { mayBeNegative: false };

const read = (header: string, row: string) => {
  const reading = readPriceHeader(header.split(','), {});
  if (!reading.ok) throw new Error(reading.message);
  const { values, faults } = readPriceRow(reading.form, row.split(','), PRICES);
  const closes = values.map(
    ({ symbol, date, close }) => `${symbol} ${date} ${formatDecimal(close)}`,
  );
  return [...closes, ...faults.map(({ column, reason }) => `${column ?? 'row'}: ${reason}`)];
};

describe('MD-2 a wide row', () => {
  const HEADER = 'date,GOOG,AAPL,FB,';

  // The first row of the 28-year file: most stocks did not trade yet.
  test('gives a close for each cell that holds one', () => {
    expect(read(HEADER, '1989-12-29,,0.117203,,')).toEqual(['AAPL 1989-12-29 0.117203']);
  });

  test('keeps the good cells beside a bad one', () => {
    expect(read(HEADER, '2020-01-02, 1 ,x,3,')).toEqual([
      'GOOG 2020-01-02 1',
      'FB 2020-01-02 3',
      'AAPL: expected a plain decimal such as "187.50", was "x"',
    ]);
  });

  test('with too few or too many cells is refused whole', () => {
    expect(read(HEADER, '2020-01-02,1')).toEqual(['row: expected 5 columns, was 2']);
    expect(read(HEADER, '2020-01-02,1,2,3,,9')).toEqual(['row: expected 5 columns, was 6']);
  });
});

describe('MD-2 a long row', () => {
  const HEADER = 'date,open,high,low,close,volume,Name';

  test('may lack everything but day, symbol and close', () => {
    expect(read(HEADER, '2020-01-02,,,,10,,AAPL')).toEqual(['AAPL 2020-01-02 10']);
  });

  test.each([
    [
      '2020-13-02,1,1,1,1,1,A',
      'row: expected a day from 1900-01-01 to 2099-12-31, was "2020-13-02"',
    ],
    [
      '2020-01-02,1,1,1,1,1,A B',
      'row: symbol: expected up to 32 letters, digits or . - = ^ /, was "A B"',
    ],
    ['2020-01-02,1,1,1,,1,A', 'close: expected a price, was empty'],
    ['2020-01-02,x,1,1,1,1,A', 'open: expected a plain decimal such as "187.50", was "x"'],
    ['2020-01-02,1,1,1,1,NaN,A', 'volume: expected a plain decimal such as "187.50", was "NaN"'],
    ['2020-01-02,1,1,2,1,1,A', 'row: A: expected low <= high, was 2 > 1'],
    ['2020-01-02,1,1,1,1,1e12,A', 'volume: expected a plain decimal such as "187.50", was "1e12"'],
  ])('%s is refused', (row, fault) => {
    expect(read(HEADER, row)).toEqual([fault]);
  });
});
