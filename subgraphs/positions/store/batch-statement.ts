/** The one statement that makes a batch of commands durable. */

import type { Sql } from 'postgres';
import { tradeApplied } from '#kernel/topics/trade-applied';
import { namesOf, parametersOf, tableOf } from './batch-columns.ts';
import {
  CHANGE_COLUMNS,
  CHUNK_COLUMNS,
  chunkRows,
  COMMAND_COLUMNS,
  EVENT_COLUMNS,
  eventRows,
  furtherRecordRows,
  KEY_COLUMNS,
  type NewEvent,
  type NewSnapshot,
  RECORD_COLUMNS,
  SNAPSHOT_KEY,
  type SnapshotRowToWrite,
  snapshotRow,
  STATE_COLUMNS,
  TOLD_VERSION,
  VERSION_BEFORE,
} from './batch-rows.ts';
import { EVENT_SCHEMA_VERSION } from './event-codec.ts';
import type { StoredPosition } from './stored-position.ts';

export interface WriteBatch {
  /** In version order per position. */
  readonly events: readonly NewEvent[];
  /** One per position touched: its state after the last of its events. */
  readonly snapshots: readonly NewSnapshot[];
}

/**
 * Writes events, snapshots, lots, command ids, outbox rows and trades whose contract is to be
 * generated: all or none. The primary key of the event store refuses a version that somebody else
 * has written, and a snapshot only follows the version it was decided on. Answers how the positions
 * are stored now, in the order of the snapshots.
 */
export async function writeBatch(
  sql: Sql,
  { events, snapshots }: WriteBatch,
): Promise<readonly StoredPosition[]> {
  const hashes = new Map(snapshots.map(({ key, before }) => [key.text, before.lastHash]));
  const rows = eventRows(events, hashes);
  const records = furtherRecordRows(rows);
  const kept = snapshots.map((each) => snapshotRow(each, hashes.get(each.key.text) ?? null));
  const chunks = chunkRows(kept);
  const created = kept.filter(isNew);
  const updated = created.length === 0 ? kept : kept.filter((each) => !isNew(each));

  const statement = statementOf({
    tells: records.length > 0,
    creates: created.length > 0,
    updates: updated.length > 0,
    movesLots: chunks.length > 0,
    awaitsContracts: rows.some(
      ({ fields, written }) => fields.uti === null && 'uti' in written.event,
    ),
  });
  const parameters = [
    ...parametersOf(EVENT_INPUT, rows),
    ...(created.length > 0 ? parametersOf(CREATED_INPUT, created) : []),
    ...(updated.length > 0 ? parametersOf(UPDATED_INPUT, updated) : []),
    ...(records.length > 0 ? parametersOf(RECORD_INPUT, records) : []),
    ...(chunks.length > 0 ? parametersOf(CHUNK_COLUMNS, chunks) : []),
    String(snapshots.length),
  ];
  await sql.unsafe(statement, parameters, { prepare: true });
  return kept.map(({ after }) => after);
}

const isNew = ({ before }: SnapshotRowToWrite): boolean => before.position.version === 0;

const EVENT_INPUT = [...EVENT_COLUMNS, ...COMMAND_COLUMNS, ...CHANGE_COLUMNS];
const CREATED_INPUT = [SNAPSHOT_KEY, ...KEY_COLUMNS, ...STATE_COLUMNS];
const RECORD_INPUT = [...RECORD_COLUMNS, TOLD_VERSION];
const UPDATED_INPUT = [SNAPSHOT_KEY, VERSION_BEFORE, ...STATE_COLUMNS];

/** The parts that not every batch has. Each combination is prepared on its own. */
interface StatementParts {
  /** Something came late, or was corrected. */
  readonly tells: boolean;
  readonly creates: boolean;
  readonly updates: boolean;
  /** Lots in chunks. */
  readonly movesLots: boolean;
  readonly awaitsContracts: boolean;
}

type NamedColumns = Parameters<typeof tableOf>[0];

const statements = new Map<string, string>();

function statementOf(parts: StatementParts): string {
  const name = JSON.stringify(parts);
  const known = statements.get(name);
  if (known !== undefined) return known;
  const text = buildStatement(parts);
  statements.set(name, text);
  return text;
}

/**
 * `recorded_at` is the server's time, and at least a microsecond after the event before it in the
 * position, also when that clock jumps back. The snapshots are written first, for they know the
 * event before: the row is found once for both. The outbox has the time of the event, too.
 */
