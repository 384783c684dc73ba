/** What was looked at before an order went out, and why an order may be refused. */

/** Reasons for refusing an order, in order of precedence. */
export const ORDER_REFUSE_REASONS = [
  'DUPLICATE_CL_ORD_ID_DIFFERENT_CONTENT',
  'ORD_TYPE_NOT_SUPPORTED',
  'TIME_IN_FORCE_NOT_SUPPORTED',
  'UNKNOWN_INSTRUMENT',
  'INSTRUMENT_NOT_TRADABLE',
  'INVALID_QUANTITY',
  'INVALID_PRICE',
  'UNKNOWN_ACCOUNT',
  'CURRENCY_MISMATCH',
  'NO_REFERENCE_PRICE',
  'INSUFFICIENT_FUNDS',
  'INSUFFICIENT_HOLDINGS',
] as const;
export type OrderRefuseReason = (typeof ORDER_REFUSE_REASONS)[number];

/** The checks, in the order in which they are made. */
export const PRE_TRADE_CHECK_CODES = [
  'ORD_TYPE',
  'TIME_IN_FORCE',
  'INSTRUMENT',
  'TRADABLE',
  'QUANTITY',
  'PRICE',
  'ACCOUNT',
  'CURRENCY',
  'REFERENCE_PRICE',
  'BUYING_POWER',
  'HOLDINGS',
] as const;
export type PreTradeCheckCode = (typeof PRE_TRADE_CHECK_CODES)[number];

export interface PreTradeCheck {
  readonly code: PreTradeCheckCode;
  readonly passed: boolean;
  /** What is allowed; null when the check has no bound of its own. */
  readonly limit: string | null;
  /** What was found; null when there was nothing. */
  readonly actual: string | null;
}
