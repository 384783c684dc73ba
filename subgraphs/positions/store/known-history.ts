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
import { eventsButTrades } from './event-rows.ts';
import { type History, loadHistory } from './history.ts';
import { requireReplayRoom } from './replay-room.ts';

/** Before a replay begins with the first event. */
export const MAX_CHECKPOINTS_TRIED = 2;

export interface KnownAt {
  /** The last event to be counted. */
  readonly upTo: number;
  /** The instant that `upTo` was found for; null for now. */
  readonly knownAtMs: number | null;
  /** What counts later may be left out; null: nothing. */
  readonly effectiveAt: BusinessDate | null;
  /** Something of that day is to be counted, too; null: nothing but the history. */
  readonly withDay?: BusinessDate | null;
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

    /** From a checkpoint that the events behind it leave alone, else from the first event. */
    async load(key: PositionKey, asked: KnownAt): Promise<History> {
      const { upTo, knownAtMs, effectiveAt, withDay = null } = asked;
      let day = earlier(effectiveAt, withDay);
      for (let tried = 0; tried < MAX_CHECKPOINTS_TRIED; tried += 1) {
        const from = await newestFor(sql, key, {
          upTo,
          ...(day !== null && { effectiveAt: day }),
          ...(knownAtMs !== null && { knownAtMs }),
        });
        if (from === undefined) break;
        const events = await eventsOf(sql, key, { after: from.version, upTo, effectiveAt });
        if (canStartFrom(from, events, effectiveAt)) return { from, events };
        day = events.reduce(earliestLate, day);
      }
      return { from: initialPosition, events: await eventsOf(sql, key, { after: 0, ...asked }) };
    },
  };
}

interface Stretch {
  readonly after: number;
  readonly upTo: number;
  readonly effectiveAt: BusinessDate | null;
}

/** In version order; trades that count only after the day are left out where nothing needs them. */
async function eventsOf(
  sql: Sql,
  key: PositionKey,
  { after, upTo, effectiveAt }: Stretch,
): Promise<readonly HistoryEvent[]> {
  requireReplayRoom(upTo - after);
  if (effectiveAt === null) return loadHistory(sql, key, { after, upTo });
  const lastTrade = await lastTradeUpTo(sql, key, { after, upTo, effectiveAt });
  const [counted, others] = await Promise.all([
    loadHistory(sql, key, { after, upTo: lastTrade }),
    eventsButTrades(sql, key, { after: lastTrade, upTo }),
  ]);
  // A trade that was moved, or chose its lots, is needed with the event that says so.
  const needsMore = others.some(
    ({ event }) => 'target' in event && event.target.version > lastTrade,
  );
  return needsMore ? loadHistory(sql, key, { after, upTo }) : counted.concat(others);
}

/** Version of the last trade that came in time and counts by that day; `after` when none does. */
async function lastTradeUpTo(
  sql: Sql,
  key: PositionKey,
  { after, upTo, effectiveAt }: Stretch,
): Promise<number> {
  const [row] = await sql<{ event_ver: number }[]>`
    select event_ver from positions.event_store
    where position_key = ${key.text} and event_ver > ${after} and event_ver <= ${upTo}
      and event_type = 'TRADE_APPLIED' and effective_date <= ${effectiveAt}
    order by event_ver desc limit 1`;
  return row?.event_ver ?? after;
}

/** The first day that something late concerns: an older checkpoint may not know it yet. */
function earliestLate(day: BusinessDate | null, { event }: HistoryEvent): BusinessDate | null {
  return latenessOf(event) === null ? day : earlier(day, effectiveDateOf(event));
}

function earlier(a: BusinessDate | null, b: BusinessDate | null): BusinessDate | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}
