/** Reads positions, their lots and their events. */

import type { Fragment, Sql } from 'postgres';
import type { BusinessDate } from '#kernel/business-date';
import type { PageRequest } from '#platform/connection';
import { invariant } from '#platform/errors';
import { instantText } from '#platform/instant-column';
import { initialPosition, type Position } from '../domain/position.ts';
import { evolve } from '../domain/position-decider.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { TaxLot } from '../domain/tax-lot.ts';
import { type EventRow, type RecordedEvent, recordedEventOf } from './event-codec.ts';
import { lotsOf, type PositionSummary, type SnapshotRow, summaryOf } from './snapshot-codec.ts';

/** Null or left out: no condition. */
export interface PositionFilter {
  readonly bookId?: string | null | undefined;
  readonly accountId?: string | null | undefined;
  readonly symbol?: string | null | undefined;
  readonly contractId?: string | null | undefined;
  readonly status?: string | null | undefined;
}

/** Up to which events a position is folded. Left out: all of them. */
export interface ReplayBound {
  readonly version?: number;
  /** Counted on this business date. */
  readonly effectiveAt?: BusinessDate;
  /** Known at this instant. */
  readonly knownAtMs?: number;
}

export interface EventRef {
  readonly key: PositionKey;
  readonly version: number;
}

/** Events read at once while replaying: the memory it takes does not grow with the history. */
export const REPLAY_PAGE_SIZE = 2_000;

export type PositionRepository = ReturnType<typeof createPositionRepository>;

export function createPositionRepository(sql: Sql) {
  return {
    async byKeys(keys: readonly string[]): Promise<ReadonlyMap<string, PositionSummary>> {
      const rows = await sql<SnapshotRow[]>`
        select ${summaryColumns(sql)} from positions.snapshot_store
        where position_key = any(${[...keys]}::text[])`;
      return new Map(rows.map((row) => [row.position_key, summaryOf(row)]));
    },

    /** In order of key; one more than asked when there is a next page. */
    async list(filter: PositionFilter, page: PageRequest): Promise<readonly PositionSummary[]> {
      const rows = await sql<SnapshotRow[]>`
        select ${summaryColumns(sql)} from positions.snapshot_store
        where position_key > ${page.after?.[0] ?? ''}
          ${textIs(sql, 'book_id', filter.bookId?.toUpperCase())}
          ${textIs(sql, 'account_id', filter.accountId?.toUpperCase())}
          ${textIs(sql, 'symbol', filter.symbol?.toUpperCase())}
          ${textIs(sql, 'contract_id', filter.contractId?.toUpperCase())}
          ${textIs(sql, 'reconciliation_status', filter.status)}
        order by position_key limit ${page.first + 1}`;
      return rows.map(summaryOf);
    },

    /** Open lots after the event of that version, in order of opening; in the order asked. */
    async lotsOf(refs: readonly EventRef[]): Promise<readonly (readonly TaxLot[])[]> {
      const rows = await sql<{ position_key: string; last_ver: number; lots: unknown }[]>`
        select position_key, last_ver, lots from positions.snapshot_store
        where position_key = any(${refs.map(({ key }) => key.text)}::text[])`;
      const newest = new Map(rows.map((row) => [row.position_key, row]));
      return Promise.all(
        refs.map(async ({ key, version }) => {
          const row = newest.get(key.text);
          if (row?.last_ver === version) return lotsOf(row.lots);
          return (await replay(sql, key, { version })).position.lots;
        }),
      );
    },

    replay: (key: PositionKey, bound: ReplayBound) => replay(sql, key, bound),

    /** In version order; one more than asked when there is a next page. */
    async events(key: PositionKey, page: PageRequest): Promise<readonly RecordedEvent[]> {
      return readEvents(sql, key, {
        after: Number(page.after?.[0] ?? '0'),
        limit: page.first + 1,
        bound: {},
      });
    },

    /** In the order asked; undefined where there is none. */
    async eventsOf(refs: readonly EventRef[]): Promise<readonly (RecordedEvent | undefined)[]> {
      const rows = await sql<(EventRow & { readonly position_key: string })[]>`
        select ${eventColumns(sql)} from positions.event_store join unnest(
          ${refs.map(({ key }) => key.text)}::text[],
          ${refs.map(({ version }) => String(version))}::text[]::int[]
        ) as wanted (position_key, event_ver) using (position_key, event_ver)`;
      const found = new Map(rows.map((row) => [`${row.position_key} ${row.event_ver}`, row]));
      return refs.map(({ key, version }) => {
        const row = found.get(`${key.text} ${version}`);
        return row && recordedEventOf(row, key);
      });
    },
  };
}

/** All that readers need but the lots. */
export function summaryColumns(sql: Sql): Fragment {
  return sql`position_key, book_id, account_id, contract_id, instrument_id, symbol, currency,
    last_ver, quantity, cost_basis, realized_pnl, lot_count, relief_method, reconciliation_status,
    pending_backdated, last_effective_date, last_recorded_at::text`;
}

/** Instants as text: what the driver makes of them depends on who else uses the pool. */
function eventColumns(sql: Sql): Fragment {
  return sql`position_key, event_ver, event_type, effective_date, recorded_at::text,
    executed_at::text, trade_id, uti, side, quantity, price, fees, payload, meta_lots,
    correlation_id, causation_id, user_id, source`;
}

function textIs(sql: Sql, column: string, value: string | null | undefined): Fragment {
  return value === null || value === undefined ? sql`` : sql`and ${sql(column)} = ${value}`;
}

export interface Replayed {
  readonly position: Position;
  /** Of the last event counted; null when none was. */
  readonly lastRecordedAtMs: number | null;
}

/**
 * Folds the events from the first. Current-dated events only grow in effective date and in time of
 * recording, so what counted on a day, or was known at an instant, is always a beginning of them.
 */
async function replay(sql: Sql, key: PositionKey, bound: ReplayBound): Promise<Replayed> {
  let position = initialPosition;
  let lastRecordedAtMs: number | null = null;
  for (;;) {
    const page = await readEvents(sql, key, {
      after: position.version,
      limit: REPLAY_PAGE_SIZE,
      bound,
    });
    for (const { event, version, recordedAtMs } of page) {
      invariant(version === position.version + 1, `events of ${key.text} have no gaps`);
      position = evolve(position, event);
      lastRecordedAtMs = recordedAtMs;
    }
    if (page.length < REPLAY_PAGE_SIZE) return { position, lastRecordedAtMs };
  }
}

async function readEvents(
  sql: Sql,
  key: PositionKey,
  { after, limit, bound }: { after: number; limit: number; bound: ReplayBound },
): Promise<readonly RecordedEvent[]> {
  const { version, effectiveAt, knownAtMs } = bound;
  const rows = await sql<EventRow[]>`
    select ${eventColumns(sql)} from positions.event_store
    where position_key = ${key.text} and event_ver > ${after}
      ${version === undefined ? sql`` : sql`and event_ver <= ${version}`}
      ${effectiveAt === undefined ? sql`` : sql`and effective_date <= ${effectiveAt}`}
      ${knownAtMs === undefined ? sql`` : sql`and recorded_at < ${endOf(knownAtMs)}`}
    order by event_ver limit ${limit}`;
  return rows.map((row) => recordedEventOf(row, key));
}

/** Instants arrive in milliseconds and events are finer: all of the millisecond counts. */
function endOf(instantMs: number): string {
  return instantText(instantMs + 1);
}
