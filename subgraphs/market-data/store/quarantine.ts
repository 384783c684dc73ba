/** Ticks that a rule held back, for people to look at. */

import type { Sql } from 'postgres';
import type { PageRequest } from '#platform/connection';
import { PlatformError } from '#platform/errors';
import { instantOf, instantText } from '#platform/instant-column';
import type { InstrumentSymbol } from '../domain/instrument.ts';
import { type QuarantineStatus, TICK_RULES, type TickRule } from '../domain/tick.ts';

export interface QuarantinedTickRow {
  readonly id: string;
  readonly symbol: string;
  readonly price: bigint;
  readonly bid: bigint | null;
  readonly ask: bigint | null;
  readonly eventTimeMs: number;
  readonly receivedAtMs: number;
  readonly source: string;
  readonly sourceSequence: string | null;
  readonly rule: TickRule;
  readonly reason: string;
  readonly status: QuarantineStatus;
}

export type QuarantineRepository = ReturnType<typeof createQuarantineRepository>;

export function createQuarantineRepository(sql: Sql) {
  return {
    /** Newest first; one more than asked when there is a next page. */
    async list(
      symbol: InstrumentSymbol | null,
      page: PageRequest,
    ): Promise<readonly QuarantinedTickRow[]> {
      const rows = await sql<StoredRow[]>`
        select quarantine_id, symbol, price, bid, ask, event_time::text, received_at::text,
          source, source_sequence, rule, reason, status
        from market_data.quarantined_tick q
        where true
          ${symbol === null ? sql`` : sql`and symbol = ${symbol}`}
          ${page.after === undefined ? sql`` : olderThan(sql, page.after)}
        order by q.received_at desc, quarantine_id desc
        limit ${page.first + 1}`;
      return rows.map(quarantinedTickOf);
    },
  };
}

/** The cursor key of a row: milliseconds and id, as the list is ordered. */
export function quarantineKey(row: QuarantinedTickRow): readonly string[] {
  return [`${row.receivedAtMs}`, row.id];
}

function olderThan(sql: Sql, [receivedAtMs = '', id = '']: readonly string[]) {
  if (!/^\d{1,15}$/.test(receivedAtMs)) {
    throw new PlatformError('BAD_USER_INPUT', 'after: expected a cursor of this list');
  }
  const at = instantText(Number(receivedAtMs));
  return sql`and (q.received_at, quarantine_id) < (${at}::timestamptz, ${id})`;
}

interface StoredRow {
  readonly quarantine_id: string;
  readonly symbol: string;
  readonly price: bigint;
  readonly bid: bigint | null;
  readonly ask: bigint | null;
  readonly event_time: string;
  readonly received_at: string;
  readonly source: string;
  readonly source_sequence: string | null;
  readonly rule: string;
  readonly reason: string;
  readonly status: string;
}

const STATUSES: readonly QuarantineStatus[] = ['HELD', 'CONFIRMED', 'DISCARDED'];

function quarantinedTickOf(row: StoredRow): QuarantinedTickRow {
  return {
    id: row.quarantine_id,
    symbol: row.symbol,
    price: row.price,
    bid: row.bid,
    ask: row.ask,
    eventTimeMs: instantOf(row.event_time),
    receivedAtMs: instantOf(row.received_at),
    source: row.source,
    sourceSequence: row.source_sequence,
    rule: TICK_RULES.find((each) => each === row.rule) ?? 'SCHEMA',
    reason: row.reason,
    status: STATUSES.find((each) => each === row.status) ?? 'HELD',
  };
}
