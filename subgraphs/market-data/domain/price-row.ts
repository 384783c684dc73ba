/** Reads the rows of a price file to bars and faults. */

import type { BusinessDate } from '#kernel/business-date';
import { type Price, price, quantity } from '#kernel/money';
import { barFault, type BarPrices } from './bar.ts';
import { FIRST_DAY, LAST_DAY, readDateCell, readDecimalCell } from './file-cell.ts';
import { type InstrumentSymbol, parseSymbol } from './instrument.ts';
import { symbolFault } from './instrument-upsert.ts';
import type { LongForm, PriceForm, WideForm } from './price-file.ts';

export interface SymbolBar extends BarPrices {
  readonly symbol: InstrumentSymbol;
  readonly date: BusinessDate;
}

export interface RowFault {
  /** Null when the whole row is at fault. */
  readonly column: string | null;
  readonly reason: string;
}

/** A row may hold good and bad cells: the good ones count. */
export interface RowReading {
  readonly values: readonly SymbolBar[];
  readonly faults: readonly RowFault[];
}

export interface PriceRules {
  /** Levels and yields may be zero or below; prices may not. */
  readonly mayBeNegative: boolean;
}

export function readPriceRow(
  form: PriceForm,
  cells: readonly string[],
  rules: PriceRules,
): RowReading {
  if (cells.length !== form.width) {
    return refusedRow(`expected ${form.width} columns, was ${cells.length}`);
  }
  const found = cells[form.dateColumn] ?? '';
  const date = readDateCell(found.trim());
  if (date === undefined) return refusedRow(dateFault(found));
  return form.kind === 'WIDE'
    ? readWideRow(form, { date, cells, rules })
    : readLongRow(form, { date, cells, rules });
}

interface DatedCells {
  readonly date: BusinessDate;
  readonly cells: readonly string[];
  readonly rules: PriceRules;
}

/** An empty cell is no price, and no fault: the stock did not trade yet, or not any longer. */
function readWideRow(form: WideForm, { date, cells, rules }: DatedCells): RowReading {
  const bars: SymbolBar[] = [];
  const faults: RowFault[] = [];
  for (const { column, name, symbol } of form.series) {
    const text = cells[column]?.trim() ?? '';
    if (text === '') continue;
    const parsed = readDecimalCell(text);
    if (!parsed.ok) {
      faults.push({ column: name, reason: parsed.message });
      continue;
    }
    const bar = { ...CLOSE_ONLY, symbol, date, close: price(parsed.value) };
    const reason = barFault(bar, rules);
    if (reason === undefined) bars.push(bar);
    else faults.push({ column: name, reason });
  }
  return { values: bars, faults };
}

const CLOSE_ONLY = { open: null, high: null, low: null, volume: null };

/** A row with one fault is refused whole: half a bar would hide that it is wrong. */
function readLongRow(form: LongForm, { date, cells, rules }: DatedCells): RowReading {
  const found = 'always' in form.symbol ? form.symbol.always : (cells[form.symbol.column] ?? '');
  const symbol = parseSymbol(found.trim());
  if (symbol === undefined) return refusedRow(symbolFault(found));
  const open = readOptional(cells, form.open);
  const high = readOptional(cells, form.high);
  const low = readOptional(cells, form.low);
  const close = readOptional(cells, form.close);
  const volume = readOptional(cells, form.volume);
  if (!open.ok) return refusedCell('open', open.message);
  if (!high.ok) return refusedCell('high', high.message);
  if (!low.ok) return refusedCell('low', low.message);
  if (!close.ok) return refusedCell('close', close.message);
  if (!volume.ok) return refusedCell('volume', volume.message);
  if (close.value === null) return refusedCell('close', 'expected a price, was empty');
  const bar: SymbolBar = {
    symbol,
    date,
    open: open.value,
    high: high.value,
    low: low.value,
    close: close.value,
    volume: volume.value === null ? null : quantity(volume.value),
  };
  const reason = barFault(bar, rules);
  return reason === undefined ? { values: [bar], faults: [] } : refusedRow(`${symbol}: ${reason}`);
}

type OptionalCell =
  | { readonly ok: true; readonly value: Price | null }
  | { readonly ok: false; readonly message: string };

const ABSENT: OptionalCell = { ok: true, value: null };

function readOptional(cells: readonly string[], column: number | undefined): OptionalCell {
  const text = column === undefined ? '' : (cells[column]?.trim() ?? '');
  if (text === '') return ABSENT;
  const parsed = readDecimalCell(text);
  return parsed.ok ? { ok: true, value: price(parsed.value) } : parsed;
}

export function dateFault(found: string): string {
  return `expected a day from ${FIRST_DAY} to ${LAST_DAY}, was "${found.slice(0, 40)}"`;
}

export function refusedRow(reason: string): RowReading {
  return { values: [], faults: [{ column: null, reason }] };
}

function refusedCell(column: string, reason: string): RowReading {
  return { values: [], faults: [{ column, reason }] };
}
