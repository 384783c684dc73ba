/**
 * The chain of hashes through the events of a position: each covers the one before it and its own
 * content, so that no event can be changed, left out or slipped in unseen. The time of recording is
 * not covered: the database sets it while it writes.
 */

import { hash } from 'node:crypto';
import { decimal } from '#kernel/decimal';
import { amount } from '#kernel/money';
import { instantOf, instantText } from '#platform/instant-column';
import type { CommandOrigin, EventFields, EventRow } from './event-codec.ts';

export interface HashedEvent {
  readonly positionKey: string;
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  readonly fields: EventFields;
  readonly origin: CommandOrigin;
}

/** SHA-256 as base64url, 43 characters. */
export function eventHashOf(previous: string | null, event: HashedEvent): string {
  const { fields, origin } = event;
  const content = JSON.stringify([
    previous,
    event.positionKey,
    event.version,
    event.type,
    event.schemaVersion,
    fields.effectiveDate,
    fields.executedAt,
    fields.tradeId,
    fields.uti,
    fields.side,
    textOf(fields.quantity),
    textOf(fields.price),
    textOf(fields.fees),
    textOf(fields.realizedPnl),
    fields.payload,
    fields.metaLots,
    origin.correlationId,
    origin.causationId,
    origin.user,
    origin.source,
  ]);
  return hash('sha256', content, 'base64url');
}

const textOf = (value: bigint | null): string | null => (value === null ? null : String(value));

/** The content of a stored event: the same as when it was written, if nobody has changed it. */
export function hashedEventOf(
  row: EventRow & { readonly position_key: string; readonly schema_ver: number },
): HashedEvent {
  return {
    positionKey: row.position_key,
    version: row.event_ver,
    type: row.event_type,
    schemaVersion: row.schema_ver,
    fields: {
      effectiveDate: row.effective_date,
      executedAt: row.executed_at === null ? null : instantText(instantOf(row.executed_at)),
      tradeId: row.trade_id,
      uti: row.uti,
      side: row.side,
      quantity: row.quantity,
      price: row.price,
      fees: amountIn(row.fees),
      realizedPnl: amountIn(row.realized_pnl),
      payload: canonicalText(row.payload),
      metaLots: row.meta_lots === null ? null : canonicalText(row.meta_lots),
    },
    origin: {
      source: row.source,
      user: row.user_id,
      correlationId: row.correlation_id,
      causationId: row.causation_id,
    },
  };
}

const amountIn = (text: string | null) => (text === null ? null : amount(decimal(text)));

/** JSON with the fields in order of name: how events are written, and Postgres forgets it. */
export function canonicalText(stored: unknown): string {
  return JSON.stringify(stored, (_field, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
