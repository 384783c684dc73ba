/** Why a trade is not amended. In order of precedence. */
export const AMENDMENT_REFUSAL_REASONS = [
  'UNKNOWN_TRADE',
  /** Another amendment has the amendment id already. */
  'DUPLICATE_AMENDMENT_ID_DIFFERENT_CONTENT',
  /** It was changed so often that what it says now is not looked up any longer. */
  'TOO_MANY_CHANGES',
  'ALREADY_BUSTED',
  'INVALID_QUANTITY',
  'INVALID_PRICE',
  'NEGATIVE_FEES',
  'EFFECTIVE_DATE_TOO_FAR',
  'EXECUTED_IN_THE_FUTURE',
  'NOTHING_AMENDED',
  /** A trade in the lots cannot move to a day after today: it is busted and booked anew. */
  'EFFECTIVE_DATE_IN_FUTURE',
  /** A booking cannot move to today or before: it is busted and recorded anew. */
  'EFFECTIVE_DATE_NOT_IN_FUTURE',
  'TOO_MANY_LOTS',
  'FIGURES_OUT_OF_RANGE',
  'NOT_PROCESSED',
] as const;

export type AmendmentRefusalReason = (typeof AMENDMENT_REFUSAL_REASONS)[number];
