import { describe, expect, test } from 'vitest';
import { parseSymbol } from './instrument.ts';
import { readPriceHeader, symbolOfColumn } from './price-file.ts';

const read = (header: string, symbol?: string) =>
  readPriceHeader(header.split(','), { symbol: symbol ? parseSymbol(symbol) : undefined });

describe('MD-2 the header of a price file', () => {
  test.each(['date', 'Date', 'DATE', ' day ', 'Time Period', 'timestamp'])(
    '"%s" names the column of the date, wherever it stands',
    (name) => {
      expect(read(`AAPL,${name},MSFT`)).toMatchObject({
        ok: true,
        form: { kind: 'WIDE', dateColumn: 1, series: [{ symbol: 'AAPL' }, { symbol: 'MSFT' }] },
      });
    },
  );

  test('with one column a symbol is wide; a comma at its end is none', () => {
    expect(read('date,AAPL,brk.b,')).toEqual({
      ok: true,
      faults: [],
      form: {
        kind: 'WIDE',
        width: 4,
        dateColumn: 0,
        series: [
          { column: 1, name: 'AAPL', symbol: 'AAPL' },
          { column: 2, name: 'brk.b', symbol: 'BRK.B' },
        ],
      },
    });
  });

  test.each([
    'date,open,high,low,close,volume,Name',
    'date,open,high,low,close,volume,symbol',
    'Date,Open,High,Low,Close,Volume,Ticker',
  ])('%s is long', (header) => {
    expect(read(header)).toEqual({
      ok: true,
      faults: [],
      form: {
        kind: 'LONG',
        width: 7,
        dateColumn: 0,
        open: 1,
        high: 2,
        low: 3,
        close: 4,
        volume: 5,
        symbol: { column: 6 },
      },
    });
  });

  test('symbol, date and price are long with closes only', () => {
    expect(read('symbol,date,price')).toMatchObject({
      form: { kind: 'LONG', dateColumn: 1, close: 2, open: undefined, symbol: { column: 0 } },
    });
  });

  test('the plain close counts, not the adjusted one beside it', () => {
    expect(read('Date,Open,High,Low,Close,Adj Close,Volume', 'AAPL')).toMatchObject({
      form: { close: 4, volume: 6, symbol: { always: 'AAPL' } },
    });
  });

  test('a single price column takes the symbol the user names', () => {
    expect(read('Date,Rate', 'US10Y')).toMatchObject({
      form: { series: [{ column: 1, symbol: 'US10Y' }] },
    });
  });

  test.each([
    ['a,b', undefined, /^expected a column "date", the header was "a,b"/],
    ['\u001b[2J\u009b', undefined, /the header was "\\u001b\[2J\\u009b"$/],
    ['date', undefined, /^expected a price column beside the date/],
    ['date,open,close', undefined, /name the symbol yourself/],
    ['date,close,symbol', 'AAPL', /^the file names its symbols/],
    ['date,A,B', 'AAPL', /^expected one price column for AAPL, was 2/],
    [`date${',A'.repeat(20_000)}`, undefined, /^expected at most 20000 columns/],
  ])('%s with the symbol %s is refused', (header, symbol, message) => {
    expect(read(header, symbol)).toEqual({ ok: false, message: expect.stringMatching(message) });
  });
});

test.each([
  ['sp500_index', 'SP500-INDEX'],
  [' 10 year ', '10-YEAR'],
  ['^GSPC', '^GSPC'],
  ['EUR/USD', 'EUR/USD'],
  ['B$D', undefined],
  ['', undefined],
  ['é', undefined],
])('the column "%s" is the symbol %s', (name, symbol) => {
  expect(symbolOfColumn(name)).toBe(symbol);
});
