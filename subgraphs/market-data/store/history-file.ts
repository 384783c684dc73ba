/** Reads CSV files line by line, plain or gzipped, in bounded memory. */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { PlatformError } from '#platform/errors';

/** A longer line is refused without being kept. */
export const MAX_LINE_CHARACTERS = 1_048_576;

export type FileRecord =
  | { readonly line: number; readonly cells: readonly string[] }
  | { readonly line: number; readonly fault: string };

export interface RecordBatch {
  readonly records: readonly FileRecord[];
  /** Of the file as it lies on the disk. */
  readonly bytesRead: number;
}

export interface HistoryFile {
  /** Without its folder. */
  readonly name: string;
  readonly totalBytes: number;
  readonly batches: AsyncIterable<RecordBatch>;
}

/** Throws BAD_USER_INPUT, in one sentence, when there is no such file. */
export async function openHistoryFile(file: string): Promise<HistoryFile> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new PlatformError('BAD_USER_INPUT', `There is no readable file ${file}.`, { cause });
  });
  if (!found.isFile()) throw new PlatformError('BAD_USER_INPUT', `${file} is not a file.`);
  return { name: path.basename(file), totalBytes: found.size, batches: readBatches(file) };
}

async function* readBatches(file: string): AsyncGenerator<RecordBatch> {
  const raw = createReadStream(file);
  const unpacked = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  // A pipe hands data on, but not errors.
  raw.on('error', (error) => unpacked.destroy(error));
  const decoder = new TextDecoder();
  const splitter = createLineSplitter();
  try {
    for await (const chunk of unpacked) {
      const text = decoder.decode(chunk as Uint8Array, { stream: true });
      yield { records: splitter.take(text), bytesRead: raw.bytesRead };
    }
    yield { records: splitter.take(`${decoder.decode()}\n`), bytesRead: raw.bytesRead };
  } catch (cause) {
    throw new PlatformError('BAD_USER_INPUT', `${path.basename(file)}: ${readFault(cause)}`, {
      cause,
    });
  } finally {
    raw.destroy();
  }
}

function readFault(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'Z_BUF_ERROR') return 'the file is cut short';
  if (code === 'Z_DATA_ERROR') return 'expected gzip, the content is something else or damaged';
  if (code === 'EACCES') return 'reading it is not permitted';
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * Splits by line before it looks at quotes: a stray quote spoils its own line and no other, which
 * a reader of quoted line breaks could not promise. History files have no line breaks in cells.
 */
function createLineSplitter() {
  let rest = '';
  let isSkipping = false;
  let line = 0;

  const recordOf = (text: string): FileRecord[] => {
    line += 1;
    const wasSkipping = isSkipping;
    isSkipping = false;
    if (wasSkipping || text.length > MAX_LINE_CHARACTERS) {
      return [{ line, fault: `expected at most ${MAX_LINE_CHARACTERS} characters in a line` }];
    }
    const bare = line === 1 && text.startsWith('\uFEFF') ? text.slice(1) : text;
    const row = bare.endsWith('\r') ? bare.slice(0, -1) : bare;
    return row.trim() === '' ? [] : [splitCells(row, line)];
  };

  return {
    take(text: string): FileRecord[] {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      const records = lines.flatMap(recordOf);
      if (rest.length > MAX_LINE_CHARACTERS) {
        rest = '';
        isSkipping = true;
      }
      return records;
    },
  };
}

function splitCells(row: string, line: number): FileRecord {
  if (!row.includes('"')) return { line, cells: row.split(',') };
  try {
    const [cells] = parse(row, { relax_column_count: true });
    return cells ? { line, cells } : { line, fault: 'expected cells between commas' };
  } catch {
    return { line, fault: 'expected quotes to open and close within one cell' };
  }
}
