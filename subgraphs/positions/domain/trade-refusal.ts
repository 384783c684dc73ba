/** Why a trade is not recorded. In order of precedence: the first that holds is the answer. */
export const TRADE_REFUSAL_REASONS = [
  'INVALID_TRADE_ID',
  'INVALID_KEY',
  'UNKNOWN_INSTRUMENT',
  'INVALID_QUANTITY',
  'INVALID_PRICE',
  'CURRENCY_MISMATCH',
  'NEGATIVE_FEES',
  'EFFECTIVE_DATE_TOO_FAR',
  'EXECUTED_IN_THE_FUTURE',
  'DUPLICATE_TRADE_ID_DIFFERENT_CONTENT',
  'FORWARD_DATED_NOT_SUPPORTED',
  'BACKDATED_NOT_SUPPORTED',
  'TOO_MANY_LOTS',
  'FIGURES_OUT_OF_RANGE',
  'NOT_PROCESSED',
] as const;

export type TradeRefusalReason = (typeof TRADE_REFUSAL_REASONS)[number];
