/** Reads the wide price files of the shared data: a date and one adjusted close a symbol. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import { realFile } from './real-data.ts';

export interface WidePrices {
  readonly dates: readonly BusinessDate[];
  readonly symbols: readonly string[];
  /** Day-major; NaN where the file has no price. */
  readonly closes: Float64Array;
}

/** The rows from `from` to `to`, both included, and the columns named. */
export function readWidePrices(
  file: string,
  { from, to, symbols }: { from: string; to: string; symbols: readonly string[] },
): WidePrices {
  const [header = '', ...lines] = gunzipSync(readFileSync(realFile(file)))
    .toString()
    .split('\n');
  const columns = symbols.map((symbol) => header.trim().split(',').indexOf(symbol));
  if (columns.includes(-1)) throw new Error(`not every one of ${symbols.join()} is in ${file}`);
  const rows = lines
    .map((line) => line.trim().split(','))
    .filter(([date = '']) => date >= from && date <= to);
  const closes = rows.flatMap((cells) =>
    columns.map((column) => Number(cells[column] === '' ? Number.NaN : cells[column])),
  );
  return {
    dates: rows.map(([date = '']) => businessDate(date)),
    symbols,
    closes: Float64Array.from(closes),
  };
}
