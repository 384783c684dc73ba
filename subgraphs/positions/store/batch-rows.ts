/** What a batch writes, as rows: events, the outbox, snapshots and chunks of lots. */

import { formatDecimal } from '#kernel/decimal';
import { partitionOf } from '#kernel/partition';
import type { Position } from '../domain/position.ts';
import type { PositionEvent } from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { NO_WASH_MEMORY } from '../domain/wash-sale.ts';
import type { Column } from './batch-columns.ts';
import {
  type CommandOrigin,
  EVENT_SCHEMA_VERSION,
  type EventFields,
  eventFieldsOf,
} from './event-codec.ts';
import { eventHashOf } from './hash-chain.ts';
import { type ChunkChanges, chunkChanges } from './lot-chunks.ts';
import { changeRecordOf, furtherRecordsOf, type OutboxRecord } from './outbox-records.ts';
import type { StoredPosition } from './stored-position.ts';
import { bookings, lots, washMemory } from './value-codecs.ts';

/** What the idempotency store keeps of a command, with the event that answers it. */
export interface KeptCommand {
  readonly commandId: string;
  readonly requestHash: string;
}

/** An event to append, and the position after it. */
export interface NewEvent {
  readonly key: PositionKey;
  readonly event: PositionEvent;
  readonly after: Position;
  readonly origin: CommandOrigin;
  /** The command that this event answers; null for events that only come with it. */
  readonly command: KeptCommand | null;
}

/** A position that the batch changes. */
export interface NewSnapshot {
  readonly key: PositionKey;
  readonly before: StoredPosition;
  readonly position: Position;
}

export interface EventRowToWrite {
  readonly fields: EventFields;
  readonly written: NewEvent;
  readonly partition: number;
  readonly hash: string;
  readonly change: OutboxRecord;
}

export interface RecordRowToWrite extends OutboxRecord {
  readonly key: string;
  /** Of the event that it tells of. */
  readonly eventVersion: number;
  readonly partition: number;
  readonly origin: CommandOrigin;
}

export interface SnapshotRowToWrite extends NewSnapshot {
  readonly chunkChanges: ChunkChanges;
  readonly after: StoredPosition;
}

export interface ChunkRowToWrite {
  readonly key: string;
  readonly chunk: number;
  /** JSON text; null: the chunk is gone. */
  readonly lots: string | null;
}

/** The hash of the last event of a position, by key, is put into `hashes`. */
export function eventRows(
  events: readonly NewEvent[],
  hashes: Map<string, string | null>,
): readonly EventRowToWrite[] {
  return events.map((written) => {
    const { key, event, after, origin } = written;
    const fields = eventFieldsOf(event, key);
    const hash = eventHashOf(hashes.get(key.text) ?? null, {
      positionKey: key.text,
      version: after.version,
      type: event.type,
      schemaVersion: EVENT_SCHEMA_VERSION,
      fields,
      origin,
    });
    hashes.set(key.text, hash);
    const change = changeRecordOf({ key, event, after, user: origin.user });
    return { fields, written, hash, partition: partitionOf(key.text), change };
  });
}

export function furtherRecordRows(rows: readonly EventRowToWrite[]): readonly RecordRowToWrite[] {
  return rows.flatMap(({ written: { key, event, after, origin }, partition }) =>
    furtherRecordsOf({ key, event, after, user: origin.user }).map((record) => ({
      ...record,
      key: key.text,
      eventVersion: after.version,
      partition,
      origin,
    })),
  );
}

export function snapshotRow(
  { key, before, position }: NewSnapshot,
  lastHash: string | null,
): SnapshotRowToWrite {
  const changes = chunkChanges(before.chunks, before.position.lots, position.lots);
  return {
    key,
    before,
    position,
    chunkChanges: changes,
    after: { position, lastHash, chunks: changes.chunks() },
  };
}

