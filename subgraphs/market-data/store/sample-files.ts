/** Finds the price files that ship inside npm packages of ours. */

import { createRequire } from 'node:module';
import path from 'node:path';
import { invariant } from '#platform/errors';
import { parseSymbol } from '../domain/instrument.ts';
import type { SampleData } from '../use-cases/import-sample-data.ts';

/**
 * The S&P 500 daily from 2000 and five stocks monthly (vega-datasets, BSD-3-Clause), one stock
 * daily over five years (@observablehq/sample-datasets, ISC). None ships exchange rates.
 */
export function findSampleData(): SampleData {
  const require = createRequire(import.meta.url);
  const vega = path.join(path.dirname(require.resolve('vega-datasets')), '..', 'data');
  const apple = require.resolve('@observablehq/sample-datasets/aapl.csv');
  return {
    instruments: SAMPLE_INSTRUMENTS,
    files: [
      {
        file: path.join(vega, 'sp500-2000.csv'),
        source: 'vega-datasets',
        symbol: symbolOf('SP500'),
        assetClass: 'INDEX',
        isAdjusted: false,
      },
      {
        file: path.join(vega, 'stocks.csv'),
        source: 'vega-datasets',
        // Dated the first of the month: they are no daily closes, and are not shown as such.
        interval: 'MONTH_1',
        isAdjusted: true,
      },
      {
        file: apple,
        source: 'observable-sample-datasets',
        symbol: symbolOf('AAPL'),
        isAdjusted: true,
      },
    ],
  };
}

const TECHNOLOGY = { sector: 'Information Technology', currency: 'USD' };

const SAMPLE_INSTRUMENTS: SampleData['instruments'] = [
  {
    ...TECHNOLOGY,
    symbol: 'AAPL',
    name: 'Apple Inc.',
    mic: 'XNAS',
    isin: 'US0378331005',
    figi: 'BBG000B9XRY4',
  },
  {
    ...TECHNOLOGY,
    symbol: 'MSFT',
    name: 'Microsoft Corporation',
    mic: 'XNAS',
    isin: 'US5949181045',
    figi: 'BBG000BPH459',
  },
  { ...TECHNOLOGY, symbol: 'IBM', name: 'IBM', mic: 'XNYS', figi: 'BBG000BLNQ16' },
  {
    symbol: 'AMZN',
    name: 'Amazon.com Inc.',
    sector: 'Consumer Discretionary',
    currency: 'USD',
    mic: 'XNAS',
  },
  {
    symbol: 'GOOG',
    name: 'Alphabet Inc. (Class C)',
    sector: 'Communication Services',
    currency: 'USD',
    mic: 'XNAS',
  },
  { symbol: 'SP500', name: 'S&P 500', assetClass: 'INDEX', currency: 'USD' },
];

function symbolOf(text: string) {
  const symbol = parseSymbol(text);
  invariant(symbol, `${text} is a symbol`);
  return symbol;
}
