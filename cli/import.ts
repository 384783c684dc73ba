/**
 * `npm run import -- prices|fx|instruments|sessions FILE…`: takes history files into the database
 * of the configuration, whether the platform runs on it or not.
 */

import { stderr, stdout } from 'node:process';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseCurrencyCode } from '#kernel/money';
import { systemClock } from '#platform/clock';
import { readConfig } from '#platform/config';
import { PlatformError, StartupError } from '#platform/errors';
import { createLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { BAR_INTERVALS, type BarInterval } from '../subgraphs/market-data/domain/bar.ts';
import { type ImportRun, isSourceName } from '../subgraphs/market-data/domain/import-run.ts';
import {
  ASSET_CLASSES,
  type AssetClass,
  parseSymbol,
} from '../subgraphs/market-data/domain/instrument.ts';
import { parseMic } from '../subgraphs/market-data/domain/session-file.ts';
import { buildHistory } from '../subgraphs/market-data/main.ts';
import { importFx } from '../subgraphs/market-data/use-cases/import-fx.ts';
import { importInstruments } from '../subgraphs/market-data/use-cases/import-instruments.ts';
import { importPrices } from '../subgraphs/market-data/use-cases/import-prices.ts';
import { importSessions } from '../subgraphs/market-data/use-cases/import-sessions.ts';
import { recoverImports } from '../subgraphs/market-data/use-cases/recover-imports.ts';
import type { OnImportProgress } from '../subgraphs/market-data/use-cases/run-import.ts';
import { openDatabase } from './database.ts';
import { describeRun, progressLine } from './import-report.ts';

type History = ReturnType<typeof buildHistory>;
type ImportFile = (
  history: History,
  file: string,
  onProgress: OnImportProgress,
) => Promise<ImportRun>;

/** One for the work, one for the lock of the import, one to spare. */
const CONNECTIONS = 3;
const INTERRUPTED_EXIT_CODE = 130;

interface PriceOptions {
  readonly source?: string;
  readonly symbol?: ReturnType<typeof symbolOption>;
  readonly currency?: ReturnType<typeof currencyOption>;
  readonly assetClass?: AssetClass;
  readonly interval?: BarInterval;
  readonly adjusted?: boolean;
}

try {
  await commands().parseAsync();
} catch (error) {
  process.exitCode = 1;
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else stderr.write(`${sentenceOf(error)}\n`);
}

function commands(): Command {
  const program = new Command('npm run import --')
    .description('Imports history files: CSV, plain or gzipped.')
    .exitOverride();
  const source = () =>
    new Option('--source <name>', 'keep the series under this name').argParser(sourceOption);
  program
    .command('prices')
    .description('daily prices: date and one column a symbol, or date, open, …, close, symbol')
    .argument('<files...>')
    .addOption(source())
    .option('--symbol <symbol>', 'of a file that does not name its one symbol', symbolOption)
    .option('--currency <code>', 'of symbols not known yet; USD when left out', currencyOption)
    .addOption(
      new Option('--asset-class <class>', 'of symbols not known yet; EQUITY when left out').choices(
        ASSET_CLASSES,
      ),
    )
    .addOption(new Option('--interval <interval>', 'length of a bar').choices(BAR_INTERVALS))
    .option('--adjusted', 'prices are adjusted for splits or dividends')
    .option('--no-adjusted', 'prices are as they were traded')
    .action((files: string[], { adjusted, ...options }: PriceOptions) =>
      importFiles(files, (history, file, onProgress) =>
        importPrices(history, { ...options, isAdjusted: adjusted, file, onProgress }),
      ),
    );
  program
    .command('fx')
    .description('reference rates of the European Central Bank')
    .argument('<files...>')
    .action((files: string[]) =>
      importFiles(files, (history, file, onProgress) => importFx(history, { file, onProgress })),
    );
  program
    .command('instruments')
    .description('names, sectors and identifiers: Symbol, Security, GICS Sector, …')
    .argument('<files...>')
    .addOption(source())
    .action((files: string[], options: { readonly source?: string }) =>
      importFiles(files, (history, file, onProgress) =>
        importInstruments(history, { ...options, file, onProgress }),
      ),
    );
  program
    .command('sessions')
    .description(
      'days on which an exchange trades: day, open, close, break_start, break_end in UTC',
    )
    .argument('<files...>')
    .option('--mic <code>', 'of the exchange, when the file name does not begin with it', micOption)
    .action((files: string[], options: { readonly mic?: string }) =>
      importFiles(files, (history, file, onProgress) =>
        importSessions(history, { ...options, file, onProgress }),
      ),
    );
  return program;
}

/** One after the other; a file that fails does not keep the next ones from being imported. */
async function importFiles(files: readonly string[], importFile: ImportFile): Promise<void> {
  const config = readConfig();
  const logger = createLogger('silent');
  const database = await openDatabase({ config, logger, mayJoinRunning: true });
  const sql = openPool({
    url: database.url,
    maxConnections: CONNECTIONS,
    applicationName: 'plumbline-import',
  });
  const close = async () => {
    await sql.end({ timeout: 1 });
    await database.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void close().finally(() => process.exit(INTERRUPTED_EXIT_CODE)));
  }
  try {
    const history = buildHistory({ sql, clock: systemClock });
    await recoverImports(history);
    for (const file of files) await importOne(history, file, importFile);
  } finally {
    await close();
  }
}

async function importOne(history: History, file: string, importFile: ImportFile): Promise<void> {
  try {
    const run = await importFile(history, file, showProgress(file));
    clearProgress();
    stdout.write(describeRun(run));
    if (run.status !== 'COMPLETED') process.exitCode = 1;
  } catch (error) {
    clearProgress();
    if (!(error instanceof PlatformError)) throw error;
    stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

const PROGRESS_INTERVAL_MS = 100;

function showProgress(file: string): OnImportProgress {
  let shownAtMs = 0;
  return (report) => {
    const nowMs = performance.now();
    if (!stderr.isTTY || nowMs - shownAtMs < PROGRESS_INTERVAL_MS) return;
    shownAtMs = nowMs;
    stderr.write(`\r\u001B[K${progressLine(file, report)}`);
  };
}

function clearProgress(): void {
  if (stderr.isTTY) stderr.write('\r\u001B[K');
}

function symbolOption(text: string) {
  return parseSymbol(text) ?? refused('expected up to 32 letters, digits or . - = ^ /');
}

function micOption(text: string): string {
  return parseMic(text) ?? refused('expected a market code such as XNYS');
}

function currencyOption(text: string) {
  return parseCurrencyCode(text.toUpperCase()) ?? refused('expected a code such as USD');
}

function sourceOption(text: string): string {
  return isSourceName(text) ? text : refused('expected up to 64 letters, digits or . _ -');
}

function refused(expected: string): never {
  throw new InvalidArgumentError(expected);
}

function sentenceOf(error: unknown): string {
  if (error instanceof StartupError || error instanceof PlatformError) return error.message;
  const found = error instanceof Error ? error.message : String(error);
  return `The import stopped (${found}): run it again to go on where it ended.`;
}
