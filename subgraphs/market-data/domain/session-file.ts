/** Reads the trading sessions of one exchange: a row a day, instants in UTC. */

import type { BusinessDate } from '#kernel/business-date';
import { readDateCell, shownHeader } from './file-cell.ts';
import type { HeaderReading } from './price-file.ts';
import { dateFault, type RowFault } from './price-row.ts';

export interface ExchangeSession {
  readonly date: BusinessDate;
  readonly opensAtMs: number;
  readonly closesAtMs: number;
  /** Lunch break; null for none. */
  readonly breakStartMs: number | null;
  readonly breakEndMs: number | null;
}

/** Place of each field in a row; undefined when the file has no breaks. */
export interface SessionForm {
  readonly width: number;
  readonly open: number;
  readonly close: number;
  readonly breakStart: number | undefined;
  readonly breakEnd: number | undefined;
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const MIC = /^[A-Z][A-Z0-9]{3}$/;
const MIC_OF_FILE = /^([a-z][a-z0-9]{3})[_.-]/i;

/** The market code a file's name begins with, such as xnys_sessions.csv.gz; undefined without. */
export function micOfFile(fileName: string): string | undefined {
  return parseMic(MIC_OF_FILE.exec(fileName.replace(/^.*[\\/]/, ''))?.[1] ?? '');
}

/** Of ISO 10383, in upper case; undefined for anything else. */
export function parseMic(text: string): string | undefined {
  const mic = text.toUpperCase();
  return MIC.test(mic) ? mic : undefined;
}

/** The first column is the day, whatever its name. */
export function readSessionHeader(header: readonly string[]): HeaderReading<SessionForm> {
  const names = header.map((name) => name.trim().toLowerCase());
  const place = (name: string) => {
    const found = names.indexOf(name);
    return found === -1 ? undefined : found;
  };
  const [open, close] = [place('open'), place('close')];
  if (open === undefined || close === undefined) {
    const message = `expected a day, "open" and "close", the header was ${shownHeader(header)}`;
    return { ok: false, message };
  }
  const breaks = { breakStart: place('break_start'), breakEnd: place('break_end') };
  return { ok: true, form: { width: header.length, open, close, ...breaks }, faults: [] };
}

export function readSessionRow(
  form: SessionForm,
  cells: readonly string[],
): { readonly values: readonly ExchangeSession[]; readonly faults: readonly RowFault[] } {
  const refused = (column: string | null, reason: string) => ({
    values: [],
    faults: [{ column, reason }],
  });
  if (cells.length !== form.width) {
    return refused(null, `expected ${form.width} columns, was ${cells.length}`);
  }
  const date = readDateCell(cells[0]?.trim() ?? '');
  if (date === undefined) return refused(null, dateFault(cells[0] ?? ''));
  const instantAt = (column: number | undefined) => {
    const text = column === undefined ? '' : (cells[column]?.trim() ?? '');
    return text === '' ? null : INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  };
  const [opensAtMs, closesAtMs] = [instantAt(form.open), instantAt(form.close)];
  const [breakStartMs, breakEndMs] = [instantAt(form.breakStart), instantAt(form.breakEnd)];
  if (opensAtMs === null || closesAtMs === null || !(opensAtMs < closesAtMs)) {
    return refused(
      'close',
      'expected UTC instants such as 2026-11-20T14:30:00Z, open before close',
    );
  }
  const hasBreak = breakStartMs !== null || breakEndMs !== null;
  if (hasBreak && !isWithin([opensAtMs, breakStartMs, breakEndMs, closesAtMs])) {
    return refused('break_start', 'expected a break between open and close, or none');
  }
  const session = { date, opensAtMs, closesAtMs, breakStartMs, breakEndMs };
  return { values: [session], faults: [] };
}

function isWithin(instants: readonly (number | null)[]): boolean {
  return instants.every((each, at) => {
    const before = instants[at - 1] ?? Number.NEGATIVE_INFINITY;
    return each !== null && each >= before;
  });
}
