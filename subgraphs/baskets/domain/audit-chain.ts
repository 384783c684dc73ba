/** The audit trail: one row per command on a basket, each carrying the hash of the row before. */

import type { BasketRefusalReason } from './refusal-reason.ts';
import type { BasketEvent, BasketState } from './transition-table.ts';

export interface AuditEntry {
  readonly basketId: string;
  /** 1, 2, 3, ... per basket. */
  readonly number: number;
  readonly event: BasketEvent;
  /** Null for the creation. */
  readonly from: BasketState | null;
  /** Equal to `from` when refused. */
  readonly to: BasketState;
  readonly versionNumber: number;
  readonly versionHash: string;
  readonly actor: string;
  /** The roles the actor held, in the order of the token. */
  readonly actorRoles: readonly string[];
  /** Null when nobody else was acted for. */
  readonly onBehalfOf: string | null;
  readonly comment: string | null;
  /** Null when the command was accepted. */
  readonly refusal: BasketRefusalReason | null;
  readonly commandId: string | null;
  readonly correlationId: string;
  readonly recordedAtMs: number;
  /** Null for the first row of a basket. */
  readonly previousHash: string | null;
}

/** What the hash of a row is taken over: every column in a fixed order, the previous hash too. */
export function canonicalEntry(entry: AuditEntry): string {
  return JSON.stringify([
    1,
    entry.basketId,
    entry.number,
    entry.event,
    entry.from,
    entry.to,
    entry.versionNumber,
    entry.versionHash,
    entry.actor,
    entry.actorRoles,
    entry.onBehalfOf,
    entry.comment,
    entry.refusal,
    entry.commandId,
    entry.correlationId,
    entry.recordedAtMs,
    entry.previousHash,
  ]);
}

/** The number of the first row that does not fit its hash or its predecessor; null when all do. */
export function firstBrokenLink(
  rows: readonly (AuditEntry & { readonly hash: string })[],
  hash: (text: string) => string,
): number | null {
  let previousHash: string | null = null;
  for (const row of rows) {
    if (row.previousHash !== previousHash || hash(canonicalEntry(row)) !== row.hash) {
      return row.number;
    }
    previousHash = row.hash;
  }
  return null;
}
