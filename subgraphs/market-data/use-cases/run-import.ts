/** What every import has in common: reading in batches, counting, reporting, and its end. */

import type { Clock } from '#platform/clock';
import { PlatformError } from '#platform/errors';
import {
  addToTally,
  EMPTY_TALLY,
  type ImportKind,
  type ImportRun,
  type ImportTally,
} from '../domain/import-run.ts';
import { TooManySeries } from '../domain/seen-days.ts';
import type { HistoryFile } from '../store/history-file.ts';
import type { ImportRunRepository } from '../store/import-runs.ts';
import { type TableReader, UnreadableHistory } from './table-reader.ts';

export interface RunImportDeps {
  readonly importRuns: ImportRunRepository;
  readonly openHistoryFile: (file: string) => Promise<HistoryFile>;
  readonly clock: Clock;
}

export interface ImportReport {
  readonly tally: ImportTally;
  readonly bytesRead: number;
  readonly totalBytes: number;
}

/** Called often; must return at once. */
export type OnImportProgress = (report: ImportReport) => void;

export interface ImportOrder {
  readonly kind: ImportKind;
  readonly file: HistoryFile;
  readonly source: string;
  readonly reader: TableReader;
  /** Leaves what was stored in a state that readers may see. */
  readonly settle: () => Promise<void>;
  readonly onProgress?: OnImportProgress | undefined;
}

/** How often the run's row tells how far it is, after the first rows. */
const REPORT_INTERVAL_MS = 500;

/**
 * Reads the file to its end, or to what makes going on pointless: then the run is FAILED with the
 * reason. Throws only what is no fault of the file, after marking the run as failed.
 */
export async function runImport(
  { importRuns, clock }: Pick<RunImportDeps, 'importRuns' | 'clock'>,
  { kind, file, source, reader, settle, onProgress }: ImportOrder,
): Promise<ImportRun> {
  const startedAtMs = clock.nowMs();
  const run = await importRuns.start({ kind, source, fileName: file.name, startedAtMs });
  let tally = EMPTY_TALLY;
  let reportedAtMs = Number.NEGATIVE_INFINITY;
  let failure: string | null = null;
  try {
    try {
      for await (const { records, bytesRead } of file.batches) {
        tally = addToTally(tally, await reader.take(records));
        onProgress?.({ tally, bytesRead, totalBytes: file.totalBytes });
        if (clock.nowMs() - reportedAtMs >= REPORT_INTERVAL_MS) {
          await run.report(tally);
          reportedAtMs = clock.nowMs();
        }
      }
      if (!reader.hasHeader()) failure = 'expected a header, the file is empty';
    } catch (error) {
      if (!isFaultOfFile(error)) throw error;
      failure = error.message;
    }
    tally = addToTally(tally, await reader.finish());
    await settle();
    return await run.end(tally, { finishedAtMs: clock.nowMs(), failure });
  } catch (error) {
    // The database may be what failed: then the next start finds the run abandoned.
    const end = { finishedAtMs: clock.nowMs(), failure: 'The import failed: the log says why.' };
    await run.end(tally, end).catch(() => undefined);
    throw error;
  }
}

function isFaultOfFile(error: unknown): error is Error {
  return (
    error instanceof UnreadableHistory ||
    error instanceof TooManySeries ||
    (error instanceof PlatformError && error.code === 'BAD_USER_INPUT')
  );
}
