/**
 * Imports in Postgres. A running import holds an advisory lock of its own session, so that an
 * import whose process died is told from one that is still at work, on any machine, at once.
 */

import type { Sql } from 'postgres';
import type { PageRequest } from '#platform/connection';
import { invariant } from '#platform/errors';
import { instantOf, instantText } from '#platform/instant-column';
import {
  IMPORT_KINDS,
  IMPORT_STATUSES,
  type ImportFault,
  type ImportKind,
  type ImportRun,
  type ImportStatus,
  type ImportTally,
} from '../domain/import-run.ts';

/** Class of the advisory locks; the run's number is the rest of the key. */
const IMPORT_LOCK = 5_310_004;

const DIED = 'The process ended before the import did: run it again to go on.';

export interface NewImportRun {
  readonly kind: ImportKind;
  readonly fileName: string;
  readonly source: string;
  readonly startedAtMs: number;
}

export interface ImportEnd {
  readonly finishedAtMs: number;
  /** Null when it was read to the end. */
  readonly failure: string | null;
}

export interface RunningImport {
  readonly runId: number;
  report(tally: ImportTally): Promise<void>;
  end(tally: ImportTally, end: ImportEnd): Promise<ImportRun>;
}

export type ImportRunRepository = ReturnType<typeof createImportRunRepository>;

export function createImportRunRepository(sql: Sql) {
  return {
    /** Takes a connection of the pool until `end`. */
    async start(run: NewImportRun): Promise<RunningImport> {
      const session = await sql.reserve();
      try {
        const runId = await insertLocked(session, run);
        return runningImport(sql, { runId, session });
      } catch (error) {
        session.release();
        throw error;
      }
    },

    /** Newest first; one more than asked when there is a next page. */
    async list(page: PageRequest): Promise<readonly ImportRun[]> {
      const [runId] = page.after ?? [];
      const rows = await sql<ImportRow[]>`
        select * from market_data.import_run
        where ${runId ?? null}::int is null or run_id < ${runId ?? null}::int
        order by run_id desc limit ${page.first + 1}`;
      return rows.map(importRunOf);
    },

    /** How the imports of these files ended, or that they run; no entry for one never begun. */
    async statusesOf(
      fileNames: readonly string[],
    ): Promise<ReadonlyMap<string, readonly ImportStatus[]>> {
      const rows = await sql<{ file_name: string; statuses: ImportStatus[] }[]>`
        select file_name, array_agg(distinct status) as statuses from market_data.import_run
        where file_name = any(${[...fileNames]}::text[])
        group by file_name`;
      return new Map(rows.map((row) => [row.file_name, row.statuses]));
    },

    /** Marks as failed what is running according to its row and to nobody else; says how many. */
    async failAbandoned(nowMs: number): Promise<number> {
      const abandoned = await sql`
        update market_data.import_run
        set status = 'FAILED', failure = ${DIED}, finished_at = ${instantText(nowMs)}
        where status = 'RUNNING' and pg_try_advisory_xact_lock(${IMPORT_LOCK}, run_id)`;
      return abandoned.count;
    },
  };
}

/** Nobody sees the row before the lock is held. */
async function insertLocked(session: Sql, run: NewImportRun): Promise<number> {
  await session`begin`;
  const [row] = await session<{ run_id: number }[]>`
    insert into market_data.import_run (kind, file_name, source, status, started_at)
    values (${run.kind}, ${run.fileName}, ${run.source}, 'RUNNING',
      ${instantText(run.startedAtMs)})
    returning run_id`;
  invariant(row, 'insert returns the row');
  await session`select pg_advisory_lock(${IMPORT_LOCK}, ${row.run_id})`;
  await session`commit`;
  return row.run_id;
}

function runningImport(
  sql: Sql,
  { runId, session }: { runId: number; session: Awaited<ReturnType<Sql['reserve']>> },
): RunningImport {
  return {
    runId,
    async report(tally) {
      await sql`
        update market_data.import_run
        set rows_read = ${tally.rowsRead}, values_stored = ${tally.valuesStored},
          values_unchanged = ${tally.valuesUnchanged}, fault_count = ${tally.faultCount},
          faults = ${JSON.stringify(tally.faults)}::text::jsonb
        where run_id = ${runId}`;
    },

    async end(tally, { finishedAtMs, failure }) {
      try {
        await this.report(tally);
        const [row] = await sql<ImportRow[]>`
          update market_data.import_run
          set status = ${failure === null ? 'COMPLETED' : 'FAILED'}, failure = ${failure},
            finished_at = ${instantText(finishedAtMs)}
          where run_id = ${runId} returning *`;
        invariant(row, `import run ${runId} is still there`);
        return importRunOf(row);
      } finally {
        await session`select pg_advisory_unlock(${IMPORT_LOCK}, ${runId})`.catch(() => undefined);
        session.release();
      }
    },
  };
}

interface ImportRow {
  readonly run_id: number;
  readonly kind: string;
  readonly file_name: string;
  readonly source: string;
  readonly status: string;
  readonly rows_read: number;
  readonly values_stored: number;
  readonly values_unchanged: number;
  readonly fault_count: number;
  /** Written by `report` only. */
  readonly faults: readonly ImportFault[];
  readonly failure: string | null;
  readonly started_at: string;
  readonly finished_at: string | null;
}

function importRunOf(row: ImportRow): ImportRun {
  const kind = IMPORT_KINDS.find((each) => each === row.kind);
  const status = IMPORT_STATUSES.find((each) => each === row.status);
  invariant(kind && status, `import run ${row.run_id} has a known kind and status`);
  return {
    runId: row.run_id,
    kind,
    fileName: row.file_name,
    source: row.source,
    status,
    rowsRead: row.rows_read,
    valuesStored: row.values_stored,
    valuesUnchanged: row.values_unchanged,
    faultCount: row.fault_count,
    faults: row.faults,
    failure: row.failure,
    startedAtMs: instantOf(row.started_at),
    finishedAtMs: row.finished_at === null ? null : instantOf(row.finished_at),
  };
}
