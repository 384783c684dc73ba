/** Reads lists of instruments, such as the constituents of an index with their sectors. */

import { shownHeader } from './file-cell.ts';
import { ASSET_CLASSES } from './instrument.ts';
import { type InstrumentDescription, planUpsert } from './instrument-upsert.ts';
import type { HeaderReading } from './price-file.ts';
import type { RowFault } from './price-row.ts';

/** Place of each field in a row; undefined when the file lacks it. */
export interface InstrumentForm {
  readonly width: number;
  readonly symbol: number;
  readonly name: number | undefined;
  readonly sector: number | undefined;
  readonly assetClass: number | undefined;
  readonly currency: number | undefined;
  readonly mic: number | undefined;
  readonly isin: number | undefined;
  readonly figi: number | undefined;
}

export function readInstrumentHeader(header: readonly string[]): HeaderReading<InstrumentForm> {
  const names = header.map((name) => name.trim().toLowerCase());
  const column = (...wanted: readonly string[]) => {
    const found = names.findIndex((name) => wanted.includes(name));
    return found === -1 ? undefined : found;
  };
  const symbol = column('symbol', 'ticker');
  if (symbol === undefined) {
    return {
      ok: false,
      message: `expected a column "Symbol", the header was ${shownHeader(header)}`,
    };
  }
  const form: InstrumentForm = {
    width: header.length,
    symbol,
    name: column('security', 'name', 'company'),
    sector: column('gics sector', 'sector'),
    assetClass: column('asset class', 'assetclass'),
    currency: column('currency'),
    mic: column('mic'),
    isin: column('isin'),
    figi: column('figi'),
  };
  return { ok: true, form, faults: [] };
}

/** Refuses the whole row for any fault, as adding instruments by hand does. */
export function readInstrumentRow(
  form: InstrumentForm,
  cells: readonly string[],
): { readonly values: readonly InstrumentDescription[]; readonly faults: readonly RowFault[] } {
  const refused = (column: string | null, reason: string) => ({
    values: [],
    faults: [{ column, reason }],
  });
  if (cells.length !== form.width) {
    return refused(null, `expected ${form.width} columns, was ${cells.length}`);
  }
  const cell = (column: number | undefined) =>
    column === undefined ? undefined : cells[column]?.trim() || undefined;
  const named = cell(form.assetClass)?.toUpperCase();
  const assetClass = ASSET_CLASSES.find((each) => each === named);
  if (named !== undefined && assetClass === undefined) {
    return refused('asset class', `expected one of ${ASSET_CLASSES.join(', ')}, was "${named}"`);
  }
  const description: InstrumentDescription = {
    symbol: cell(form.symbol) ?? '',
    name: cell(form.name),
    sector: cell(form.sector),
    assetClass,
    currency: cell(form.currency),
    mic: cell(form.mic),
    isin: cell(form.isin),
    figi: cell(form.figi),
  };
  const plan = planUpsert([description], new Map());
  return plan.ok
    ? { values: [description], faults: [] }
    : { values: [], faults: plan.faults.map(({ reason }) => ({ column: null, reason })) };
}
