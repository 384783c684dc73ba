/** What the writers of the partitions ask of the database. */

import postgres, { type Sql } from 'postgres';
import { isOutage } from '#platform/outage';
import type { PositionKey } from '../domain/position-key.ts';
import type { KnownEvent } from '../domain/timeline.ts';
import { TRADE_CLASSIFICATIONS, type TradeClassification } from '../domain/trade-classification.ts';
import { type WriteBatch, writeBatch } from './batch-statement.ts';
import { eventsAboutTrade, eventsAfter } from './event-rows.ts';
import type { StoredPosition } from './stored-position.ts';
import { loadStored } from './stored-positions.ts';

/** How a command that was carried out was answered. */
export interface StoredOutcome {
  readonly requestHash: string;
  readonly positionKey: string;
  /** Of the event that answers it. */
  readonly eventVersion: number;
  /** Of a trade; null for other commands. */
  readonly classification: TradeClassification | null;
  /** Of a trade; null when it is still to be generated, and for other commands. */
  readonly uti: string | null;
}

/** Events of its position that a command is decided on: about one trade, or all after a version. */
export type HistoryAsked = { readonly tradeId: string } | { readonly afterVersion: number };

/**
 * Why a batch did not get in. CONFLICT: somebody else wrote one of its positions or commands first.
 * UNAVAILABLE: the database is away, and the batch may be in or not. REJECTED: the batch is wrong.
 */
export type BatchFailure = 'CONFLICT' | 'UNAVAILABLE' | 'REJECTED';

export type TradeBatchStore = ReturnType<typeof createTradeBatchStore>;

/** `writerSql` is what batches are written by. */
export function createTradeBatchStore(sql: Sql, writerSql = sql) {
  return {
    async outcomesOf(commandIds: readonly string[]): Promise<ReadonlyMap<string, StoredOutcome>> {
      if (commandIds.length === 0) return new Map();
      const rows = await sql<OutcomeRow[]>`
        select kept.command_id, request_hash, position_key, event_ver, classification,
          coalesce(uti, (
            select pending.uti from positions.contract_pending pending
            where pending.trade_id = kept.command_id)) as uti
        from unnest(${[...commandIds]}::text[]) as asked (command_id) cross join lateral (
          select * from positions.idempotency_store stored
          where stored.command_id = asked.command_id offset 0) kept`;
      return new Map(rows.map((row) => [row.command_id, outcomeOf(row)]));
    },

    /** Positions without history are left out. */
    load: (keys: readonly string[]): Promise<ReadonlyMap<string, StoredPosition>> =>
      loadStored(sql, keys),

    /** In version order; null when there are more than `limit`. */
    async history(
      key: PositionKey,
      asked: HistoryAsked,
      limit: number,
    ): Promise<readonly KnownEvent[] | null> {
      const events =
        'tradeId' in asked
          ? await eventsAboutTrade(sql, key, asked.tradeId)
          : await eventsAfter(sql, key, { after: asked.afterVersion, limit: limit + 1 });
      return events.length > limit ? null : events;
    },

    /** All of it or nothing. Answers how the positions are stored now, in the order given. */
    commit: (batch: WriteBatch): Promise<readonly StoredPosition[]> => writeBatch(writerSql, batch),

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
  readonly classification: string | null;
  readonly uti: string | null;
}

function outcomeOf(row: OutcomeRow): StoredOutcome {
  return {
    requestHash: row.request_hash,
    positionKey: row.position_key,
    eventVersion: row.event_ver,
    classification: TRADE_CLASSIFICATIONS.find((each) => each === row.classification) ?? null,
    uti: row.uti,
  };
}
