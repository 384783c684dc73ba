/** The one statement that makes a batch of trades durable. */

import type { Fragment, Sql } from 'postgres';
import { formatDecimal } from '#kernel/decimal';
import { partitionOf } from '#kernel/partition';
import { tradeApplied, type TradeAppliedToPosition } from '#kernel/topics/trade-applied';
import { instantText } from '#platform/instant-column';
import { compressLots } from '../domain/compressed-lots.ts';
import type { Position } from '../domain/position.ts';
import type { TradeApplied } from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { EVENT_SCHEMA_VERSION, metaLotsOf, payloadOf } from './event-codec.ts';

/** An event to append, and the position after it. */
export interface NewEvent {
  readonly event: TradeApplied;
  readonly after: Position;
  readonly requestHash: string;
  readonly user: string;
  readonly correlationId: string;
  readonly causationId: string | null;
  /** Where the trade came in. */
  readonly source: string;
}

export interface NewSnapshot {
  readonly key: PositionKey;
  readonly position: Position;
}

export interface TradeBatch {
  /** In version order per position. */
  readonly events: readonly NewEvent[];
  /** One per position touched: its state after the last of its events. */
  readonly snapshots: readonly NewSnapshot[];
}

/**
 * Writes events, snapshots, trade ids and outbox rows, all or none. The primary key of the event
 * store refuses a version that somebody else has written, so a snapshot only follows its events.
 *
 * `recorded_at` is the server's time, and at least a microsecond after the event before it in the
 * position, also when that clock jumps back.
 */
export async function writeBatch(sql: Sql, { events, snapshots }: TradeBatch): Promise<void> {
  await sql`
    with input as (${eventInput(sql, events)}), timed as (
      select i.*, greatest(
        statement_timestamp() + (step - 1) * interval '1 microsecond',
        s.last_recorded_at + step * interval '1 microsecond') as recorded_at
      from input i left join positions.snapshot_store s using (position_key)
    ), appended as (
      insert into positions.event_store
        (position_key, event_ver, event_type, schema_ver, effective_date, recorded_at, executed_at,
          trade_id, uti, side, quantity, price, fees, payload, meta_lots, contract_id,
          correlation_id, causation_id, user_id, source)
      select position_key, event_ver, event_type, ${EVENT_SCHEMA_VERSION}::int, effective_date,
        recorded_at, executed_at, trade_id, uti, side, quantity, price, fees, payload, meta_lots,
        contract_id, correlation_id, causation_id, user_id, source
      from timed
    ), accepted as (
      insert into positions.idempotency_store
        (command_id, request_hash, position_key, event_ver, classification, uti, recorded_at)
      select trade_id, request_hash, position_key, event_ver, classification, uti, recorded_at
      from timed
    ), published as (
      insert into platform.outbox
        (topic, partition, key, type, version, payload, correlation_id, causation_id)
      select ${tradeApplied.topic}, partition, position_key, ${tradeApplied.name},
        ${tradeApplied.version}::int, published, correlation_id, causation_id
      from input order by ord
    ), kept as (
      insert into positions.snapshot_store as stored
        (position_key, book_id, account_id, contract_id, instrument_id, symbol, currency, lane,
          last_ver, quantity, cost_basis, realized_pnl, lot_count, lots, relief_method,
          reconciliation_status, pending_backdated, last_effective_date, last_recorded_at)
      select n.*, t.recorded_at
      from (${snapshotInput(sql, snapshots)}) n
        join timed t on t.position_key = n.position_key and t.event_ver = n.last_ver
      on conflict (position_key) do update set
        last_ver = excluded.last_ver, quantity = excluded.quantity,
        cost_basis = excluded.cost_basis, realized_pnl = excluded.realized_pnl,
        lot_count = excluded.lot_count, lots = excluded.lots,
        relief_method = excluded.relief_method,
        reconciliation_status = excluded.reconciliation_status,
        pending_backdated = excluded.pending_backdated,
        last_effective_date = excluded.last_effective_date,
        last_recorded_at = excluded.last_recorded_at
      where stored.last_ver < excluded.last_ver
      returning 1
    )
    select positions.require_rows(count(*), ${snapshots.length}::int) from kept`;
}

