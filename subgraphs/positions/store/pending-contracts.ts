/** Trades that wait for their contract; the writers put them here with the trade's event. */

import type { Sql } from 'postgres';
import { invariant } from '#platform/errors';
import type { Trade } from '../domain/trade.ts';
import type { EventRef, PositionRepository } from './positions.ts';

export interface PendingContract {
  readonly trade: Trade;
  /** Of the trade's event. */
  readonly correlationId: string;
  readonly eventId: string;
  /** Failed so far. */
  readonly attempts: number;
  /** A late trade whose position was closed by its correction. */
  readonly isUnneeded: boolean;
}

export type PendingContracts = ReturnType<typeof createPendingContracts>;

export function createPendingContracts(
  sql: Sql,
  positions: Pick<PositionRepository, 'byKeys' | 'eventsOf'>,
) {
  return {
    /**
     * Those that are due, longest due first, out of the reach of others for a while. Late trades
     * are due when nothing late is left to be corrected in their position.
     */
    async claim({ limit, forMs }: { limit: number; forMs: number }) {
      const rows = await sql<PendingRow[]>`
        update positions.contract_pending as claimed
        set next_attempt_at = clock_timestamp() + ${forMs} * interval '1 millisecond'
        from (
          select pending.trade_id from positions.contract_pending pending
            join positions.snapshot_store snapshot using (position_key)
          where pending.settled_at is null and pending.next_attempt_at <= clock_timestamp()
            and (pending.classification <> 'BACKDATED' or snapshot.pending_backdated = 0)
          order by pending.next_attempt_at limit ${limit}
          for update of pending skip locked
        ) due
        where claimed.trade_id = due.trade_id
        returning claimed.trade_id, claimed.position_key, claimed.event_ver,
          claimed.classification, claimed.attempts`;
      return pendingOf(positions, rows);
    },

    /** With its UTI, or without one when none is needed any longer. */
    async settle(
      settled: readonly { readonly tradeId: string; readonly uti: string | null }[],
    ): Promise<void> {
      if (settled.length === 0) return;
      await sql`
        update positions.contract_pending as pending
        set uti = settled.uti, settled_at = clock_timestamp(), last_error = null,
          outcome = case when settled.uti is null then 'POSITION_CLOSED' else 'GENERATED' end
        from unnest(
          ${settled.map(({ tradeId }) => tradeId)}::text[],
          ${settled.map(({ uti }) => uti)}::text[]
        ) as settled (trade_id, uti)
        where pending.trade_id = settled.trade_id`;
    },

    /** Counts an attempt that failed. */
    async putOff(
      later: readonly { readonly tradeId: string; readonly afterMs: number }[],
      error: string,
    ): Promise<void> {
      await sql`
        update positions.contract_pending as pending
        set attempts = attempts + 1, last_error = ${error},
          next_attempt_at = clock_timestamp() + later.after_ms * interval '1 millisecond'
        from unnest(
          ${later.map(({ tradeId }) => tradeId)}::text[],
          ${later.map(({ afterMs }) => String(afterMs))}::text[]::float8[]
        ) as later (trade_id, after_ms)
        where pending.trade_id = later.trade_id`;
    },
  };
}

interface PendingRow {
  readonly trade_id: string;
  readonly position_key: string;
  readonly event_ver: number;
  readonly classification: string;
  readonly attempts: number;
}

async function pendingOf(
  positions: Pick<PositionRepository, 'byKeys' | 'eventsOf'>,
  rows: readonly PendingRow[],
): Promise<readonly PendingContract[]> {
  if (rows.length === 0) return [];
  const summaries = await positions.byKeys(rows.map((row) => row.position_key));
  const refs = rows.map((row): EventRef => {
    const summary = summaries.get(row.position_key);
    invariant(summary, `position ${row.position_key} of a pending contract is stored`);
    return { key: summary.key, version: row.event_ver };
  });
  const events = await positions.eventsOf(refs);
  return rows.map((row, index) => {
    const recorded = events[index];
    const event = recorded?.event;
    invariant(event && 'trade' in event, `trade ${row.trade_id} of a pending contract is stored`);
    const isClosed = summaries.get(row.position_key)?.figures.quantity === 0n;
    return {
      trade: event.trade,
      correlationId: recorded.correlationId,
      eventId: `${row.position_key}#${row.event_ver}`,
      attempts: row.attempts,
      isUnneeded: row.classification === 'BACKDATED' && isClosed,
    };
  });
}
