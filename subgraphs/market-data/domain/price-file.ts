/** Which columns of a price file mean what, read from its header. */

import { shownHeader } from './file-cell.ts';
import { type InstrumentSymbol, parseSymbol } from './instrument.ts';

/** A date and one price column for each symbol. */
export interface WideForm {
  readonly kind: 'WIDE';
  readonly width: number;
  readonly dateColumn: number;
  readonly series: readonly {
    readonly column: number;
    readonly name: string;
    readonly symbol: InstrumentSymbol;
  }[];
}

/** One bar a row. Columns the file lacks are undefined. */
export interface LongForm {
  readonly kind: 'LONG';
  readonly width: number;
  readonly dateColumn: number;
  /** Column of the symbol, or the one symbol of the whole file. */
  readonly symbol: { readonly column: number } | { readonly always: InstrumentSymbol };
  readonly open: number | undefined;
  readonly high: number | undefined;
  readonly low: number | undefined;
  readonly close: number;
  readonly volume: number | undefined;
}

export type PriceForm = WideForm | LongForm;

export interface ColumnFault {
  readonly column: string;
  readonly reason: string;
}

export type HeaderReading<Form> =
  | { readonly ok: true; readonly form: Form; readonly faults: readonly ColumnFault[] }
  | { readonly ok: false; readonly message: string };

export const MAX_COLUMNS = 20_000;

const DATE_NAMES = ['date', 'day', 'time', 'timestamp', 'datetime', 'time period'];
const SYMBOL_NAMES = ['symbol', 'ticker', 'name'];
const CLOSE_NAMES = ['close', 'price'];

/** `symbol` is the one the user names for a file that does not. */
export function readPriceHeader(
  header: readonly string[],
  { symbol }: { readonly symbol?: InstrumentSymbol | undefined },
): HeaderReading<PriceForm> {
  const names = header.map((name) => name.trim().toLowerCase());
  const column = (...wanted: readonly string[]) => {
    const found = names.findIndex((name) => wanted.includes(name));
    return found === -1 ? undefined : found;
  };
  if (header.length > MAX_COLUMNS) {
    return { ok: false, message: `expected at most ${MAX_COLUMNS} columns, was ${header.length}` };
  }
  const dateColumn = column(...DATE_NAMES);
  if (dateColumn === undefined) {
    return {
      ok: false,
      message: `expected a column "date", the header was ${shownHeader(header)}`,
    };
  }
  const close = column(...CLOSE_NAMES);
  if (close === undefined) return readWide(header, dateColumn, symbol);
  const symbolColumn = column(...SYMBOL_NAMES);
  if (symbolColumn !== undefined && symbol !== undefined) {
    return { ok: false, message: `the file names its symbols: leave out the symbol ${symbol}` };
  }
  const symbolOf =
    symbolColumn === undefined ? symbol && { always: symbol } : { column: symbolColumn };
  if (symbolOf === undefined) {
    return { ok: false, message: 'expected a column "symbol" or "Name": name the symbol yourself' };
  }
  const form: LongForm = {
    kind: 'LONG',
    width: header.length,
    dateColumn,
    symbol: symbolOf,
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close,
    volume: column('volume'),
  };
  return { ok: true, form, faults: [] };
}

function readWide(
  header: readonly string[],
  dateColumn: number,
  onlySymbol: InstrumentSymbol | undefined,
): HeaderReading<WideForm> {
  const faults: ColumnFault[] = [];
  const series = new Map<InstrumentSymbol, WideForm['series'][number]>();
  const columns = header.flatMap((name, column) =>
    column === dateColumn || isTrailingComma(header, column) ? [] : { name, column },
  );
  if (onlySymbol !== undefined && columns.length > 1) {
    return {
      ok: false,
      message: `expected one price column for ${onlySymbol}, was ${columns.length}`,
    };
  }
  for (const { name, column } of columns) {
    const symbol = onlySymbol ?? symbolOfColumn(name);
    if (symbol === undefined) {
      faults.push({ column: name, reason: `expected a symbol as its name, was "${shown(name)}"` });
    } else if (series.has(symbol)) {
      faults.push({ column: name, reason: `expected each symbol once, ${symbol} came before` });
    } else {
      series.set(symbol, { column, name, symbol });
    }
  }
  if (series.size === 0) return { ok: false, message: 'expected a price column beside the date' };
  const form: WideForm = {
    kind: 'WIDE',
    width: header.length,
    dateColumn,
    series: [...series.values()],
  };
  return { ok: true, form, faults };
}

/** Blanks and underscores become a hyphen: `sp500_index` is SP500-INDEX. */
export function symbolOfColumn(name: string): InstrumentSymbol | undefined {
  return parseSymbol(name.trim().replace(/[\s_]+/g, '-'));
}

function isTrailingComma(header: readonly string[], column: number): boolean {
  return column === header.length - 1 && header[column]?.trim() === '';
}

function shown(text: string): string {
  return text.slice(0, 40);
}
