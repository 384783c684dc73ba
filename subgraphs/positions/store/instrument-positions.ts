/** The positions in an instrument, for what concerns them all. */

import type { Fragment, Sql } from 'postgres';
import type { BusinessDate } from '#kernel/business-date';
import { currencyCode } from '#kernel/money';
import type { PositionKey } from '../domain/position-key.ts';
import type { TradedInstrument } from '../domain/trade.ts';
import { type EventRow, eventColumns, type RecordedEvent, recordedEventOf } from './event-codec.ts';
import { type SnapshotRow, summaryColumns, summaryOf } from './snapshot-codec.ts';

export interface ConcernedPositions {
  readonly instrumentId: string;
  /** Null: all of them. */
  readonly contractId: string | null;
  /** Positions whose first event counts later are left out. */
  readonly since: BusinessDate;
}

export type InstrumentPositions = ReturnType<typeof createInstrumentPositions>;

export function createInstrumentPositions(sql: Sql) {
  return {
    /** In order of key, closed ones included. */
    async page(
      concerned: ConcernedPositions,
      { after, limit }: { readonly after: string; readonly limit: number },
    ): Promise<readonly PositionKey[]> {
      const rows = await sql<SnapshotRow[]>`
        select ${summaryColumns(sql)} from positions.snapshot_store snapshot
        where ${isConcerned(sql, concerned)} and position_key > ${after}
          and exists (
            select from positions.event_store event
            where event.position_key = snapshot.position_key
              and event.effective_date <= ${concerned.since})
        order by position_key limit ${limit}`;
      return rows.map((row) => summaryOf(row).key);
    },

    /** Whether a command of the instrument was carried out under that id with other content. */
    async isTaken(
      { instrumentId }: Pick<ConcernedPositions, 'instrumentId'>,
      { commandId, requestHash }: { readonly commandId: string; readonly requestHash: string },
    ): Promise<boolean> {
      const rows = await sql`
        select from positions.snapshot_store snapshot
        join positions.idempotency_store done
          on done.command_id = ${`${commandId} `} || snapshot.position_key
        where snapshot.instrument_id = ${instrumentId} and done.request_hash <> ${requestHash}
        limit 1`;
      return rows.length > 0;
    },

    async corporateActionsOf(key: PositionKey): Promise<readonly RecordedEvent[]> {
      const rows = await sql<EventRow[]>`
        select ${eventColumns(sql)} from positions.event_store
        where position_key = ${key.text} and event_type = 'CORPORATE_ACTION_APPLIED'
        order by event_ver`;
      return rows.map((row) => recordedEventOf(row, key));
    },

    async instrumentById(instrumentId: string): Promise<TradedInstrument | undefined> {
      const [row] = await sql<{ symbol: string; currency: string }[]>`
        select symbol, currency from published.instruments
        where instrument_id = ${instrumentId}`;
      return row && { instrumentId, symbol: row.symbol, currency: currencyCode(row.currency) };
    },
  };
}

function isConcerned(sql: Sql, { instrumentId, contractId }: ConcernedPositions): Fragment {
  return sql`instrument_id = ${instrumentId}
    ${contractId === null ? sql`` : sql`and contract_id = ${contractId.toUpperCase()}`}`;
}
