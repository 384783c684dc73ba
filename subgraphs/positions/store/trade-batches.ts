/** What the writers of the partitions ask of the database. */

import postgres, { type Sql } from 'postgres';
import { invariant } from '#platform/errors';
import { isOutage } from '#platform/outage';
import type { Position } from '../domain/position.ts';
import { TRADE_CLASSIFICATIONS, type TradeClassification } from '../domain/trade-classification.ts';
import { type TradeBatch, writeBatch } from './batch-statement.ts';
import { summaryColumns } from './positions.ts';
import { lotsOf, type SnapshotRow, summaryOf } from './snapshot-codec.ts';

/** How a trade that is in was answered. */
export interface StoredOutcome {
  readonly requestHash: string;
  readonly positionKey: string;
  readonly eventVersion: number;
  readonly classification: TradeClassification;
  /** Null when it is still to be generated. */
  readonly uti: string | null;
}

/**
 * Why a batch did not get in. CONFLICT: somebody else wrote one of its positions or trades first.
 * UNAVAILABLE: the database is away, and the batch may be in or not. REJECTED: the batch is wrong.
 */
export type BatchFailure = 'CONFLICT' | 'UNAVAILABLE' | 'REJECTED';

export type TradeBatchStore = ReturnType<typeof createTradeBatchStore>;

export function createTradeBatchStore(sql: Sql) {
  return {
    async outcomesOf(tradeIds: readonly string[]): Promise<ReadonlyMap<string, StoredOutcome>> {
      const rows = await sql<OutcomeRow[]>`
        select command_id, request_hash, position_key, event_ver, classification,
          coalesce(uti, (
            select pending.uti from positions.contract_pending pending
            where pending.trade_id = command_id)) as uti
        from positions.idempotency_store where command_id = any(${[...tradeIds]}::text[])`;
      return new Map(rows.map((row) => [row.command_id, outcomeOf(row)]));
    },

    /** Positions without history are left out. */
    async load(keys: readonly string[]): Promise<ReadonlyMap<string, Position>> {
      const rows = await sql<(SnapshotRow & { readonly lots: unknown })[]>`
        select ${summaryColumns(sql)}, lots from positions.snapshot_store
        where position_key = any(${[...keys]}::text[])`;
      return new Map(
        rows.map((row) => {
          const position = { ...summaryOf(row).figures, lots: lotsOf(row.lots) };
          return [row.position_key, position];
        }),
      );
    },

    /** All of it or nothing. */
    commit: (batch: TradeBatch): Promise<void> => writeBatch(sql, batch),

    failureOf(error: unknown): BatchFailure {
      if (isOutage(error)) return 'UNAVAILABLE';
      if (!(error instanceof postgres.PostgresError)) return 'REJECTED';
      if (CONFLICT_CODES.has(error.code)) return 'CONFLICT';
      return REJECTED_CLASSES.has(error.code.slice(0, 2)) ? 'REJECTED' : 'UNAVAILABLE';
    },
  };
}

/** Unique violation, deadlock, serialization failure, and require_rows of the batch statement. */
const CONFLICT_CODES: ReadonlySet<string> = new Set(['23505', '40P01', '40001', 'PB001']);
/** Data exception, integrity violation, program limit. All else, such as a full disk, may pass. */
const REJECTED_CLASSES: ReadonlySet<string> = new Set(['22', '23', '54']);

interface OutcomeRow {
  readonly command_id: string;
  readonly request_hash: string;
  readonly position_key: string;
  readonly event_ver: number;
  readonly classification: string;
  readonly uti: string | null;
}

function outcomeOf(row: OutcomeRow): StoredOutcome {
  const classification = TRADE_CLASSIFICATIONS.find((each) => each === row.classification);
  invariant(classification, `stored classification ${row.classification} is known`);
  return {
    requestHash: row.request_hash,
    positionKey: row.position_key,
    eventVersion: row.event_ver,
    classification,
    uti: row.uti,
  };
}
