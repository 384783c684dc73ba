/** Reads positions, their lots and their events. */

import type { Fragment, Sql } from 'postgres';
import type { PageRequest } from '#platform/connection';
import { invariant } from '#platform/errors';
import { foldAsOf } from '../domain/fold.ts';
import type { Position } from '../domain/position.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { TaxLot } from '../domain/tax-lot.ts';
import { eventColumns, type EventRow, type RecordedEvent, recordedEventOf } from './event-codec.ts';
import { eventsAfter } from './event-rows.ts';
import { createKnownHistory } from './known-history.ts';
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

export interface EventRef {
  readonly key: PositionKey;
  readonly version: number;
}

/** Events read at once while replaying. */
const REPLAY_PAGE_SIZE = 2_000;

export type PositionRepository = ReturnType<typeof createPositionRepository>;

export function createPositionRepository(sql: Sql) {
  const history = createKnownHistory(sql);
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
          const stored = newest.get(key.text)?.position;
          if (stored?.version === version) return stored.lots;
          const asked = { upTo: version, knownAtMs: null, effectiveAt: null };
          const { from, events } = await history.load(key, asked);
          return foldAsOf(events, { from }).lots;
        }),
      );
    },

    replay: (key: PositionKey) => replay(sql, key),

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
        select found.* from unnest(
          ${refs.map(({ key }) => key.text)}::text[],
          ${refs.map(({ version }) => String(version))}::text[]::int[]
        ) as asked (key, version) cross join lateral (
          select ${eventColumns(sql)} from positions.event_store
          where position_key = asked.key and event_ver = asked.version offset 0) found`;
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
  /** Of the last event; null when there is none. */
  readonly lastRecordedAtMs: number | null;
}

/** The position that follows from all of its events, from the first one on. */
async function replay(sql: Sql, key: PositionKey): Promise<Replayed> {
  const known = await allEvents(sql, key);
  const lastRecordedAtMs = known.at(-1)?.recordedAtMs ?? null;
  return { position: foldAsOf(known), lastRecordedAtMs };
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
