/**
 * Holds the database against what clients were promised: every acknowledged trade is there exactly
 * once, versions have no gaps, time only grows, and every snapshot equals the replay of its events
 * and the figures of a bookkeeper who knows nothing of our domain.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { formatDecimal } from '#kernel/decimal';
import type { Position } from '../../subgraphs/positions/domain/position.ts';
import { createPositionRepository } from '../../subgraphs/positions/store/positions.ts';
import { FIRE_BOOK, type FireTrade, type Ledger } from './positions-under-fire.ts';

/** What a trade is first stored as. */
const FIRST_EVENTS = ['TRADE_APPLIED', 'PROVISIONAL_TRADE_APPLIED', 'FORWARD_TRADE_BOOKED'];

export interface Audit {
  /** One sentence each; none when all is well. */
  readonly faults: readonly string[];
  readonly positions: number;
  readonly events: number;
}

/** For when the fire has ceased and nobody writes: then all that was sent is to be there. */
export async function auditPositions(sql: Sql, ledger: Ledger): Promise<Audit> {
  const stored = await storedTrades(sql);
  const events = await sql<EventCount[]>`
    select position_key, count(*)::int as events, min(event_ver) as first, max(event_ver) as last,
      bool_and(grows) as grows
    from (
      select position_key, event_ver, recorded_at > lag(recorded_at, 1, '-infinity'::timestamptz)
        over (partition by position_key order by event_ver) as grows
      from positions.event_store
    ) each group by position_key`;
  const faults = [
    ...ledger.faults,
    ...tradeFaults(ledger, stored),
    ...events.flatMap(gapFaults),
    ...(await publicationFaults(sql)),
    ...(await commandFaults(sql)),
    ...(await correctionFaults(sql)),
  ];
  // A replay refuses events with gaps: without it the audit says more.
  if (faults.length === 0) faults.push(...(await snapshotFaults(sql, ledger, stored)));
  const total = events.reduce((sum, each) => sum + each.events, 0);
  return { faults, positions: events.length, events: total };
}

const SETTLE_LIMIT_MS = 30_000;
const SETTLE_POLL_MS = 20;

/** Resolves when the cold path has put everything in its place. */
export async function allReconciled(sql: Sql): Promise<void> {
  await untilNone(
    () => sql`
      select position_key, reconciliation_status, pending_backdated, status_reason
      from positions.snapshot_store where reconciliation_status <> 'RECONCILED'`,
  );
}

/** Resolves when nobody has anything left to write by himself. */
export async function allSettled(sql: Sql): Promise<void> {
  await allReconciled(sql);
  await untilNone(
    () => sql`
      select trade_id, last_error from positions.contract_pending where settled_at is null`,
  );
}

async function untilNone(find: () => PromiseLike<readonly unknown[]>): Promise<void> {
  const until = performance.now() + SETTLE_LIMIT_MS;
  for (;;) {
    const waiting = await find();
    if (waiting.length === 0) return;
    if (performance.now() > until) throw new Error(`still waits: ${JSON.stringify(waiting)}`);
    await delay(SETTLE_POLL_MS);
  }
}

interface StoredTrade {
  readonly trade_id: string;
  readonly position_key: string;
  readonly event_ver: number;
}

interface EventCount {
  readonly position_key: string;
  readonly events: number;
  readonly first: number;
  readonly last: number;
  readonly grows: boolean;
}

const storedTrades = (sql: Sql) => sql<StoredTrade[]>`
  select trade_id, position_key, event_ver from positions.event_store
  where event_type = any(${FIRST_EVENTS}::text[])`;

function tradeFaults(ledger: Ledger, stored: readonly StoredTrade[]): readonly string[] {
  const faults: string[] = [];
  const byId = new Map<string, StoredTrade>();
  for (const row of stored) {
    if (byId.has(row.trade_id)) faults.push(`${row.trade_id} is stored twice`);
    if (!ledger.sent.has(row.trade_id)) faults.push(`${row.trade_id} was never sent`);
    byId.set(row.trade_id, row);
  }
  for (const [id, trade] of ledger.sent) {
    const row = byId.get(id);
    const version = ledger.acknowledged.get(id);
    if (version === undefined) faults.push(`${id} was sent and never acknowledged`);
    else if (row === undefined) faults.push(`${id} was acknowledged and is lost`);
    else if (row.event_ver !== version || row.position_key !== keyOf(trade)) {
      faults.push(`${id} was acknowledged as ${version}, is ${JSON.stringify(row)}`);
    }
  }
  return faults;
}

function gapFaults({ position_key, events, first, last, grows }: EventCount): readonly string[] {
  const faults: string[] = [];
  if (first !== 1 || last !== events) {
    faults.push(`${position_key} has ${events} events from version ${first} to ${last}`);
  }
  if (!grows) faults.push(`recorded_at of ${position_key} does not grow from event to event`);
  return faults;
}

/** Each event is told of once on the topic of changes, in order of version. */
async function publicationFaults(sql: Sql): Promise<readonly string[]> {
  const wrong = await sql<{ what: string }[]>`
    with published as (
      select key, (payload ->> 'eventVersion')::int as version, xid, id
      from platform.outbox where topic = 'trade-applied'
    ), ordered as (
      select *, lag(version, 1, 0) over (partition by key order by xid, id) as before
      from published
    )
    select key || ' publishes ' || version || ' after ' || before as what from ordered
    where version <= before
    union all
    select e.position_key || ' ' || e.event_ver || ' is not published' from positions.event_store e
      left join published p on p.key = e.position_key and p.version = e.event_ver
    where p.key is null`;
  return wrong.map(({ what }) => what);
}

