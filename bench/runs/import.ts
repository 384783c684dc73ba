/**
 * Rows a second of importing the 619,040 daily bars of 505 stocks into an empty database, and again
 * when nothing in it changes; against csv-parse reading the same file, and against storing the same
 * rows in a plain table.
 */

import { existsSync } from 'node:fs';
import { systemClock } from '#platform/clock';
import { openPool } from '#platform/postgres';
import type { ImportRun } from '../../subgraphs/market-data/domain/import-run.ts';
import { buildHistory } from '../../subgraphs/market-data/main.ts';
import { importPrices } from '../../subgraphs/market-data/use-cases/import-prices.ts';
import { withFreshDatabase } from '../fresh-database.ts';
import {
  insertPlainly,
  parseWithCsvParse,
  readStatements,
  type Statement,
} from '../import/references.ts';
import { costFigure, type Figure, median, rateFigure } from '../report.ts';

const FILE = new URL(
  '../../../shared/data/prices/sp500_505stocks_ohlcv_2013_2018.csv.gz',
  import.meta.url,
).pathname;
const ROWS = 619_040;
const ROUNDS = 3;
/** On a machine that is busy with other things no further round is begun after this time. */
const BUDGET_MS = 45_000;
/** As `npm run import` opens them. */
const CONNECTIONS = 3;
const MS_PER_SECOND = 1_000;
const US_PER_SECOND = 1_000_000;

const STEPS = ['csv-parse', 'plain', 'first', 'again'] as const;
type Step = (typeof STEPS)[number];

interface Taken {
  readonly seconds: number;
  /** Of this process; Postgres has its own. */
  readonly cpuSeconds: number;
}

export async function run(): Promise<readonly Figure[]> {
  if (!existsSync(FILE)) {
    process.stderr.write(`Nothing measured: there is no ${FILE}.\n`);
    return [];
  }
  const statements = await readStatements(FILE);
  const rounds: Record<Step, Taken>[] = [];
  const startedAtMs = performance.now();
  while (rounds.length < ROUNDS && performance.now() - startedAtMs < BUDGET_MS) {
    rounds.push(await withFreshDatabase((url) => measure(url, statements)));
  }
  return figuresOf(rounds);
}

async function measure(
  url: string,
  statements: readonly Statement[],
): Promise<Record<Step, Taken>> {
  return {
    'csv-parse': await taken(async () => expectRows(await parseWithCsvParse(FILE))),
    plain: await taken(() => insertPlainly(url, statements)),
    first: await taken(async () => {
      const { valuesUnchanged } = await importOnce(url);
      if (valuesUnchanged > 0) throw new Error(`${valuesUnchanged} rows were there already`);
    }),
    again: await taken(async () => {
      const { valuesStored } = await importOnce(url);
      if (valuesStored > 0) throw new Error(`${valuesStored} rows were stored twice`);
    }),
  };
}

async function importOnce(url: string): Promise<ImportRun> {
  const sql = openPool({ url, maxConnections: CONNECTIONS, applicationName: 'plumbline-bench' });
  try {
    const history = buildHistory({ sql, clock: systemClock });
    const run = await importPrices(history, { file: FILE });
    if (run.status !== 'COMPLETED') throw new Error(`the import ended ${run.status}`);
    expectRows(run.rowsRead);
    return run;
  } finally {
    await sql.end();
  }
}

function expectRows(found: number): void {
  if (found !== ROWS) throw new Error(`expected ${ROWS} rows, was ${found}`);
}

async function taken(work: () => Promise<void>): Promise<Taken> {
  const startedAtMs = performance.now();
  const cpuBefore = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    seconds: (performance.now() - startedAtMs) / MS_PER_SECOND,
    cpuSeconds: (user + system) / US_PER_SECOND,
  };
}

function figuresOf(rounds: readonly Record<Step, Taken>[]): readonly Figure[] {
  const seconds = (step: Step) => median(rounds.map((round) => round[step].seconds));
  const cpuSeconds = (step: Step) => median(rounds.map((round) => round[step].cpuSeconds));
  const rate = (step: Step) => ROWS / seconds(step);
  const parsing = 'csv-parse reading the file';
  const storing = 'unnest of the rows into a plain table';
  const first = `import of ${ROWS.toLocaleString('en-US')} rows into an empty database`;
  const again = 'import of the same file again';
  return [
    costFigure(
      { what: first, value: seconds('first'), unit: 's', target: '< 20 s' },
      { what: `${parsing}, then ${storing}`, value: seconds('csv-parse') + seconds('plain') },
    ),
    rateFigure(
      { what: first, value: rate('first'), unit: 'rows/s' },
      { what: parsing, value: rate('csv-parse') },
    ),
    rateFigure(
      { what: first, value: rate('first'), unit: 'rows/s' },
      { what: storing, value: rate('plain') },
    ),
    rateFigure(
      { what: again, value: rate('again'), unit: 'rows/s' },
      { what: parsing, value: rate('csv-parse') },
    ),
    costFigure(
      { what: `${first}, CPU of our process`, value: cpuSeconds('first'), unit: 's' },
      { what: parsing, value: cpuSeconds('csv-parse') },
    ),
  ];
}
