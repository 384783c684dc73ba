/** Events as they are kept, whatever their type: what audits read and exports write. */

import { type CurrencyCode, currencyCode } from '#kernel/money';

export interface AuditedEvent {
  readonly positionKey: string;
  readonly version: number;
  readonly type: string;
  readonly schemaVersion: number;
  readonly effectiveDate: string;
  /** UTC to the microsecond, as `2026-11-20T14:30:00.123456Z`. */
  readonly recordedAt: string;
  readonly executedAt: string | null;
  /** Null, like the next six, when it is no trade. */
  readonly tradeId: string | null;
  readonly uti: string | null;
  readonly side: string | null;
  /** Decimals of 1e-8. */
  readonly quantity: bigint | null;
  readonly price: bigint | null;
  readonly fees: bigint | null;
  readonly contractId: string | null;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly user: string;
  readonly source: string;
  /** JSON. */
  readonly payloadText: string;
  /** JSON; null when nothing was taken from any lot. */
  readonly lotsText: string | null;
}

/** Null or left out: no condition. */
export interface AuditFilter {
  readonly positionKey?: string | null | undefined;
  readonly bookId?: string | null | undefined;
  readonly accountId?: string | null | undefined;
  readonly symbol?: string | null | undefined;
  readonly contractId?: string | null | undefined;
  readonly correlationId?: string | null | undefined;
  readonly tradeId?: string | null | undefined;
  readonly user?: string | null | undefined;
  readonly types?: readonly string[] | null | undefined;
  /** Recorded then or later. */
  readonly fromMs?: number | null | undefined;
  /** Recorded before. */
  readonly toMs?: number | null | undefined;
  /** Recorded before, to the microsecond. */
  readonly before?: string | null | undefined;
}

/** Where an event stands in the order of the audit: by time, then position, then version. */
export type AuditPlace = Pick<AuditedEvent, 'recordedAt' | 'positionKey' | 'version'>;

/** Of the price and the fees: the fourth part of the position's key. */
export function currencyOf({ positionKey }: Pick<AuditedEvent, 'positionKey'>): CurrencyCode {
  return currencyCode(positionKey.split('|')[3] ?? '');
}