export function chunkRows(snapshots: readonly SnapshotRowToWrite[]): readonly ChunkRowToWrite[] {
  return snapshots.flatMap(({ key, chunkChanges: { changed } }) =>
    [...changed].map(([chunk, held]) => ({
      key: key.text,
      chunk,
      lots: held.length === 0 ? null : JSON.stringify(lots.write(held)),
    })),
  );
}

type EventColumn = Column<EventRowToWrite>;

/** Named as in the event store; then what goes to the idempotency store and to the outbox. */
export const EVENT_COLUMNS: readonly EventColumn[] = [
  { name: 'position_key', as: 'text', of: ({ written }) => written.key.text },
  { name: 'event_ver', as: 'int', of: ({ written }) => written.after.version },
  { name: 'event_type', as: 'text', of: ({ written }) => written.event.type },
  { name: 'effective_date', as: 'date', of: ({ fields }) => fields.effectiveDate },
  { name: 'executed_at', as: 'timestamptz', of: ({ fields }) => fields.executedAt },
  { name: 'trade_id', as: 'text', of: ({ fields }) => fields.tradeId },
  { name: 'uti', as: 'text', of: ({ fields }) => fields.uti },
  { name: 'side', as: 'text', of: ({ fields }) => fields.side },
  { name: 'quantity', as: 'bigint', of: ({ fields }) => fields.quantity },
  { name: 'price', as: 'bigint', of: ({ fields }) => fields.price },
  { name: 'fees', as: 'numeric', of: ({ fields }) => decimalOf(fields.fees) },
  { name: 'realized_pnl', as: 'numeric', of: ({ fields }) => decimalOf(fields.realizedPnl) },
  { name: 'payload', as: 'jsonb', of: ({ fields }) => fields.payload },
  { name: 'meta_lots', as: 'jsonb', of: ({ fields }) => fields.metaLots },
  { name: 'contract_id', as: 'text', of: ({ written }) => written.key.contractId },
  { name: 'correlation_id', as: 'text', of: ({ written }) => written.origin.correlationId },
  { name: 'causation_id', as: 'text', of: ({ written }) => written.origin.causationId },
  { name: 'user_id', as: 'text', of: ({ written }) => written.origin.user },
  { name: 'source', as: 'text', of: ({ written }) => written.origin.source },
  { name: 'event_hash', as: 'text', of: (row) => row.hash },
];

export const COMMAND_COLUMNS: readonly EventColumn[] = [
  { name: 'command_id', as: 'text', of: ({ written }) => written.command?.commandId ?? null },
  { name: 'request_hash', as: 'text', of: ({ written }) => written.command?.requestHash ?? null },
  { name: 'classification', as: 'text', of: ({ written }) => classificationOf(written.event) },
];

export const CHANGE_COLUMNS: readonly EventColumn[] = [
  { name: 'partition', as: 'smallint', of: (row) => row.partition },
  { name: 'record_type', as: 'text', of: ({ change }) => change.type },
  { name: 'record_version', as: 'int', of: ({ change }) => change.version },
  { name: 'published', as: 'jsonb', of: ({ change }) => change.payload },
];

/** Named as in the outbox. */
export const RECORD_COLUMNS: readonly Column<RecordRowToWrite>[] = [
  { name: 'topic', as: 'text', of: ({ topic }) => topic },
  { name: 'partition', as: 'smallint', of: ({ partition }) => partition },
  { name: 'key', as: 'text', of: ({ key }) => key },
  { name: 'type', as: 'text', of: ({ type }) => type },
  { name: 'version', as: 'int', of: ({ version }) => version },
  { name: 'payload', as: 'jsonb', of: ({ payload }) => payload },
  { name: 'correlation_id', as: 'text', of: ({ origin }) => origin.correlationId },
  { name: 'causation_id', as: 'text', of: ({ origin }) => origin.causationId },
];

export const TOLD_VERSION: Column<RecordRowToWrite> = {
  name: 'told_ver',
  as: 'int',
  of: ({ eventVersion }) => eventVersion,
};

type SnapshotColumn = Column<SnapshotRowToWrite>;

