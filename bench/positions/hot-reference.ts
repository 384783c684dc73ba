/**
 * What the hot path is compared with: the same rows by one prepared statement and one commit per
 * trade, sent by 16 clients of a bare driver. All that the statement takes is made beforehand.
 */

import postgres, { type Sql } from 'postgres';
import { currencyCode } from '#kernel/money';
import { systemClock } from '#platform/clock';
import { NO_CONTRACT_TERMS } from '../../subgraphs/positions/domain/contract-terms.ts';
import { passGate } from '../../subgraphs/positions/domain/trade-validation.ts';
import type { Column } from '../../subgraphs/positions/store/batch-columns.ts';
import {
  CHANGE_COLUMNS,
  COMMAND_COLUMNS,
  EVENT_COLUMNS,
  eventRows,
  KEY_COLUMNS,
  SNAPSHOT_KEY,
  snapshotRow,
  STATE_COLUMNS,
} from '../../subgraphs/positions/store/batch-rows.ts';
import type { StoredPosition } from '../../subgraphs/positions/store/stored-position.ts';
import { decideBatch } from '../../subgraphs/positions/use-cases/decide-batch.ts';
import { writeCommandOf } from '../../subgraphs/positions/use-cases/trade-command.ts';
import { answerParent } from '../child.ts';
import { createTradeStream } from './hot-trades.ts';

const CLIENTS = 16;
/** As many positions as the other side has, all clients together. */
const SHAPE = { positions: 63, runLength: 20 };
const MS_PER_SECOND = 1_000;

export interface ReferenceQuestion {
  /** Positions of a name are new. */
  readonly stream: string;
  readonly forMs: number;
  /** Statements prepared for each client; fewer end the run early. */
  readonly tradesPerClient: number;
}

const [url = ''] = process.argv.slice(2);
const sql = postgres(url, { max: CLIENTS, onnotice: () => undefined });
const today = systemClock.today();
const instrument = { instrumentId: 'ins_AAPL', symbol: 'AAPL', currency: currencyCode('USD') };

type Parameters = readonly (string | null)[];

function parametersOfClient(name: string, count: number): readonly Parameters[] {
  const stream = createTradeStream(name, SHAPE, today);
  const positions = new Map<string, StoredPosition>();
  return Array.from({ length: count }, (): Parameters => {
    const { request, origin } = stream.next();
    const gate = passGate(request, {
      instrument,
      terms: NO_CONTRACT_TERMS,
      today,
      nowMs: systemClock.nowMs(),
    });
    if (!gate.ok) throw new Error(gate.message);
    const command = writeCommandOf({
      trade: gate.trade,
      requestHash: 'x'.repeat(43),
      terms: NO_CONTRACT_TERMS,
      uti: `TEST00PROTOTRADE0107PLMB${request.tradeId}`.slice(0, 52),
      ...origin,
    });
    const { writes } = decideBatch([command], {
      stored: new Map(),
      positions,
      histories: new Map(),
      today,
      nowMs: 0,
    });
    const [snapshot] = writes.snapshots;
    if (snapshot === undefined) throw new Error('the trade was refused');
    const hashes = new Map([[snapshot.key.text, snapshot.before.lastHash]]);
    const [event] = eventRows(writes.events, hashes);
    if (event === undefined) throw new Error('the trade has no event');
    const kept = snapshotRow(snapshot, hashes.get(snapshot.key.text) ?? null);
    positions.set(snapshot.key.text, kept.after);
    return [...valuesOf(EVENT_INPUT, event), ...valuesOf(SNAPSHOT_INPUT, kept)];
  });
}

const EVENT_INPUT = [...EVENT_COLUMNS, ...COMMAND_COLUMNS, ...CHANGE_COLUMNS];
const SNAPSHOT_INPUT = [SNAPSHOT_KEY, ...KEY_COLUMNS, ...STATE_COLUMNS];

function valuesOf<Row>(columns: readonly Column<Row>[], row: Row): readonly (string | null)[] {
  return columns.map(({ of }) => {
    const value = of(row);
    return value === null ? null : String(value);
  });
}

const STATEMENT = statementText();

async function write(client: Sql, parameters: Parameters): Promise<void> {
  await client.unsafe(STATEMENT, [...parameters], { prepare: true });
}

function statementText(): string {
  const input = [...EVENT_INPUT, ...SNAPSHOT_INPUT];
  const places = input.map(({ as }, index) => `$${index + 1}::text::${as}`);
  const events = EVENT_INPUT.map(({ name }) => name);
  const at = (name: string): string => places[events.indexOf(name)] ?? '';
  const snapshot = SNAPSHOT_INPUT.map(({ name }) => name);
  return `
    with appended as (
      insert into positions.event_store
        (${EVENT_COLUMNS.map(({ name }) => name).join(', ')}, schema_ver, recorded_at)
      values (${places.slice(0, EVENT_COLUMNS.length).join(', ')}, 2, statement_timestamp())
    ), accepted as (
      insert into positions.idempotency_store
        (command_id, request_hash, position_key, event_ver, classification, uti, recorded_at)
      values (${at('command_id')}, ${at('request_hash')}, ${at('position_key')},
        ${at('event_ver')}, ${at('classification')}, ${at('uti')}, statement_timestamp())
    ), published as (
      insert into platform.outbox
        (topic, partition, key, type, version, payload, correlation_id, causation_id)
      values ('trade-applied', ${at('partition')}, ${at('position_key')}, ${at('record_type')},
        ${at('record_version')}, ${at('published')}, ${at('correlation_id')}, ${at('causation_id')})
    )
    insert into positions.snapshot_store as stored (${snapshot.join(', ')}, last_recorded_at)
    values (${places.slice(events.length).join(', ')}, statement_timestamp())
    on conflict (position_key) do update set
      ${STATE_COLUMNS.map(({ name }) => `${name} = excluded.${name}`).join(', ')},
      last_recorded_at = excluded.last_recorded_at
    where stored.last_ver < excluded.last_ver`;
}

answerParent('ready', async (question) => {
  const { stream, forMs, tradesPerClient } = question as ReferenceQuestion;
  const work = Array.from({ length: CLIENTS }, (_, client) =>
    parametersOfClient(`${stream}-${client}`, tradesPerClient),
  );
  const startedAtMs = performance.now();
  let trades = 0;
  await Promise.all(
    work.map(async (statements) => {
      for (const parameters of statements) {
        if (performance.now() - startedAtMs >= forMs) return;
        await write(sql, parameters);
        trades += 1;
      }
    }),
  );
  return (trades * MS_PER_SECOND) / (performance.now() - startedAtMs);
});
