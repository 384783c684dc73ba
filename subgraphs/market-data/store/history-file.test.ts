import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FileRecord, MAX_LINE_CHARACTERS, openHistoryFile } from './history-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-history-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function recordsOf(name: string, content: string | Uint8Array): Promise<FileRecord[]> {
  const file = path.join(folder, name);
  await writeFile(file, content);
  const records: FileRecord[] = [];
  for await (const batch of (await openHistoryFile(file)).batches) records.push(...batch.records);
  return records;
}

describe('a history file', () => {
  test('is read by line, with its numbers, whatever ends a line', async () => {
    expect(await recordsOf('a.csv', '\uFEFFdate,A\r\n\r\n2020-01-02,1\n  \n2020-01-03,2')).toEqual([
      { line: 1, cells: ['date', 'A'] },
      { line: 3, cells: ['2020-01-02', '1'] },
      { line: 5, cells: ['2020-01-03', '2'] },
    ]);
  });

  test('keeps commas within quotes; one that does not close spoils its line only', async () => {
    expect(await recordsOf('q.csv', 'a,"b, c","d ""e"""\n"x,y\n1,"2"z\n3,4\n')).toEqual([
      { line: 1, cells: ['a', 'b, c', 'd "e"'] },
      { line: 2, fault: 'expected quotes to open and close within one cell' },
      { line: 3, fault: 'expected quotes to open and close within one cell' },
      { line: 4, cells: ['3', '4'] },
    ]);
  });

  test('reads the same packed and plain, over many chunks and multi-byte letters', async () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `Zürich,${index}`).join('\n');
    const plain = await recordsOf('plain.csv', text);
    expect(plain).toHaveLength(20_000);
    expect(plain.at(-1)).toEqual({ line: 20_000, cells: ['Zürich', '19999'] });
    expect(await recordsOf('packed.csv.gz', gzipSync(text))).toEqual(plain);
  });

  test('skips a line beyond the limit without keeping it', async () => {
    const records = await recordsOf('long.csv', `a\n${'x'.repeat(3 * MAX_LINE_CHARACTERS)}\nb\n`);
    expect(records).toEqual([
      { line: 1, cells: ['a'] },
      { line: 2, fault: `expected at most ${MAX_LINE_CHARACTERS} characters in a line` },
      { line: 3, cells: ['b'] },
    ]);
  });

  test('of nothing but zeros is no trap', async () => {
    const records = await recordsOf('zeros.csv', new Uint8Array(4 * MAX_LINE_CHARACTERS));
    expect(records).toEqual([{ line: 1, fault: expect.stringMatching(/^expected at most/) }]);
  });
});
