/** The import of a history file: what was taken, what was refused, and where it stands. */

export type ImportKind = 'PRICES' | 'FX' | 'INSTRUMENTS' | 'SESSIONS';
export const IMPORT_KINDS: readonly ImportKind[] = ['PRICES', 'FX', 'INSTRUMENTS', 'SESSIONS'];

export type ImportStatus = 'RUNNING' | 'COMPLETED' | 'FAILED';
export const IMPORT_STATUSES: readonly ImportStatus[] = ['RUNNING', 'COMPLETED', 'FAILED'];

/** Faults beyond these are only counted. */
export const MAX_FAULTS_KEPT = 100;

export interface ImportFault {
  /** Line in the file, from 1; the header is line 1. */
  readonly line: number;
  /** Null when the whole row is at fault. */
  readonly column: string | null;
  /** What was expected and what was found. */
  readonly reason: string;
}

/** What an import has done so far. */
export interface ImportTally {
  readonly rowsRead: number;
  /** Values that were new or changed. */
  readonly valuesStored: number;
  /** Values that were there already. */
  readonly valuesUnchanged: number;
  readonly faultCount: number;
  /** The first MAX_FAULTS_KEPT. */
  readonly faults: readonly ImportFault[];
}

export interface ImportRun extends ImportTally {
  readonly runId: number;
  readonly kind: ImportKind;
  readonly fileName: string;
  readonly source: string;
  readonly status: ImportStatus;
  /** Why it failed; null otherwise. */
  readonly failure: string | null;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
}

export const EMPTY_TALLY: ImportTally = {
  rowsRead: 0,
  valuesStored: 0,
  valuesUnchanged: 0,
  faultCount: 0,
  faults: [],
};

export interface ImportProgress {
  readonly rows?: number;
  readonly stored?: number;
  readonly unchanged?: number;
  readonly faults?: readonly ImportFault[];
}

export function addToTally(tally: ImportTally, made: ImportProgress): ImportTally {
  const { rows = 0, stored = 0, unchanged = 0, faults = [] } = made;
  const room = MAX_FAULTS_KEPT - tally.faults.length;
  return {
    rowsRead: tally.rowsRead + rows,
    valuesStored: tally.valuesStored + stored,
    valuesUnchanged: tally.valuesUnchanged + unchanged,
    faultCount: tally.faultCount + faults.length,
    faults: room > 0 ? [...tally.faults, ...faults.slice(0, room)] : tally.faults,
  };
}

const FILE_ENDINGS = /(\.csv|\.txt|\.gz)+$/i;
const DATE_ENDINGS = /([_-](\d{4}|\d{8}|\d{4}-\d{2}-\d{2}))+$/;
const SOURCE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * The source a file's series are kept under unless told otherwise: its name without folder, endings
 * and years, so that next year's file of the same kind goes on with the same series.
 */
export function sourceOfFile(fileName: string): string {
  const base = fileName.replace(/^.*[\\/]/, '').replace(FILE_ENDINGS, '');
  const undated = base.replace(DATE_ENDINGS, '');
  const name = (undated || base).replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[._-]+/, '');
  return name.slice(0, 64) || 'file';
}

export function isSourceName(text: string): boolean {
  return SOURCE.test(text);
}