/** What identifies a position: written once. */
export const KEY_COLUMNS: readonly SnapshotColumn[] = [
  { name: 'book_id', as: 'text', of: ({ key }) => key.bookId },
  { name: 'account_id', as: 'text', of: ({ key }) => key.accountId },
  { name: 'contract_id', as: 'text', of: ({ key }) => key.contractId },
  { name: 'instrument_id', as: 'text', of: ({ key }) => key.instrumentId },
  { name: 'symbol', as: 'text', of: ({ key }) => key.symbol },
  { name: 'currency', as: 'text', of: ({ key }) => key.currency },
  { name: 'lane', as: 'text', of: ({ key }) => key.lane },
];

/** What changes with every event. */
export const STATE_COLUMNS: readonly SnapshotColumn[] = [
  { name: 'last_ver', as: 'int', of: ({ position }) => position.version },
  { name: 'quantity', as: 'bigint', of: ({ position }) => position.quantity },
  { name: 'cost_basis', as: 'numeric', of: ({ position }) => decimalOf(position.costBasis) },
  { name: 'realized_pnl', as: 'numeric', of: ({ position }) => decimalOf(position.realizedPnl) },
  {
    name: 'cycle_realized_pnl',
    as: 'numeric',
    of: ({ position }) => decimalOf(position.cycleRealizedPnl),
  },
  { name: 'lot_count', as: 'int', of: ({ position }) => position.lots.length },
  { name: 'lots', as: 'jsonb', of: lotsOf },
  { name: 'next_lot_serial', as: 'int', of: ({ position }) => position.nextLotSerial },
  { name: 'relief_method', as: 'text', of: ({ position }) => position.reliefMethod },
  {
    name: 'reconciliation_status',
    as: 'text',
    of: ({ position }) => position.reconciliationStatus,
  },
  { name: 'status_reason', as: 'text', of: ({ position }) => position.statusReason },
  { name: 'pending_backdated', as: 'int', of: ({ position }) => position.pendingBackdated },
  { name: 'pending_forward', as: 'jsonb', of: bookingsOf },
  { name: 'next_forward_date', as: 'date', of: nextForwardDateOf },
  { name: 'memory', as: 'jsonb', of: memoryOf },
  { name: 'last_effective_date', as: 'date', of: ({ position }) => position.lastEffectiveDate },
  { name: 'last_hash', as: 'text', of: ({ after }) => after.lastHash },
];

export const SNAPSHOT_KEY: SnapshotColumn = {
  name: 'position_key',
  as: 'text',
  of: ({ key }) => key.text,
};
/** The version that is expected to be there. */
export const VERSION_BEFORE: SnapshotColumn = {
  name: 'version_before',
  as: 'int',
  of: ({ before }) => before.position.version,
};

export const CHUNK_COLUMNS: readonly Column<ChunkRowToWrite>[] = [
  { name: 'position_key', as: 'text', of: ({ key }) => key },
  { name: 'chunk_no', as: 'int', of: ({ chunk }) => chunk },
  { name: 'lots', as: 'jsonb', of: ({ lots: held }) => held },
];

const decimalOf = (value: bigint | null): string | null =>
  value === null ? null : formatDecimal(value);

function classificationOf(event: PositionEvent): string | null {
  return 'classification' in event ? event.classification : null;
}

function lotsOf({ position, after }: SnapshotRowToWrite): string | null {
  return after.chunks === null ? JSON.stringify(lots.write(position.lots)) : null;
}

function bookingsOf({ key, position: { pendingForward } }: SnapshotRowToWrite): string | null {
  if (pendingForward.length === 0) return null;
  return JSON.stringify(bookings(key).write(pendingForward));
}

function nextForwardDateOf({ position }: SnapshotRowToWrite): string | null {
  return position.pendingForward.reduce<string | null>((first, { trade }) => {
    return first === null || trade.effectiveDate < first ? trade.effectiveDate : first;
  }, null);
}

function memoryOf({ position }: SnapshotRowToWrite): string | null {
  const { washMemory: memory } = position;
  return memory === NO_WASH_MEMORY ? null : JSON.stringify(washMemory.write(memory));
}
