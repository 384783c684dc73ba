/** The stored events of a position with all that can be checked about each of them. */

import type { Sql } from 'postgres';
import type { PositionEvent } from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { eventColumns, eventOf, type EventRow } from './event-codec.ts';
import { eventHashOf, hashedEventOf } from './hash-chain.ts';
import { exactInstant } from './place-in-time.ts';
import { requireReplayRoom } from './replay-room.ts';
import { loadUnchecked, type UncheckedPosition } from './stored-positions.ts';

export interface ChainedEvent {
  readonly version: number;
  /** Null when what is stored cannot be read as an event. */
  readonly event: PositionEvent | null;
  /** To the microsecond, of a form that sorts like time. */
  readonly recordedAt: string;
  /** As stored; null before chains were kept. */
  readonly hash: string | null;
  /** Of its content, and of the stored hash before it. */
  readonly computedHash: string;
  /** Which event the command with the id of its trade is said to have led to. */
  readonly command: CommandRef | null;
}

export interface CommandRef {
  readonly positionKey: string;
  readonly eventVersion: number;
}

export interface ChainPage {
  /** Versions from here on. */
  readonly after: number;
  readonly upTo: number;
  readonly limit: number;
  /** Stored with the event `after`; null before the first. */
  readonly previousHash: string | null;
}

export type EventChain = ReturnType<typeof createEventChain>;

export function createEventChain(sql: Sql) {
  return {
    /** As it lies there; undefined when there is none. Throws when its history is too long. */
    async stored(key: PositionKey): Promise<UncheckedPosition | undefined> {
      const stored = await loadUnchecked(sql, key.text);
      requireReplayRoom(stored?.version ?? 0);
      return stored;
    },

    /** In version order. */
    async page(
      key: PositionKey,
      { after, upTo, limit, previousHash }: ChainPage,
    ): Promise<readonly ChainedEvent[]> {
      const rows = await sql<ChainRow[]>`
        with stream as (
          select ${eventColumns(sql)}, schema_ver, event_hash,
            ${exactInstant(sql, 'recorded_at')} as exact
          from positions.event_store
          where position_key = ${key.text} and event_ver > ${after} and event_ver <= ${upTo}
          order by event_ver limit ${limit})
        select stream.*, command.position_key as command_key, command.event_ver as command_ver
        from stream left join positions.idempotency_store command
          on command.command_id = stream.trade_id
        order by stream.event_ver`;
      let previous = previousHash;
      return rows.map((row) => {
        const computedHash = eventHashOf(previous, hashedEventOf(row));
        previous = row.event_hash;
        return {
          version: row.event_ver,
          event: readOrNull(row, key),
          recordedAt: row.exact,
          hash: row.event_hash,
          computedHash,
          command: commandOf(row),
        };
      });
    },
  };
}

type ChainRow = EventRow & {
  readonly position_key: string;
  readonly schema_ver: number;
  readonly event_hash: string | null;
  readonly exact: string;
  readonly command_key: string | null;
  readonly command_ver: number | null;
};

/** What somebody wrote past us may be anything: that is a finding, and no failure. */
function readOrNull(row: ChainRow, key: PositionKey): PositionEvent | null {
  try {
    return eventOf(row, key);
  } catch {
    return null;
  }
}

function commandOf({ command_key: positionKey, command_ver: eventVersion }: ChainRow) {
  return positionKey === null || eventVersion === null ? null : { positionKey, eventVersion };
}
