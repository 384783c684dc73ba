/** What an import is compared with: reading the file alone, and storing its rows alone. */

import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import postgres from 'postgres';

/** As many as the import puts in one statement. */
const ROWS_PER_STATEMENT = 10_000;

/** Calls `take` with the cells of each row after the header; answers with how many those were. */
export async function parseWithCsvParse(
  file: string,
  take: (cells: readonly string[]) => void = () => undefined,
): Promise<number> {
  const parser = createReadStream(file).pipe(createGunzip()).pipe(parse());
  let rows = -1;
  parser.on('data', (cells: readonly string[]) => {
    rows += 1;
    if (rows > 0) take(cells);
  });
  await new Promise<void>((resolve, reject) => {
    parser.once('end', resolve);
    parser.once('error', reject);
  });
  return rows;
}

/** One array literal a column: date, open, high, low, close, volume, name. */
export type Statement = readonly string[];

/** The rows as the text that goes over the wire, made before any clock runs. */
export async function readStatements(file: string): Promise<readonly Statement[]> {
  const statements: Statement[] = [];
  let columns: string[][] = [];
  const finish = (): void => {
    if (columns.length > 0) statements.push(columns.map((cells) => `{${cells.join(',')}}`));
    columns = [];
  };
  await parseWithCsvParse(file, (cells) => {
    cells.forEach((cell, index) => (columns[index] ??= []).push(cell === '' ? 'NULL' : cell));
    if (columns[0]?.length === ROWS_PER_STATEMENT) finish();
  });
  finish();
  return statements;
}

/** Stores them in a plain table without any key, one statement after the other. */
export async function insertPlainly(url: string, statements: readonly Statement[]): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await sql`
      create table if not exists public.plain_bar (
        business_date date, open numeric, high numeric, low numeric, close numeric,
        volume numeric, name text)`;
    await sql`truncate public.plain_bar`;
    for (const columns of statements) {
      const [date = '', open = '', high = '', low = '', close = ''] = columns;
      const [volume = '', name = ''] = columns.slice(5);
      await sql`
        insert into public.plain_bar
        select * from unnest(
          ${date}::text::date[], ${open}::text::numeric[], ${high}::text::numeric[],
          ${low}::text::numeric[], ${close}::text::numeric[], ${volume}::text::numeric[],
          ${name}::text::text[])`;
    }
  } finally {
    await sql.end();
  }
}
