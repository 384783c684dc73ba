import type { ImportRun } from '../domain/import-run.ts';
import type { InstrumentDescription } from '../domain/instrument-upsert.ts';
import { importPrices, type ImportPricesDeps, type ImportPricesOrder } from './import-prices.ts';
import { upsertInstruments } from './upsert-instruments.ts';

/** What ships with the platform, so that it has prices before anybody imports some. */
export interface SampleData {
  readonly instruments: readonly InstrumentDescription[];
  readonly files: readonly ImportPricesOrder[];
}

export type ImportSampleDataDeps = ImportPricesDeps;

/**
 * Imports the sample data into an empty platform, or goes on with a sample import that did not come
 * to its end. Does nothing once there are instruments of the user's own.
 */
export async function importSampleData(
  deps: ImportSampleDataDeps,
  sample: SampleData,
): Promise<readonly ImportRun[]> {
  if (!(await isWanted(deps, sample))) return [];
  await upsertInstruments(deps, sample.instruments);
  const runs: ImportRun[] = [];
  for (const order of sample.files) runs.push(await importPrices(deps, order));
  return runs;
}

async function isWanted(deps: ImportSampleDataDeps, { files }: SampleData): Promise<boolean> {
  if (await deps.instruments.isEmpty()) return true;
  const names = files.map(({ file }) => fileNameOf(file));
  const statuses = await deps.importRuns.statusesOf(names);
  const isBegun = statuses.size > 0;
  return isBegun && names.some((name) => !statuses.get(name)?.includes('COMPLETED'));
}

function fileNameOf(file: string): string {
  return file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
}
