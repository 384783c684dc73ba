/** The statements of one write of ticks; each takes its rows as arrays. */

import type { TransactionSql } from 'postgres';
import type { InstrumentId } from '../domain/instrument.ts';
import type { StoredTick } from '../domain/stored-tick.ts';
import type { HeldTick, QuarantineStatus } from '../domain/tick.ts';
import { bigints, instants, texts } from './array-literal.ts';

export interface HeldRow {
  readonly id: string;
  readonly instrumentId: InstrumentId;
  readonly held: HeldTick;
}

/** The end of a held tick. */
export interface HeldEnd {
  readonly id: string;
  readonly status: Exclude<QuarantineStatus, 'HELD'>;
  readonly atMs: number;
}

type Ticks = readonly StoredTick[];

export async function insertTicks(sql: TransactionSql, ticks: Ticks): Promise<void> {
  const column = <T>(pick: (row: StoredTick) => T): T[] => ticks.map(pick);
  await sql`
    insert into market_data.tick
      (instrument_id, event_time, sequence, price, bid, ask, size, quality, received_at, source,
       source_sequence, recorded_event_time, flags, supersedes)
    select * from unnest(
      ${texts(column((row) => row.instrumentId))}::text::text[],
      ${instants(column((row) => row.tick.eventTimeMs))}::text::timestamptz[],
      ${bigints(column((row) => row.sequence))}::text::bigint[],
      ${bigints(column((row) => row.tick.price))}::text::bigint[],
      ${bigints(column((row) => row.tick.bid))}::text::bigint[],
      ${bigints(column((row) => row.tick.ask))}::text::bigint[],
      ${bigints(column((row) => row.tick.size))}::text::bigint[],
      ${texts(column((row) => row.tick.quality))}::text::text[],
      ${instants(column((row) => row.tick.receivedAtMs))}::text::timestamptz[],
      ${texts(column((row) => row.tick.source))}::text::text[],
      ${texts(column((row) => row.tick.sourceSequence))}::text::text[],
      ${instants(column((row) => row.tick.recordedEventTimeMs))}::text::timestamptz[],
      ${texts(column((row) => row.tick.flags.join(' ')))}::text::text[],
      ${bigints(column((row) => row.supersedes))}::text::bigint[]
    )
    on conflict do nothing`;
}

interface SourceRow {
  readonly id: InstrumentId;
  readonly source: string;
  readonly sequence: bigint;
  /** The stored number does not count any more, although it is the larger one. */
  readonly startsAnew: boolean;
}

export async function moveSources(sql: TransactionSql, ticks: Ticks): Promise<void> {
  const newest = new Map<string, SourceRow>();
  for (const { instrumentId: id, tick } of ticks) {
    if (tick.sourceSequence === null) continue;
    const key = `${id} ${tick.source}`;
    const sequence = BigInt(tick.sourceSequence);
    const before = newest.get(key);
    const restarts = tick.flags.includes('SEQUENCE_RESTARTED');
    if (before === undefined || restarts || before.sequence < sequence) {
      const startsAnew = restarts || before?.startsAnew === true;
      newest.set(key, { id, source: tick.source, sequence, startsAnew });
    }
  }
  // One order for all writers, so that two never wait for each other.
  const rows = [...newest.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  if (rows.length === 0) return;
  const anew = rows.filter(({ startsAnew }) => startsAnew);
  if (anew.length > 0) {
    await sql`
      delete from market_data.source_position
      where (instrument_id, source) in (select * from unnest(
        ${texts(anew.map((row) => row.id))}::text::text[],
        ${texts(anew.map((row) => row.source))}::text::text[]))`;
  }
  await sql`
    insert into market_data.source_position as p (instrument_id, source, last_sequence)
    select * from unnest(
      ${texts(rows.map((row) => row.id))}::text::text[],
      ${texts(rows.map((row) => row.source))}::text::text[],
      ${bigints(rows.map((row) => row.sequence))}::text::numeric[]
    )
    on conflict (instrument_id, source) do update
    set last_sequence = excluded.last_sequence, recorded_at = clock_timestamp()
    where excluded.last_sequence > p.last_sequence`;
}

export async function upsertLastPrices(sql: TransactionSql, prices: Ticks): Promise<void> {
  const rows = prices.toSorted((a, b) => (a.instrumentId < b.instrumentId ? -1 : 1));
  const column = <T>(pick: (row: StoredTick) => T): T[] => rows.map(pick);
  await sql`
    insert into market_data.last_price as p
      (instrument_id, price, bid, ask, currency, event_time, received_at, quality, sequence, source)
    select * from unnest(
      ${texts(column((row) => row.instrumentId))}::text::text[],
      ${bigints(column((row) => row.tick.price))}::text::bigint[],
      ${bigints(column((row) => row.tick.bid))}::text::bigint[],
      ${bigints(column((row) => row.tick.ask))}::text::bigint[],
      ${texts(column((row) => row.currency))}::text::text[],
      ${instants(column((row) => row.tick.eventTimeMs))}::text::timestamptz[],
      ${instants(column((row) => row.tick.receivedAtMs))}::text::timestamptz[],
      ${texts(column((row) => row.tick.quality))}::text::text[],
      ${bigints(column((row) => row.sequence))}::text::bigint[],
      ${texts(column((row) => row.tick.source))}::text::text[]
    )
    on conflict (instrument_id) do update
    set (price, bid, ask, currency, event_time, received_at, quality, sequence, source) =
      (excluded.price, excluded.bid, excluded.ask, excluded.currency, excluded.event_time,
       excluded.received_at, excluded.quality, excluded.sequence, excluded.source)
    where excluded.sequence > p.sequence`;
}

export async function insertHeld(sql: TransactionSql, rows: readonly HeldRow[]): Promise<void> {
  const column = <T>(pick: (row: HeldRow) => T): T[] => rows.map(pick);
  await sql`
    insert into market_data.quarantined_tick
      (quarantine_id, instrument_id, symbol, price, bid, ask, size, event_time, received_at,
       source, source_sequence, rule, reason, status)
    select *, 'HELD' from unnest(
      ${texts(column((row) => row.id))}::text::text[],
      ${texts(column((row) => row.instrumentId))}::text::text[],
      ${texts(column((row) => row.held.symbol))}::text::text[],
      ${bigints(column((row) => row.held.price))}::text::bigint[],
      ${bigints(column((row) => row.held.bid))}::text::bigint[],
      ${bigints(column((row) => row.held.ask))}::text::bigint[],
      ${bigints(column((row) => row.held.size))}::text::bigint[],
      ${instants(column((row) => row.held.eventTimeMs))}::text::timestamptz[],
      ${instants(column((row) => row.held.receivedAtMs))}::text::timestamptz[],
      ${texts(column((row) => row.held.source))}::text::text[],
      ${texts(column((row) => row.held.sourceSequence))}::text::text[],
      ${texts(column((row) => row.held.rule))}::text::text[],
      ${texts(column((row) => row.held.reason))}::text::text[]
    )
    on conflict do nothing`;
}

export async function endHeld(sql: TransactionSql, ended: readonly HeldEnd[]): Promise<void> {
  await sql`
    update market_data.quarantined_tick q
    set status = e.status, resolved_at = e.at
    from unnest(
      ${texts(ended.map((each) => each.id))}::text::text[],
      ${texts(ended.map((each) => each.status))}::text::text[],
      ${instants(ended.map((each) => each.atMs))}::text::timestamptz[]
    ) as e(id, status, at)
    where q.quarantine_id = e.id`;
}
