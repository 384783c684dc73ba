/** What ingestion is compared with: storing the same ticks alone, and handing them out alone. */

import postgres from 'postgres';
import { instantText } from '#platform/instant-column';
import type { SourceTick } from '../../subgraphs/market-data/domain/tick.ts';
import { createMarket, SYMBOLS } from './market.ts';
import { SYMBOLS_PER_SUBSCRIBER } from './measure-ingest.ts';

/** As many as the store takes in one statement. */
const TICKS_PER_STATEMENT = 1_000;
const DISTINCT_STATEMENTS = 50;
const MS_PER_SECOND = 1_000;

/** Ticks a second into a plain table without keys, one statement after the other. */
export async function storePlainly(url: string, forMs: number): Promise<number> {
  const market = createMarket();
  const statements = Array.from({ length: DISTINCT_STATEMENTS }, () =>
    columnsOf(market.take(TICKS_PER_STATEMENT)),
  );
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await sql`
      create table if not exists public.plain_tick (
        instrument_id text, event_time timestamptz, sequence bigint, price bigint, bid bigint,
        ask bigint, size bigint, quality text, received_at timestamptz, source text,
        source_sequence text)`;
    await sql`truncate public.plain_tick`;
    const startedAtMs = performance.now();
    let stored = 0;
    while (performance.now() - startedAtMs < forMs) {
      const columns = statements[(stored / TICKS_PER_STATEMENT) % DISTINCT_STATEMENTS];
      if (columns) await insertPlainly(sql, columns);
      stored += TICKS_PER_STATEMENT;
    }
    return (stored * MS_PER_SECOND) / (performance.now() - startedAtMs);
  } finally {
    await sql.end();
  }
}

type Columns = ReturnType<typeof columnsOf>;

async function insertPlainly(sql: postgres.Sql, columns: Columns): Promise<void> {
  await sql`
    insert into public.plain_tick
    select * from unnest(
      ${columns.instrumentId}::text::text[], ${columns.time}::text::timestamptz[],
      ${columns.sequence}::text::bigint[], ${columns.price}::text::bigint[],
      ${columns.bid}::text::bigint[], ${columns.ask}::text::bigint[],
      ${columns.size}::text::bigint[], ${columns.quality}::text::text[],
      ${columns.time}::text::timestamptz[], ${columns.source}::text::text[],
      ${columns.sequence}::text::text[])`;
}

/** As the text that goes over the wire, made before any clock runs. */
function columnsOf(ticks: readonly SourceTick[]) {
  const column = (pick: (tick: SourceTick) => string | bigint | null) =>
    `{${ticks.map((tick) => pick(tick) ?? 'NULL').join(',')}}`;
  return {
    instrumentId: column(({ symbol }) => `ins_${symbol}`),
    time: column(({ eventTimeMs }) => instantText(eventTimeMs)),
    sequence: column(({ sourceSequence }) => sourceSequence),
    price: column(({ price }) => price),
    bid: column(({ bid }) => bid),
    ask: column(({ ask }) => ask),
    size: column(({ size }) => size),
    quality: column(() => 'GOOD'),
    source: column(({ source }) => source),
  };
}

/** Ticks a second by plain calls: a map from symbol to callbacks, each of which counts. */
export function handOutPlainly(subscribers: number, forMs: number): number {
  const ticks = createMarket().take(TICKS_PER_STATEMENT);
  let deliveries = 0;
  const listenersBySymbol = new Map<string, ((tick: SourceTick) => void)[]>(
    SYMBOLS.map((symbol) => [symbol, []]),
  );
  for (let each = 0; each < subscribers * SYMBOLS_PER_SUBSCRIBER; each++) {
    listenersBySymbol.get(SYMBOLS[each % SYMBOLS.length] ?? '')?.push((tick) => {
      if (tick.price > 0n) deliveries += 1;
    });
  }
  const startedAtMs = performance.now();
  let handedOut = 0;
  while (performance.now() - startedAtMs < forMs) {
    for (const tick of ticks) {
      for (const listener of listenersBySymbol.get(tick.symbol) ?? []) listener(tick);
    }
    handedOut += ticks.length;
  }
  if (deliveries === 0) throw new Error('nobody heard anything');
  return (handedOut * MS_PER_SECOND) / (performance.now() - startedAtMs);
}
