/** Backtests in Postgres: the queue that runners take from, and the results. */

import type { Sql } from 'postgres';
import { weight } from '#kernel/money';
import type { PageRequest } from '#platform/connection';
import { instantOf } from '#platform/instant-column';
import type { BacktestDocument } from '../domain/backtest-document.ts';
import {
  BACKTEST_STATUSES,
  type BacktestJob,
  type BacktestStatus,
  followed,
} from '../domain/backtest-job.ts';
import type { BacktestParams } from '../domain/backtest-params.ts';
import { WEIGHTING_SCHEMES } from '../domain/weighting-schemes.ts';
import { known } from './basket-rows.ts';
import { backtestParamsOf } from './fact-json-composition.ts';
import { weighingOf } from './fact-json-fields.ts';

export interface BacktestRow {
  readonly id: string;
  readonly basketId: string;
  readonly versionNumber: number;
  readonly versionHash: string;
  readonly params: BacktestParams;
  /** Null until the prices were read. */
  readonly inputsHash: string | null;
  readonly status: BacktestStatus;
  readonly progress: number;
  readonly error: string | null;
  readonly sameAs: string | null;
  readonly supersededBecause: string | null;
  readonly requestedBy: string;
  readonly queuedAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
}

/** A backtest taken in hand; with a hash when a former runner died just before it told of it. */
export interface ClaimedBacktest {
  readonly job: BacktestJob;
  readonly inputsHash: string | null;
}

export interface KeptResult {
  /** JSON in UTF-8. */
  readonly report: Uint8Array;
  readonly weights: Uint8Array;
}

/** A runner that has not said a word for so long is taken for dead. */
export const RUNNER_SILENT_AFTER_MS = 5_000;

export type BacktestRepository = ReturnType<typeof createBacktestRepository>;

export function createBacktestRepository(sql: Sql) {
  return {
    ...queueOf(sql),
    ...resultsOf(sql),
    ...suspectsOf(sql),

    async byId(id: string): Promise<BacktestRow | null> {
      const [row] = await sql<StoredRow[]>`
        select ${columns(sql)} from baskets.backtest where backtest_id = ${id}`;
      return row ? backtestRowOf(row) : null;
    },

    /** Newest first; one more than asked for when there is another page. */
    async page(basketId: string, { first, after }: PageRequest): Promise<readonly BacktestRow[]> {
      const [queuedAt = null, id = null] = after ?? [];
      const rows = await sql<StoredRow[]>`
        select ${columns(sql)} from baskets.backtest
        where basket_id = ${basketId} and (${queuedAt}::text is null
          or (queued_at, backtest_id) < (${queuedAt}::text::timestamptz, ${id}::text))
        order by queued_at desc, backtest_id desc
        limit ${first + 1}`;
      return rows.map(backtestRowOf);
    },
  };
}

function queueOf(sql: Sql) {
  return {
    /** The one that waits longest, or whose runner is dead. */
    async claim(runner: string): Promise<ClaimedBacktest | undefined> {
      const [row] = await sql<ClaimedRow[]>`
        with taken as (
          update baskets.backtest set status = 'RUNNING', runner = ${runner},
            started_at = coalesce(started_at, clock_timestamp()),
            heartbeat_at = clock_timestamp()
          where backtest_id = (
            select backtest_id from baskets.backtest
            where status = 'QUEUED' or (status = 'RUNNING' and heartbeat_at
              < clock_timestamp() - make_interval(secs => ${RUNNER_SILENT_AFTER_MS / 1_000}))
            order by queued_at limit 1 for update skip locked)
          returning *)
        select t.backtest_id as "backtestId", b.code, b.currency, t.params, v.weighting, v.weighing,
          t.version_hash as "versionHash", t.inputs_hash as "inputsHash",
          array(select c.symbol from baskets.constituent c
            where c.basket_id = t.basket_id and c.version_number = t.version_number
            order by c.symbol) as symbols,
          array(select c.weight::text from baskets.constituent c
            where c.basket_id = t.basket_id and c.version_number = t.version_number
            order by c.symbol) as weights
        from taken t join baskets.basket b using (basket_id) ${itsVersion(sql)}`;
      return row && claimedOf(row);
    },

    /** False when it is no longer this runner's: cancelled, out of time, or taken over. */
    async beat(id: string, runner: string, progress: number): Promise<boolean> {
      const { count } = await sql`
        update baskets.backtest
        set heartbeat_at = clock_timestamp(), progress = greatest(progress, ${progress})
        where backtest_id = ${id} and runner = ${runner} and status = 'RUNNING'`;
      return count > 0;
    },

    /** Back to the queue, for another try. */
    async release(id: string, runner: string): Promise<void> {
      await sql`
        update baskets.backtest set status = 'QUEUED', runner = null
        where backtest_id = ${id} and runner = ${runner} and status = 'RUNNING'`;
    },

    /** Nobody waits for it: the basket has gone on. Ended by the basket, it stays as that said. */
    async abandon(id: string): Promise<void> {
      await sql`
        update baskets.backtest set status = 'CANCELED', ended_at = clock_timestamp()
        where backtest_id = ${id} and status in ('QUEUED', 'RUNNING')`;
    },

    /** What it was computed from; still RUNNING until the basket has heard of it. */
    async noteInputs(
      id: string,
      { inputsHash, snapshot }: { readonly inputsHash: string; readonly snapshot: string },
    ): Promise<void> {
      await sql`
        update baskets.backtest set inputs_hash = ${inputsHash}, data_snapshot = ${snapshot},
          progress = 1, heartbeat_at = clock_timestamp(), same_as = (
            select earlier.backtest_id from baskets.backtest earlier
            where earlier.inputs_hash = ${inputsHash} and earlier.backtest_id <> ${id}
              and earlier.same_as is null and earlier.status in ('COMPLETED', 'SUPERSEDED')
            order by earlier.queued_at limit 1)
        where backtest_id = ${id} and status = 'RUNNING'`;
    },
  };
}

