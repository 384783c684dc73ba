import { PlatformError } from '#platform/errors';
import { type ImportRun, sourceOfFile } from '../domain/import-run.ts';
import { createSeenDays } from '../domain/seen-days.ts';
import {
  type ExchangeSession,
  micOfFile,
  readSessionHeader,
  readSessionRow,
  type SessionForm,
} from '../domain/session-file.ts';
import type { ExchangeSessionRepository } from '../store/exchange-sessions.ts';
import { type OnImportProgress, runImport, type RunImportDeps } from './run-import.ts';
import { createTableReader } from './table-reader.ts';

export interface ImportSessionsDeps extends RunImportDeps {
  readonly exchangeSessions: ExchangeSessionRepository;
}

export interface ImportSessionsOrder {
  readonly file: string;
  /** Market code; left out, the name of the file begins with it. */
  readonly mic?: string | undefined;
  readonly onProgress?: OnImportProgress | undefined;
}

const SESSIONS_PER_BATCH = 5_000;

/**
 * Reads the days on which an exchange trades. Between the first and the last of them it is closed
 * on every other day; before and after nothing is known.
 */
export async function importSessions(
  deps: ImportSessionsDeps,
  order: ImportSessionsOrder,
): Promise<ImportRun> {
  const mic = order.mic ?? micOfFile(order.file);
  if (mic === undefined) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      'whose sessions: expected a market code, given or at the start of the file name',
    );
  }
  const file = await deps.openHistoryFile(order.file);
  const source = sourceOfFile(file.name);
  const seen = createSeenDays();
  const reader = createTableReader<SessionForm, ExchangeSession>({
    readHeader: readSessionHeader,
    readRow: readSessionRow,
    repeats: ({ date }) =>
      seen.add(mic, date)
        ? undefined
        : { column: null, reason: `expected one row for ${date}, one came before` },
    batchSize: SESSIONS_PER_BATCH,
    write: (sessions) => deps.exchangeSessions.write(sessions, { mic, source }),
  });
  return runImport(deps, {
    kind: 'SESSIONS',
    file,
    source,
    reader,
    settle: async () => undefined,
    onProgress: order.onProgress,
  });
}