/** One row per event; `step` counts the events of one position in the batch, from 1. */
function eventInput(sql: Sql, events: readonly NewEvent[]): Fragment {
  const of = <T>(pick: (each: NewEvent) => T): T[] => events.map(pick);
  return sql`
    select * from unnest(
      ${of(({ event }) => event.trade.key.text)}::text[],
      ${of(({ after }) => String(after.version))}::text[]::int[],
      ${stepsOf(events)}::text[]::int[],
      ${of(({ event }) => event.type)}::text[],
      ${of(({ event }) => event.trade.effectiveDate)}::text[]::date[],
      ${of(({ event }) => executedAtOf(event))}::text[]::timestamptz[],
      ${of(({ event }) => event.trade.tradeId)}::text[],
      ${of(({ event }) => event.uti)}::text[],
      ${of(({ event }) => event.trade.side)}::text[],
      ${of(({ event }) => String(event.trade.quantity))}::text[]::bigint[],
      ${of(({ event }) => String(event.trade.price))}::text[]::bigint[],
      ${of(({ event }) => formatDecimal(event.trade.fees))}::text[]::numeric[],
      ${of(({ event }) => payloadOf(event))}::text[]::jsonb[],
      ${of(({ event }) => metaLotsOf(event))}::text[]::jsonb[],
      ${of(({ event }) => event.trade.key.contractId)}::text[],
      ${of(({ correlationId }) => correlationId)}::text[],
      ${of(({ causationId }) => causationId)}::text[],
      ${of(({ user }) => user)}::text[],
      ${of(({ source }) => source)}::text[],
      ${of(({ requestHash }) => requestHash)}::text[],
      ${of(({ event }) => event.classification)}::text[],
      ${of(({ event }) => String(partitionOf(event.trade.key.text)))}::text[]::smallint[],
      ${of((each) => JSON.stringify(tradeApplied.encode(publishedOf(each))))}::text[]::jsonb[]
    ) with ordinality as e (
      position_key, event_ver, step, event_type, effective_date, executed_at, trade_id, uti, side,
      quantity, price, fees, payload, meta_lots, contract_id, correlation_id, causation_id, user_id,
      source, request_hash, classification, partition, published, ord)`;
}

function snapshotInput(sql: Sql, snapshots: readonly NewSnapshot[]): Fragment {
  const ofKey = <T>(pick: (key: PositionKey) => T): T[] => snapshots.map(({ key }) => pick(key));
  const of = <T>(pick: (after: Position) => T): T[] =>
    snapshots.map(({ position }) => pick(position));
  return sql`
    select * from unnest(
      ${ofKey(({ text }) => text)}::text[],
      ${ofKey(({ bookId }) => bookId)}::text[],
      ${ofKey(({ accountId }) => accountId)}::text[],
      ${ofKey(({ contractId }) => contractId)}::text[],
      ${ofKey(({ instrumentId }) => instrumentId)}::text[],
      ${ofKey(({ symbol }) => symbol)}::text[],
      ${ofKey(({ currency }) => currency)}::text[],
      ${ofKey(({ lane }) => lane)}::text[],
      ${of(({ version }) => String(version))}::text[]::int[],
      ${of(({ quantity }) => String(quantity))}::text[]::bigint[],
      ${of(({ costBasis }) => formatDecimal(costBasis))}::text[]::numeric[],
      ${of(({ realizedPnl }) => formatDecimal(realizedPnl))}::text[]::numeric[],
      ${of(({ lots }) => String(lots.length))}::text[]::int[],
      ${of(({ lots }) => JSON.stringify(compressLots(lots)))}::text[]::jsonb[],
      ${of(({ reliefMethod }) => reliefMethod)}::text[],
      ${of(({ reconciliationStatus }) => reconciliationStatus)}::text[],
      ${of(({ pendingBackdated }) => String(pendingBackdated))}::text[]::int[],
      ${of(({ lastEffectiveDate }) => lastEffectiveDate)}::text[]::date[]
    ) as s (
      position_key, book_id, account_id, contract_id, instrument_id, symbol, currency, lane,
      last_ver, quantity, cost_basis, realized_pnl, lot_count, lots, relief_method,
      reconciliation_status, pending_backdated, last_effective_date)`;
}

function stepsOf(events: readonly NewEvent[]): string[] {
  const seen = new Map<string, number>();
  return events.map(({ event }) => {
    const step = (seen.get(event.trade.key.text) ?? 0) + 1;
    seen.set(event.trade.key.text, step);
    return String(step);
  });
}

function executedAtOf({ trade }: TradeApplied): string | null {
  return trade.executedAtMs === null ? null : instantText(trade.executedAtMs);
}

function publishedOf({ event, after, user }: NewEvent): TradeAppliedToPosition {
  const { trade } = event;
  return {
    positionKey: trade.key.text,
    bookId: trade.key.bookId,
    accountId: trade.key.accountId,
    contractId: trade.key.contractId,
    instrumentId: trade.key.instrumentId,
    symbol: trade.key.symbol,
    currency: trade.key.currency,
    eventVersion: after.version,
    tradeId: trade.tradeId,
    clOrdId: trade.clOrdId,
    side: trade.side,
    quantity: trade.quantity,
    price: trade.price,
    fees: trade.fees,
    effectiveDate: trade.effectiveDate,
    classification: event.classification,
    tradeRealizedPnl: event.realizedPnl,
    positionQuantity: after.quantity,
    positionCostBasis: after.costBasis,
    positionRealizedPnl: after.realizedPnl,
    positionLotCount: after.lots.length,
    reliefMethod: after.reliefMethod,
    reconciliationStatus: after.reconciliationStatus,
    user,
  };
}
