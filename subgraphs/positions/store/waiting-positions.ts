/** Positions that wait: for bookings to become effective, or for their correction. */

import type { Sql } from 'postgres';
import type { BusinessDate } from '#kernel/business-date';
import { currencyCode } from '#kernel/money';
import type { PositionKey } from '../domain/position-key.ts';

export interface ProvisionalPositions {
  readonly count: number;
  /** Since the first that waits for its correction became provisional; 0 without any. */
  readonly oldestSeconds: number;
  /** Those whose correction was refused: they stay so until somebody acts. */
  readonly refusedCount: number;
}

export type WaitingPositions = ReturnType<typeof createWaitingPositions>;

export function createWaitingPositions(sql: Sql) {
  return {
    /** In order of key, those after a key: with bookings of that day or before. */
    async withDueBookings(
      today: BusinessDate,
      { after, limit }: { readonly after: string; readonly limit: number },
    ): Promise<readonly PositionKey[]> {
      const rows = await sql<KeyRow[]>`
        select position_key, book_id, account_id, contract_id, instrument_id, symbol, currency
        from positions.snapshot_store
        where next_forward_date <= ${today} and position_key > ${after}
        order by position_key limit ${limit}`;
      return rows.map(keyOf);
    },

    /** In order of key, those of a contract after a key: corrections of theirs were refused. */
    async refusedUnder(
      contractId: string,
      { after, limit }: { readonly after: string; readonly limit: number },
    ): Promise<readonly PositionKey[]> {
      const rows = await sql<KeyRow[]>`
        select position_key, book_id, account_id, contract_id, instrument_id, symbol, currency
        from positions.snapshot_store
        where contract_id = ${contractId} and position_key > ${after}
          and status_reason is not null and provisional_since is not null
        order by position_key limit ${limit}`;
      return rows.map(keyOf);
    },

    async provisional(): Promise<ProvisionalPositions> {
      const [row] = await sql<[ProvisionalPositions]>`
        select count(*)::int as count,
          coalesce(extract(epoch from clock_timestamp() - min(provisional_since)
            filter (where status_reason is null)), 0)::float8 as "oldestSeconds",
          count(*) filter (where status_reason is not null)::int as "refusedCount"
        from positions.snapshot_store where provisional_since is not null`;
      return row;
    },
  };
}

interface KeyRow {
  readonly position_key: string;
  readonly book_id: string;
  readonly account_id: string;
  readonly contract_id: string | null;
  readonly instrument_id: string;
  readonly symbol: string;
  readonly currency: string;
}

function keyOf(row: KeyRow): PositionKey {
  return {
    text: row.position_key,
    bookId: row.book_id,
    accountId: row.account_id,
    contractId: row.contract_id,
    instrumentId: row.instrument_id,
    symbol: row.symbol,
    currency: currencyCode(row.currency),
    lane: 'NET',
  };
}
