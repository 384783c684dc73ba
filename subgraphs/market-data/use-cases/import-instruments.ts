import { invariant } from '#platform/errors';
import type { ImportRun } from '../domain/import-run.ts';
import { sourceOfFile } from '../domain/import-run.ts';
import { type Instrument, parseSymbol } from '../domain/instrument.ts';
import {
  type InstrumentForm,
  readInstrumentHeader,
  readInstrumentRow,
} from '../domain/instrument-file.ts';
import { type InstrumentDescription, planUpsert } from '../domain/instrument-upsert.ts';
import type { InstrumentRepository } from '../store/instruments.ts';
import { type OnImportProgress, runImport, type RunImportDeps } from './run-import.ts';
import { createTableReader } from './table-reader.ts';

export interface ImportInstrumentsDeps extends RunImportDeps {
  readonly instruments: InstrumentRepository;
}

export interface ImportInstrumentsOrder {
  readonly file: string;
  readonly source?: string | undefined;
  readonly onProgress?: OnImportProgress | undefined;
}

const INSTRUMENTS_PER_BATCH = 500;

/** Reads names, sectors and identifiers; a field the file lacks keeps its value. */
export async function importInstruments(
  deps: ImportInstrumentsDeps,
  order: ImportInstrumentsOrder,
): Promise<ImportRun> {
  const file = await deps.openHistoryFile(order.file);
  const source = order.source ?? sourceOfFile(file.name);
  const seen = new Set<string>();
  const reader = createTableReader<InstrumentForm, InstrumentDescription>({
    readHeader: readInstrumentHeader,
    readRow: readInstrumentRow,
    repeats: ({ symbol }) => {
      const isRepeated = seen.has(symbol.toUpperCase());
      seen.add(symbol.toUpperCase());
      if (!isRepeated) return undefined;
      return { column: null, reason: `expected each symbol once, ${symbol} came before` };
    },
    batchSize: INSTRUMENTS_PER_BATCH,
    write: (descriptions) => saveChanged(deps, descriptions),
  });
  const settle = async () => undefined;
  const { onProgress } = order;
  return runImport(deps, { kind: 'INSTRUMENTS', file, source, reader, settle, onProgress });
}

async function saveChanged(
  { instruments }: ImportInstrumentsDeps,
  descriptions: readonly InstrumentDescription[],
): Promise<number> {
  const symbols = descriptions.flatMap(({ symbol }) => parseSymbol(symbol) ?? []);
  const known = await instruments.bySymbols(symbols);
  const plan = planUpsert(descriptions, known);
  invariant(plan.ok, 'each row was planned alone before');
  const changed = plan.instruments.filter((each) => !isSame(each, known.get(each.symbol)));
  await instruments.save(changed);
  return changed.length;
}

function isSame(planned: Instrument, known: Instrument | undefined): boolean {
  return known !== undefined && JSON.stringify(planned) === JSON.stringify(known);
}