function buildStatement(parts: StatementParts): string {
  let next = 1;
  const table = (columns: NamedColumns): string => {
    const first = next;
    next += columns.length;
    return tableOf(columns, first);
  };
  const columns = namesOf(EVENT_COLUMNS);
  const kept = [...(parts.creates ? ['created'] : []), ...(parts.updates ? ['updated'] : [])];
  const ctes = [
    `input as (select * from ${table(EVENT_INPUT)})`,
    ...(parts.creates ? [createdPart(table(CREATED_INPUT))] : []),
    ...(parts.updates ? [updatedPart(table(UPDATED_INPUT))] : []),
    `kept as (${kept.map((name) => `select * from ${name}`).join(' union all ')})`,
    `timed as (
      select i.*, k.last_recorded_at - (k.last_ver - i.event_ver) * ${MICROSECOND} as recorded_at
      from input i join kept k using (position_key))`,
    ...(parts.tells ? [toldPart(table(RECORD_INPUT))] : []),
    `appended as (
      insert into positions.event_store (${columns}, schema_ver, recorded_at)
      select ${columns}, ${EVENT_SCHEMA_VERSION}, recorded_at from timed)`,
    `accepted as (
      insert into positions.idempotency_store
        (command_id, request_hash, position_key, event_ver, classification, uti, recorded_at)
      select command_id, request_hash, position_key, event_ver, classification, uti, recorded_at
      from timed where command_id is not null)`,
    `published as (
      insert into platform.outbox
        (topic, partition, key, type, version, payload, correlation_id, causation_id, recorded_at)
      select '${tradeApplied.topic}', partition, position_key, record_type, record_version,
        published, correlation_id, causation_id, recorded_at
      from timed order by ord)`,
    ...(parts.movesLots ? [chunkParts(table(CHUNK_COLUMNS))] : []),
    ...(parts.awaitsContracts ? [AWAITED_PART] : []),
  ];
  return `with ${ctes.join(', ')}
    select positions.require_rows((select count(*) from kept), $${next}::text::int)`;
}

const MICROSECOND = `interval '1 microsecond'`;

function toldPart(records: string): string {
  const columns = namesOf(RECORD_COLUMNS);
  const told = RECORD_COLUMNS.map(({ name }) => `r.${name}`).join(', ');
  return `told as (
    insert into platform.outbox (${columns}, recorded_at)
    select ${told}, t.recorded_at
    from (select * from ${records}) r
      join timed t on t.position_key = r.key and t.event_ver = r.told_ver
    order by r.ord)`;
}

const KEPT_COLUMNS = 'position_key, last_ver, last_recorded_at';

function createdPart(snapshots: string): string {
  const columns = namesOf(CREATED_INPUT);
  const recordedAt = `statement_timestamp() + (last_ver - 1) * ${MICROSECOND}`;
  return `created as (
    insert into positions.snapshot_store (${columns}, provisional_since, last_recorded_at)
    select ${columns}, ${provisionalSince('reconciliation_status', recordedAt)}, ${recordedAt}
    from ${snapshots}
    returning ${KEPT_COLUMNS})`;
}

function updatedPart(snapshots: string): string {
  const recordedAt = `greatest(
    statement_timestamp() + (n.last_ver - n.version_before - 1) * ${MICROSECOND},
    stored.last_recorded_at + (n.last_ver - n.version_before) * ${MICROSECOND})`;
  const since = `coalesce(stored.provisional_since, ${recordedAt})`;
  return `updated as (
    update positions.snapshot_store as stored set
      ${STATE_COLUMNS.map(({ name }) => `${name} = n.${name}`).join(', ')},
      provisional_since = ${provisionalSince('n.reconciliation_status', since)},
      last_recorded_at = ${recordedAt}
    from (select * from ${snapshots}) n ${byIndex('snapshot_store', ['position_key'])}
    where stored.ctid = found.ctid and stored.last_ver = n.version_before
    returning ${KEPT_COLUMNS.replaceAll(/\w+/g, 'stored.$&')})`;
}

function provisionalSince(status: string, since: string): string {
  return `case when ${status} = 'PROVISIONAL' then ${since} end`;
}

function chunkParts(chunks: string): string {
  return `held as (select * from ${chunks}), chunks_written as (
      insert into positions.lot_chunk (position_key, chunk_no, lots)
      select position_key, chunk_no, lots from held where lots is not null
      on conflict (position_key, chunk_no) do update set lots = excluded.lots
    ), chunks_gone as (
      delete from positions.lot_chunk gone
      using held n ${byIndex('lot_chunk', ['position_key', 'chunk_no'])}
      where gone.ctid = found.ctid and n.lots is null)`;
}

/**
 * Finds the rows of `n` through the primary key, whatever the planner thinks of the table. Planned
 * while it is small, the statement would read all of it for ever after, or until it is analyzed.
 */
function byIndex(table: string, key: readonly string[]): string {
  const isFound = key.map((name) => `each.${name} = n.${name}`).join(' and ');
  return `cross join lateral (
    select ctid from positions.${table} each where ${isFound} offset 0) found`;
}

const AWAITED_PART = `awaited as (
  insert into positions.contract_pending
    (trade_id, position_key, event_ver, classification, recorded_at)
  select trade_id, position_key, event_ver, classification, recorded_at
  from timed where uti is null and classification is not null)`;
