/**
 * `npm run export -- --format ndjson|csv …`: writes the events of the positions, in the order in
 * which they were recorded, from the database of the configuration, whether the platform runs on it
 * or not. What it holds in memory does not grow with their number.
 */

import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { stderr, stdout } from 'node:process';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseBusinessDate } from '#kernel/business-date';
import { pause } from '#platform/backoff';
import { readConfig } from '#platform/config';
import { PlatformError, StartupError } from '#platform/errors';
import { createLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { EXPORT_FORMATS, type ExportFormat } from '../subgraphs/positions/domain/event-lines.ts';
import { buildAudit } from '../subgraphs/positions/main.ts';
import { exportEvents } from '../subgraphs/positions/use-cases/export-events.ts';
import { openDatabase } from './database.ts';

/** One statement after the other. */
const CONNECTIONS = 1;
const INTERRUPTED_EXIT_CODE = 130;
/** As of a program that the signal of a closed pipe ended. */
const BROKEN_PIPE_EXIT_CODE = 141;
const PROGRESS_INTERVAL_MS = 200;
const WRITE_AHEAD_BYTES = 65_536;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

interface ExportOptions {
  readonly format: ExportFormat;
  readonly out?: string;
  readonly from?: number;
  readonly to?: number;
  readonly book?: string;
  readonly account?: string;
  readonly symbol?: string;
  readonly contract?: string;
  readonly user?: string;
  readonly correlation?: string;
  readonly trade?: string;
}

try {
  await command().parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  const isSilent = error instanceof CommanderError || process.exitCode !== 1;
  if (!isSilent) stderr.write(`${sentenceOf(error)}\n`);
}

function command(): Command {
  return new Command('npm run -s export --')
    .description('Writes the events of the positions, oldest first, as lines of text.')
    .exitOverride()
    .addOption(
      new Option('--format <format>', 'JSON, one event a line, or CSV of RFC 4180')
        .choices(EXPORT_FORMATS)
        .makeOptionMandatory(),
    )
    .option('--out <file>', 'instead of standard output; gzipped when it ends in .gz')
    .option(
      '--from <instant>',
      'recorded then or later: 2026-11-20 or 2026-11-20T14:30:00Z',
      instant,
    )
    .option('--to <instant>', 'recorded before; the beginning of the export when left out', instant)
    .option('--book <id>', 'only positions of this book')
    .option('--account <id>', 'only positions of this account')
    .option('--symbol <symbol>', 'only positions in this instrument')
    .option('--contract <id>', 'only positions under this contract')
    .option('--user <name>', 'only what this user or service caused')
    .option('--correlation <id>', 'only what one request or workflow caused')
    .option('--trade <id>', 'only events about this trade')
    .action(exportTo);
}

async function exportTo(options: ExportOptions): Promise<void> {
  const config = readConfig();
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interruption.abort());
  }
  const logger = createLogger('silent');
  const database = await openDatabase({ config, logger, mayJoinRunning: true });
  const sql = openPool({
    url: database.url,
    maxConnections: CONNECTIONS,
    applicationName: 'plumbline-export',
  });
  try {
    const progress = createProgress();
    const lines = exportEvents(
      { ...buildAudit(sql), pause },
      { format: options.format, filter: filterOf(options), onEvents: progress.add },
    );
    await write(lines, options.out, interruption.signal);
    progress.end(options.out);
  } finally {
    await sql.end({ timeout: 1 });
    await database.close();
  }
}

function filterOf({
  from,
  to,
  book,
  account,
  contract,
  correlation,
  trade,
  ...same
}: ExportOptions) {
  const { symbol, user } = same;
  return {
    symbol,
    user,
    fromMs: from,
    toMs: to,
    bookId: book,
    accountId: account,
    contractId: contract,
    correlationId: correlation,
    tradeId: trade,
  };
}

/** A file has its name only when it is whole: before that it is called `FILE.partial`. */
async function write(
  lines: AsyncGenerator<string>,
  file: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const text = Readable.from(lines, { objectMode: false, highWaterMark: WRITE_AHEAD_BYTES });
  if (file === undefined) {
    await pipeline(text, stdout, { signal, end: false });
    return;
  }
  const partial = `${file}.partial`;
  try {
    const zip = file.endsWith('.gz') ? createGzip() : new PassThrough();
    await pipeline(text, zip, createWriteStream(partial), { signal });
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** On a terminal one line that is written over while it goes on; in the end how many there were. */
function createProgress() {
  let count = 0;
  let shownAtMs = 0;
  const shown = (): string => `${count.toLocaleString('en-US')} event${count === 1 ? '' : 's'}`;
  return {
    add(more: number): void {
      count += more;
      const nowMs = performance.now();
      if (!stderr.isTTY || stdout.isTTY || nowMs - shownAtMs < PROGRESS_INTERVAL_MS) return;
      shownAtMs = nowMs;
      stderr.write(`\r\u001B[K${shown()}`);
    },
    end(file: string | undefined): void {
      if (stderr.isTTY) stderr.write('\r\u001B[K');
      if (file !== undefined) stdout.write(`${shown()} in ${file}\n`);
    },
  };
}

/** Epoch milliseconds. A day is its beginning in UTC. */
function instant(text: string): number {
  const isDay = parseBusinessDate(text) !== undefined;
  const epochMs = isDay || INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(epochMs)) return epochMs;
  throw new InvalidArgumentError('expected 2026-11-20 or 2026-11-20T14:30:00Z');
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode;
  if (codeOf(error) === 'ABORT_ERR') return INTERRUPTED_EXIT_CODE;
  return codeOf(error) === 'EPIPE' ? BROKEN_PIPE_EXIT_CODE : 1;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function sentenceOf(error: unknown): string {
  if (error instanceof StartupError || error instanceof PlatformError) return error.message;
  const found = error instanceof Error ? error.message : String(error);
  return `The export stopped (${found}): what it wrote so far is not whole.`;
}
