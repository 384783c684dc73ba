/** Reads positions, their lots and their events. */

import type { Fragment, Sql } from 'postgres';
import type { BusinessDate } from '#kernel/business-date';
import type { PageRequest } from '#platform/connection';
import { invariant } from '#platform/errors';
import { foldAsOf } from '../domain/fold.ts';
import type { Position } from '../domain/position.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { TaxLot } from '../domain/tax-lot.ts';
import { eventColumns, type EventRow, type RecordedEvent, recordedEventOf } from './event-codec.ts';
import { eventsAfter } from './event-rows.ts';
import {
  type PositionSummary,
  type SnapshotRow,
  summaryColumns,
  summaryOf,
} from './snapshot-codec.ts';
import { loadStored } from './stored-positions.ts';

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
      const newest = await loadStored(
        sql,
        refs.map(({ key }) => key.text),
      );
      return Promise.all(
        refs.map(async ({ key, version }) => {
          const row = newest.get(key.text);
          if (row?.position.version === version) return row.position.lots;
          return (await replay(sql, key, { version })).position.lots;
        }),
      );
    },

    replay: (key: PositionKey, bound: ReplayBound) => replay(sql, key, bound),

    /** In version order; one more than asked when there is a next page. */
    async events(key: PositionKey, page: PageRequest): Promise<readonly RecordedEvent[]> {
      return eventsAfter(sql, key, {
        after: Number(page.after?.[0] ?? '0'),
        limit: page.first + 1,
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

function textIs(sql: Sql, column: string, value: string | null | undefined): Fragment {
  return value === null || value === undefined ? sql`` : sql`and ${sql(column)} = ${value}`;
}

export interface Replayed {
  readonly position: Position;
  /** Of the last event counted; null when none was. */
  readonly lastRecordedAtMs: number | null;
}

/** The position that follows from what was known by then, and counted by that day. */
async function replay(sql: Sql, key: PositionKey, bound: ReplayBound): Promise<Replayed> {
  const { version: lastVersion, effectiveAt, knownAtMs } = bound;
  const known = (await allEvents(sql, key)).filter(
    ({ version, recordedAtMs }) =>
      (lastVersion === undefined || version <= lastVersion) &&
      (knownAtMs === undefined || recordedAtMs <= knownAtMs),
  );
  return {
    position: foldAsOf(known, { effectiveAt: effectiveAt ?? null }),
    lastRecordedAtMs: known.at(-1)?.recordedAtMs ?? null,
  };
}

async function allEvents(sql: Sql, key: PositionKey): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (;;) {
    const after = events.length;
    const page = await eventsAfter(sql, key, { after, limit: REPLAY_PAGE_SIZE });
    page.forEach(({ version }, index) => {
      invariant(version === after + index + 1, `events of ${key.text} have no gaps`);
    });
    events.push(...page);
    if (page.length < REPLAY_PAGE_SIZE) return events;
  }
}