function resultsOf(sql: Sql) {
  return {
    async hasResult(inputsHash: string): Promise<boolean> {
      const rows = await sql`
        select from baskets.backtest_result where inputs_hash = ${inputsHash}`;
      return rows.length > 0;
    },

    /** The first result stays: another one of equal inputs is the same. */
    async keepResult(inputsHash: string, { report, weights }: KeptResult): Promise<void> {
      await sql`
        insert into baskets.backtest_result (inputs_hash, report, weights, computed_at)
        values (${inputsHash}, ${Buffer.from(report)}, ${Buffer.from(weights)}, clock_timestamp())
        on conflict do nothing`;
    },

    /** By inputs hash. */
    async documents(hashes: readonly string[]): Promise<ReadonlyMap<string, BacktestDocument>> {
      const rows = await sql<{ hash: string; report: Buffer }[]>`
        select inputs_hash as hash, report from baskets.backtest_result
        where inputs_hash = any(${[...hashes]}::text[])`;
      return new Map(rows.map(({ hash, report }) => [hash, parseDocument(report)]));
    },

    /** A part of the weights: of a 15 year history of 500 names there are two megabytes. */
    async weights(
      inputsHash: string,
      { fromByte, bytes }: { readonly fromByte: number; readonly bytes: number },
    ): Promise<Uint8Array> {
      const [row] = await sql<{ part: Buffer }[]>`
        select substring(weights from ${fromByte + 1}::int for ${bytes}::int) as part
        from baskets.backtest_result where inputs_hash = ${inputsHash}`;
      return row?.part ?? new Uint8Array();
    },

    async snapshotOf(marker: string): Promise<string | undefined> {
      const [row] = await sql<{ snapshot: string }[]>`
        select snapshot from baskets.data_snapshot where marker = ${marker}`;
      return row?.snapshot;
    },

    async noteSnapshot(marker: string, snapshot: string): Promise<void> {
      await sql`
        insert into baskets.data_snapshot (marker, snapshot, noted_at)
        values (${marker}, ${snapshot}, clock_timestamp()) on conflict do nothing`;
    },
  };
}

/** A result of prices that were written to since they were read. */
export interface SuspectResult {
  readonly job: BacktestJob;
  readonly inputsHash: string;
  readonly snapshot: string;
  readonly changed: {
    readonly symbols: readonly string[];
    readonly from: string;
    readonly to: string;
  };
}

const MAX_CHANGED_SYMBOLS = 10;
/** A statement that was begun before the prices were read may have been committed after. */
const LONGEST_WRITE_S = 60;

