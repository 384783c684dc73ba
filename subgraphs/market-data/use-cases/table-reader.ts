/** Reads a file with a header and rows to values, and stores them in batches. */

import type { ImportFault, ImportProgress } from '../domain/import-run.ts';
import type { HeaderReading } from '../domain/price-file.ts';
import type { RowFault } from '../domain/price-row.ts';
import type { FileRecord } from '../store/history-file.ts';
import { createBatchQueue } from './batch-queue.ts';

/** What one kind of file means. */
export interface TableKind<Form, Value> {
  readHeader(cells: readonly string[]): HeaderReading<Form>;
  readRow(form: Form, cells: readonly string[]): RowValues<Value>;
  /** Why this value may not follow those before it; undefined when it may. */
  repeats(value: Value): RowFault | undefined;
  readonly batchSize: number;
  /** One short statement; answers with how many of the values were new or changed. */
  write(values: readonly Value[]): Promise<number>;
}

/** A row may hold good and bad cells: the good ones count. */
export interface RowValues<Value> {
  readonly values: readonly Value[];
  readonly faults: readonly RowFault[];
}

/** Takes the records of a file in order, stores them, and says what became of them. */
export interface TableReader {
  take(records: readonly FileRecord[]): Promise<ImportProgress>;
  /** Stores what is left. */
  finish(): Promise<ImportProgress>;
  hasHeader(): boolean;
}

/** The content is not what this import reads: going on is pointless. */
export class UnreadableHistory extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableHistory';
  }
}

export function createTableReader<Form, Value>(kind: TableKind<Form, Value>): TableReader {
  let form: Form | undefined;
  const queue = createBatchQueue<Value>(kind.batchSize, (values) => kind.write(values));

  function readHeader(record: FileRecord): readonly ImportFault[] {
    if ('fault' in record) throw new UnreadableHistory(record.fault);
    const header = kind.readHeader(record.cells);
    if (!header.ok) throw new UnreadableHistory(header.message);
    form = header.form;
    return header.faults.map((fault) => ({ line: record.line, ...fault }));
  }

  function readRow(record: FileRecord, of: Form): readonly ImportFault[] {
    const { line } = record;
    if ('fault' in record) return [{ line, column: null, reason: record.fault }];
    const { values, faults } = kind.readRow(of, record.cells);
    const found: ImportFault[] = faults.map((fault) => ({ line, ...fault }));
    for (const value of values) {
      const repeated = kind.repeats(value);
      if (repeated === undefined) queue.add(value);
      else found.push({ line, ...repeated });
    }
    return found;
  }

  return {
    async take(records) {
      const faults: ImportFault[] = [];
      let rows = 0;
      for (const record of records) {
        if (form === undefined) {
          faults.push(...readHeader(record));
        } else {
          faults.push(...readRow(record, form));
          rows += 1;
        }
      }
      return { rows, faults, ...(await queue.writeFull()) };
    },
    finish: () => queue.writeAll(),
    hasHeader: () => form !== undefined,
  };
}
