import { describe, expect, test } from 'vitest';
import {
  addToTally,
  EMPTY_TALLY,
  isSourceName,
  MAX_FAULTS_KEPT,
  sourceOfFile,
} from './import-run.ts';

test.each([
  ['us20_adjclose_1989_2018.csv.gz', 'us20_adjclose'],
  ['sp500_505stocks_ohlcv_2013_2018.csv.gz', 'sp500_505stocks_ohlcv'],
  ['ecb_eurofxref_daily_1999_2026.csv.gz', 'ecb_eurofxref_daily'],
  ['sp500-2000.csv', 'sp500'],
  ['prices-2026-11-20.CSV', 'prices'],
  ['/some/folder/closes_20261120.csv', 'closes'],
  ['C:\\data\\my prices.csv', 'my-prices'],
  ['2026.csv', '2026'],
  ['.csv', 'file'],
])('the series of %s are kept under %s', (file, source) => {
  expect(sourceOfFile(file)).toBe(source);
  expect(isSourceName(source)).toBe(true);
});

describe('the tally of an import', () => {
  test('adds up and keeps the first faults only', () => {
    const faults = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({
        line: from + index,
        column: null,
        reason: 'x',
      }));
    const tally = [
      { rows: 60, stored: 3, faults: faults(1, 60) },
      { rows: 60, unchanged: 2, faults: faults(61, 60) },
      { faults: faults(121, 5) },
    ].reduce(addToTally, EMPTY_TALLY);
    expect(tally).toMatchObject({
      rowsRead: 120,
      valuesStored: 3,
      valuesUnchanged: 2,
      faultCount: 125,
    });
    expect(tally.faults.map((fault) => fault.line)).toEqual(
      Array.from({ length: MAX_FAULTS_KEPT }, (_, index) => index + 1),
    );
  });
});
