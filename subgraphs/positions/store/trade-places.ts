/** Where trades are: their positions, by the ids under which they were recorded. */

import type { Sql } from 'postgres';
import type { PositionKey } from '../domain/position-key.ts';
import { type SnapshotRow, summaryColumns, summaryOf } from './snapshot-codec.ts';

export type TradePlaces = ReturnType<typeof createTradePlaces>;

export function createTradePlaces(sql: Sql) {
  return {
    /** Undefined for a trade that was never recorded. */
    async placeOf(tradeId: string): Promise<PositionKey | undefined> {
      // Ids of other commands share the table; only trades have a classification.
      const [row] = await sql<SnapshotRow[]>`
        select ${summaryColumns(sql)} from positions.snapshot_store
        where position_key = (
          select position_key from positions.idempotency_store
          where command_id = ${tradeId} and classification is not null)`;
      return row && summaryOf(row).key;
    },
  };
}
