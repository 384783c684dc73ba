/** Reads reference rates in the form of the European Central Bank: a row a day. */

import type { BusinessDate } from '#kernel/business-date';
import { type CurrencyCode, parseCurrencyCode, type Rate, rate } from '#kernel/money';
import { readDateCell, readDecimalCell, shownHeader } from './file-cell.ts';
import type { ColumnFault, HeaderReading } from './price-file.ts';
import { dateFault, type RowFault } from './price-row.ts';

export interface FxForm {
  readonly width: number;
  readonly columns: readonly { readonly column: number; readonly currency: CurrencyCode }[];
}

export interface FxFixing {
  readonly currency: CurrencyCode;
  readonly fixedOn: BusinessDate;
  /** Units of `currency` for one euro. */
  readonly unitsPerEur: Rate;
}

const ABSENT = ['', 'N/A'];

export function readFxHeader(header: readonly string[]): HeaderReading<FxForm> {
  if (header[0]?.trim().toLowerCase() !== 'date') {
    return {
      ok: false,
      message: `expected "Date" and currency codes, the header was ${shownHeader(header)}`,
    };
  }
  const faults: ColumnFault[] = [];
  const columns = new Map<CurrencyCode, FxForm['columns'][number]>();
  header.forEach((name, column) => {
    // The file of the bank ends each line with a comma.
    if (column === 0 || name.trim() === '') return;
    const currency = parseCurrencyCode(name.trim());
    if (currency === undefined) {
      faults.push({ column: name, reason: `expected a currency code, was "${name.slice(0, 40)}"` });
    } else if (columns.has(currency)) {
      faults.push({ column: name, reason: `expected each currency once, ${currency} came before` });
    } else {
      columns.set(currency, { column, currency });
    }
  });
  if (columns.size === 0) return { ok: false, message: 'expected a column for each currency' };
  return { ok: true, form: { width: header.length, columns: [...columns.values()] }, faults };
}

export function readFxRow(
  form: FxForm,
  cells: readonly string[],
): { readonly values: readonly FxFixing[]; readonly faults: readonly RowFault[] } {
  const refused = (reason: string) => ({ values: [], faults: [{ column: null, reason }] });
  if (cells.length !== form.width) {
    return refused(`expected ${form.width} columns, was ${cells.length}`);
  }
  const fixedOn = readDateCell(cells[0]?.trim() ?? '');
  if (fixedOn === undefined) return refused(dateFault(cells[0] ?? ''));
  const fixings: FxFixing[] = [];
  const faults: RowFault[] = [];
  for (const { column, currency } of form.columns) {
    const text = cells[column]?.trim() ?? '';
    if (ABSENT.includes(text)) continue;
    const parsed = readDecimalCell(text);
    if (!parsed.ok) faults.push({ column: currency, reason: parsed.message });
    else if (parsed.value <= 0n) {
      faults.push({ column: currency, reason: `expected a rate above 0, was ${text}` });
    } else fixings.push({ currency, fixedOn, unitsPerEur: rate(parsed.value) });
  }
  return { values: fixings, faults };
}