/** The answer kept for each trade is the event that is there. */
async function commandFaults(sql: Sql): Promise<readonly string[]> {
  const wrong = await sql<{ what: string }[]>`
    select coalesce(i.command_id, e.trade_id) || ' has an event without answer, or the reverse'
      as what
    from positions.idempotency_store i
      full join (select * from positions.event_store
        where event_type = any(${FIRST_EVENTS}::text[])) e
        on e.trade_id = i.command_id and e.event_ver = i.event_ver
          and e.position_key = i.position_key
    where e.trade_id is null and position(' ' in i.command_id) = 0 or i.command_id is null`;
  return wrong.map(({ what }) => what);
}

/** A late event is put in its place by one correction, never by two. */
async function correctionFaults(sql: Sql): Promise<readonly string[]> {
  const wrong = await sql<{ what: string }[]>`
    select position_key || ' settles version ' || settled || ' in ' || count(*) || ' corrections'
      as what
    from positions.event_store, jsonb_array_elements_text(payload -> 'settles') as settled
    where event_type = 'HISTORICAL_POSITION_CORRECTED'
    group by position_key, settled having count(*) > 1`;
  return wrong.map(({ what }) => what);
}

async function snapshotFaults(
  sql: Sql,
  ledger: Ledger,
  stored: readonly StoredTrade[],
): Promise<readonly string[]> {
  const repository = createPositionRepository(sql);
  const keys = [...new Set(stored.map((row) => row.position_key))];
  const summaries = await repository.byKeys(keys);
  const faults: string[] = [];
  for (const text of keys) {
    const summary = summaries.get(text);
    if (summary === undefined) {
      faults.push(`${text} has events and no snapshot`);
      continue;
    }
    const { position: figures } = await repository.replay(summary.key);
    const version = summary.figures.version;
    const [lots = []] = await repository.lotsOf([{ key: summary.key, version }]);
    faults.push(...differences(text, { ...summary.figures, lots }, figures));
    const ours = [figures.quantity, figures.costBasis, figures.realizedPnl].map(formatDecimal);
    const theirs = bookkeeping(tradesOf(ledger, text)).map(String);
    const settled = figures.reconciliationStatus === 'RECONCILED' ? 3 : 1;
    if (ours.slice(0, settled).join() !== theirs.slice(0, settled).join()) {
      faults.push(`${text} is ${ours.join(' / ')}, by the books ${theirs.join(' / ')}`);
    }
  }
  return faults;
}

function differences(key: string, snapshot: Position, replay: Position): readonly string[] {
  const replayed = new Map<string, unknown>(Object.entries(replay));
  return Object.entries(snapshot).flatMap(([field, value]) => {
    const [ours, theirs] = [textOf(value), textOf(replayed.get(field))];
    return ours === theirs ? [] : [`${key}: ${field} is ${ours}, its events make it ${theirs}`];
  });
}

/** Equal for equal values, in whatever order their fields were set. */
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each === 'bigint') return `${each}n`;
    if (each === null || typeof each !== 'object' || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });

/** Of the position, those that count, in order of effective date and then of booking. */
function tradesOf(ledger: Ledger, key: string): readonly FireTrade[] {
  const versionOf = (trade: FireTrade) => ledger.acknowledged.get(trade.tradeId) ?? 0;
  return [...ledger.sent.values()]
    .filter((trade) => keyOf(trade) === key)
    .flatMap((trade) => {
      const change = ledger.changes.get(trade.tradeId);
      if (change?.type === 'BUST') return [];
      return change === undefined ? [trade] : [{ ...trade, price: change.price }];
    })
    .toSorted((a, b) =>
      a.effectiveDate === b.effectiveDate
        ? versionOf(a) - versionOf(b)
        : a.effectiveDate.localeCompare(b.effectiveDate),
    );
}

const keyOf = ({ accountId, symbol }: FireTrade): string =>
  `${FIRE_BOOK}|${accountId}|INS_${symbol}|USD|-|NET`;

/** First in, first out, in whole numbers: quantity, cost basis, realized gain. */
export function bookkeeping(trades: readonly FireTrade[]): readonly [number, number, number] {
  const open: { units: number; price: number }[] = [];
  let realized = 0;
  for (const trade of trades) {
    const price = Number(trade.price);
    let left = Number(trade.quantity) * (trade.side === 'BUY' ? 1 : -1);
    while (left !== 0 && open[0] !== undefined && Math.sign(open[0].units) !== Math.sign(left)) {
      const oldest = open[0];
      const taken = Math.min(Math.abs(left), Math.abs(oldest.units));
      const direction = Math.sign(oldest.units);
      realized += taken * (price - oldest.price) * direction;
      oldest.units -= taken * direction;
      left += taken * direction;
      if (oldest.units === 0) open.shift();
    }
    if (left !== 0) open.push({ units: left, price });
  }
  const sum = (of: (lot: { units: number; price: number }) => number) =>
    open.reduce((total, lot) => total + of(lot), 0);
  return [sum(({ units }) => units), sum(({ units, price }) => units * price), realized];
}
