/**
 * Positions as they stood after an event, written every 500 versions: a replay begins with the last
 * one that it may begin with, and reads only the events behind it.
 */

import type { Sql } from 'postgres';
import { instantText } from '#platform/instant-column';
import type { BusinessDate } from '#kernel/business-date';
import type { Logger } from '#platform/logger';
import type { Position } from '../domain/position.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { positionOf } from './value-codecs.ts';

/** Versions from one checkpoint of a position to the next. */
export const CHECKPOINT_EVERY = 500;
/** Waiting to be written; one more is left out, and the next one of its position comes instead. */
export const MAX_WAITING_CHECKPOINTS = 64;

export interface CheckpointAsked {
  /** Left out: whatever counts. */
  readonly effectiveAt?: BusinessDate | undefined;
  readonly knownAtMs?: number | undefined;
  /** The last version that may be in it. */
  readonly upTo?: number | undefined;
}

export type Checkpoints = ReturnType<typeof createCheckpoints>;

export function createCheckpoints(deps: { readonly sql: Sql; readonly logger: Logger }) {
  const { sql, logger } = deps;
  const waiting: { readonly key: PositionKey; readonly position: Position }[] = [];
  /** Positions that passed a checkpoint while something late was pending. */
  const overdue = new Set<string>();
  let writing: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      try {
        await writeCheckpoint(sql, next.key, next.position);
      } catch (error) {
        // Nothing is lost but time: a replay begins further back.
        logger.warn({ err: error, positionKey: next.key.text }, 'a checkpoint was not written');
      }
    }
    writing = undefined;
  }

  return {
    /** Writes one in the background, when it is time; nobody waits for it. */
    offer(key: PositionKey, before: Position, after: Position): void {
      const isDue =
        Math.floor(before.version / CHECKPOINT_EVERY) <
        Math.floor(after.version / CHECKPOINT_EVERY);
      if (!isDue && (overdue.size === 0 || !overdue.has(key.text))) return;
      if (after.pendingBackdated > 0) {
        if (overdue.size < MAX_WAITING_CHECKPOINTS) overdue.add(key.text);
        return;
      }
      overdue.delete(key.text);
      if (waiting.length >= MAX_WAITING_CHECKPOINTS) return;
      waiting.push({ key, position: after });
      writing ??= Promise.resolve().then(writeAll);
    },

    /** Resolves when what was offered so far is written. */
    async settled(): Promise<void> {
      await writing;
    },

    /** The newest one that was recorded by then, of days up to then; undefined when none was. */
    newestFor: (key: PositionKey, asked: CheckpointAsked) => newestFor(sql, key, asked),
  };
}

async function writeCheckpoint(sql: Sql, key: PositionKey, position: Position): Promise<void> {
  const state = JSON.stringify(positionOf(key).write(position));
  await sql`
    insert into positions.checkpoint (position_key, event_ver, recorded_at, last_effective_date,
      state)
    select position_key, event_ver, recorded_at, ${position.lastEffectiveDate}::text::date,
      ${state}::text::jsonb
    from positions.event_store
    where position_key = ${key.text} and event_ver = ${position.version}
    on conflict do nothing`;
}

export async function newestFor(
  sql: Sql,
  key: PositionKey,
  { effectiveAt, knownAtMs, upTo }: CheckpointAsked,
): Promise<Position | undefined> {
  const [row] = await sql<{ state: unknown }[]>`
    select state from positions.checkpoint
    where position_key = ${key.text}
      ${knownAtMs === undefined ? sql`` : sql`and recorded_at < ${instantText(knownAtMs + 1)}`}
      ${effectiveAt === undefined ? sql`` : sql`and last_effective_date <= ${effectiveAt}`}
      ${upTo === undefined ? sql`` : sql`and event_ver <= ${upTo}`}
    order by event_ver desc limit 1`;
  return row && positionOf(key).read(row.state);
}
