/** The history of a position as it was known at an instant, for replays. */

import type { Sql } from 'postgres';
import type { BusinessDate } from '#kernel/business-date';
import { instantText } from '#platform/instant-column';
import { canStartFrom } from '../domain/fold.ts';
import { initialPosition } from '../domain/position.ts';
import { effectiveDateOf, latenessOf } from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { HistoryEvent } from '../domain/timeline.ts';
import { newestFor } from './checkpoints.ts';
import { type History, loadHistory } from './history.ts';
import { requireReplayRoom } from './replay-room.ts';

/** Before a replay begins with the first event. */
export const MAX_CHECKPOINTS_TRIED = 2;

export interface KnownAt {
  /** The last event to be counted. */
  readonly upTo: number;
  /** Null: whatever counts. */
  readonly effectiveAt: BusinessDate | null;
  /** The instant that `upTo` was found for; null for now. */
  readonly knownAtMs: number | null;
}

export type KnownHistory = ReturnType<typeof createKnownHistory>;

export function createKnownHistory(sql: Sql) {
  return {
    /** Of the last event recorded by then, null for now; 0 when there was none. */
    async lastVersion(key: PositionKey, knownAtMs: number | null): Promise<number> {
      // An instant of ours has milliseconds and events are finer: all of the millisecond counts.
      const known =
        knownAtMs === null ? sql`` : sql`and recorded_at < ${instantText(knownAtMs + 1)}`;
      const [row] = await sql<{ event_ver: number }[]>`
        select event_ver from positions.event_store where position_key = ${key.text} ${known}
        order by event_ver desc limit 1`;
      return row?.event_ver ?? 0;
    },

    /** All events up to a version, in version order. */
    async whole(key: PositionKey, upTo: number): Promise<readonly HistoryEvent[]> {
      requireReplayRoom(upTo);
      return loadHistory(sql, key, { after: 0, upTo });
    },

    /** From a checkpoint that the events behind it leave alone, else from the first event. */
    async load(key: PositionKey, { upTo, effectiveAt, knownAtMs }: KnownAt): Promise<History> {
      let day = effectiveAt;
      for (let tried = 0; tried < MAX_CHECKPOINTS_TRIED; tried += 1) {
        const from = await newestFor(sql, key, {
          ...(day !== null && { effectiveAt: day }),
          ...(knownAtMs !== null && { knownAtMs }),
        });
        if (from === undefined || from.version > upTo) break;
        requireReplayRoom(upTo - from.version);
        const events = await loadHistory(sql, key, { after: from.version, upTo });
        if (canStartFrom(from, events, effectiveAt)) return { from, events };
        day = earliestLate(events, day);
      }
      requireReplayRoom(upTo);
      return { from: initialPosition, events: await loadHistory(sql, key, { after: 0, upTo }) };
    },
  };
}

/** The first day that something late concerns: an older checkpoint may not know it yet. */
function earliestLate(
  events: readonly HistoryEvent[],
  day: BusinessDate | null,
): BusinessDate | null {
  let earliest = day;
  for (const { event } of events) {
    if (latenessOf(event) === null) continue;
    const date = effectiveDateOf(event);
    if (earliest === null || date < earliest) earliest = date;
  }
  return earliest;
}
