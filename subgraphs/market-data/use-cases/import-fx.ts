import { type FxFixing, type FxForm, readFxHeader, readFxRow } from '../domain/fx-file.ts';
import type { ImportRun } from '../domain/import-run.ts';
import { createSeenDays } from '../domain/seen-days.ts';
import type { FxFixingRepository } from '../store/fx-fixings.ts';
import { type OnImportProgress, runImport, type RunImportDeps } from './run-import.ts';
import { createTableReader } from './table-reader.ts';

export interface ImportFxDeps extends RunImportDeps {
  readonly fxFixings: FxFixingRepository;
}

export interface ImportFxOrder {
  readonly file: string;
  readonly onProgress?: OnImportProgress | undefined;
}

/** Who publishes the rates: there is one source of reference rates, never a mixture. */
export const FX_SOURCE = 'ECB';

const FIXINGS_PER_BATCH = 5_000;

/** Reads reference rates in the form of the European Central Bank. */
export async function importFx(deps: ImportFxDeps, order: ImportFxOrder): Promise<ImportRun> {
  const file = await deps.openHistoryFile(order.file);
  const seen = createSeenDays();
  const reader = createTableReader<FxForm, FxFixing>({
    readHeader: readFxHeader,
    readRow: readFxRow,
    repeats: ({ currency, fixedOn }) =>
      seen.add(currency, fixedOn)
        ? undefined
        : { column: currency, reason: `expected one row for ${fixedOn}, one came before` },
    batchSize: FIXINGS_PER_BATCH,
    write: (fixings) => deps.fxFixings.write(fixings, FX_SOURCE),
  });
  return runImport(deps, {
    kind: 'FX',
    file,
    source: FX_SOURCE,
    reader,
    settle: async () => undefined,
    onProgress: order.onProgress,
  });
}