function suspectsOf(sql: Sql) {
  return {
    /** Differs once bars were written; with `results`, once there is a result more, too. */
    async changeState(): Promise<{ readonly bars: string; readonly results: string }> {
      const [row] = await sql<{ bars: string; results: string }[]>`
        select (select count(*) || ' to ' || coalesce(max(number), 0)
            from published.bar_changes) as bars,
          (select count(*)::text from baskets.backtest where status = 'COMPLETED') as results`;
      return row ?? { bars: '', results: '' };
    },

    /** One backtest of each result, the newest first. */
    async suspects(limit: number): Promise<readonly SuspectResult[]> {
      const rows = await sql<(ClaimedRow & { inputsHash: string } & ChangeRow)[]>`
        with results as (
          select distinct on (inputs_hash) * from baskets.backtest
          where status = 'COMPLETED' and started_at < clock_timestamp()
            and exists (select from published.bar_changes c
              where c.recorded_at > started_at - make_interval(secs => ${LONGEST_WRITE_S})
                and c.first_date <= to_date and c.last_date >= from_date)
          order by inputs_hash, queued_at
        )
        select t.backtest_id as "backtestId", b.code, b.currency, t.params, v.weighting, v.weighing,
          t.version_hash as "versionHash", t.inputs_hash as "inputsHash",
          t.data_snapshot as snapshot, names.symbols, names.weights,
          changed.symbols as "changedSymbols", changed.from_date::text as "changedFrom",
          changed.to_date::text as "changedTo"
        from results t join baskets.basket b using (basket_id) ${itsVersion(sql)}
        cross join lateral (
          select array_agg(c.symbol order by c.symbol) as symbols,
            array_agg(c.weight::text order by c.symbol) as weights
          from baskets.constituent c
          where c.basket_id = t.basket_id and c.version_number = t.version_number) names
        cross join lateral (
          select (array_agg(distinct s.symbol order by s.symbol))[1:${MAX_CHANGED_SYMBOLS}::int]
              as symbols,
            greatest(coalesce(min(c.first_date) filter (where c.recorded_at > t.started_at),
              min(c.first_date)), t.from_date) as from_date,
            least(coalesce(max(c.last_date) filter (where c.recorded_at > t.started_at),
              max(c.last_date)), t.to_date) as to_date
          from published.bar_changes c
          join published.daily_series s on s.series_id = any(c.series_ids)
          where c.recorded_at > t.started_at - make_interval(secs => ${LONGEST_WRITE_S})
            and c.first_date <= t.to_date and c.last_date >= t.from_date
            and (s.symbol = any(names.symbols) or s.symbol = t.params ->> 'benchmarkSymbol')
        ) changed
        where changed.symbols is not null
        order by t.queued_at desc limit ${limit}`;
      return rows.map(({ snapshot, changedSymbols, changedFrom, changedTo, ...row }) => ({
        ...claimedOf(row),
        inputsHash: row.inputsHash,
        snapshot,
        changed: { symbols: changedSymbols, from: changedFrom, to: changedTo },
      }));
    },

    /** All backtests that share the result; answers with their ids. */
    async supersede(inputsHash: string, because: string): Promise<readonly string[]> {
      const rows = await sql<{ id: string }[]>`
        update baskets.backtest set status = 'SUPERSEDED', superseded_because = ${because}
        where inputs_hash = ${inputsHash} and status = 'COMPLETED' returning backtest_id as id`;
      return rows.map(({ id }) => id);
    },
  };
}

/** The version `v` that backtest `t` is of. */
const itsVersion = (sql: Sql) => sql`
  join baskets.basket_version v on v.basket_id = t.basket_id and v.number = t.version_number`;

interface ChangeRow {
  readonly snapshot: string;
  readonly changedSymbols: readonly string[];
  readonly changedFrom: string;
  readonly changedTo: string;
}

/** Only we write these rows, under a hash that names the version of what writes them. */
function parseDocument(report: Buffer): BacktestDocument {
  return JSON.parse(report.toString('utf8')) as BacktestDocument;
}

interface StoredRow {
  readonly id: string;
  readonly basketId: string;
  readonly versionNumber: number;
  readonly versionHash: string;
  readonly params: unknown;
  readonly inputsHash: string | null;
  readonly status: string;
  readonly progress: number;
  readonly error: string | null;
  readonly sameAs: string | null;
  readonly supersededBecause: string | null;
  readonly requestedBy: string;
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

const columns = (sql: Sql) => sql`
  backtest_id as id, basket_id as "basketId", version_number as "versionNumber",
  version_hash as "versionHash", params, inputs_hash as "inputsHash", status, progress, error,
  same_as as "sameAs", superseded_because as "supersededBecause", requested_by as "requestedBy",
  queued_at::text as "queuedAt", started_at::text as "startedAt", ended_at::text as "endedAt"`;

function backtestRowOf({ queuedAt, startedAt, endedAt, ...row }: StoredRow): BacktestRow {
  return {
    ...row,
    params: backtestParamsOf(row.params),
    status: statusOf(row.status),
    queuedAtMs: instantOf(queuedAt),
    startedAtMs: startedAt === null ? null : instantOf(startedAt),
    endedAtMs: endedAt === null ? null : instantOf(endedAt),
  };
}

function statusOf(text: string): BacktestStatus {
  const status = BACKTEST_STATUSES.find((each) => each === text);
  if (status === undefined) throw new RangeError(`expected the status of a backtest, was ${text}`);
  return status;
}

interface ClaimedRow {
  readonly backtestId: string;
  readonly code: string;
  readonly currency: string;
  readonly versionHash: string;
  readonly params: unknown;
  readonly inputsHash: string | null;
  readonly symbols: readonly string[];
  readonly weights: readonly string[];
  readonly weighting: string;
  readonly weighing: unknown;
}

function claimedOf(claimed: ClaimedRow): ClaimedBacktest {
  const { symbols, weights, inputsHash, params, weighting, weighing, ...row } = claimed;
  const names = symbols.map((symbol, index) => ({
    symbol,
    weight: weight(BigInt(weights[index] ?? '0')),
  }));
  const version = {
    weighting: known(WEIGHTING_SCHEMES, weighting),
    weighing: weighingOf(weighing),
  };
  const job = { ...row, params: backtestParamsOf(params), ...followed(version, names) };
  return { job, inputsHash };
}
