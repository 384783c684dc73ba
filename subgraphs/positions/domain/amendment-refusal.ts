/** Why a trade is not amended. In order of precedence. */
export const AMENDMENT_REFUSAL_REASONS = [
  'UNKNOWN_TRADE',
  'ALREADY_BUSTED',
  'NOTHING_AMENDED',
  /** A trade in the lots cannot move to a day after today: it is busted and booked anew. */
  'EFFECTIVE_DATE_IN_FUTURE',
  /** A booking cannot move to today or before: it is busted and recorded anew. */
  'EFFECTIVE_DATE_NOT_IN_FUTURE',
  'TOO_MANY_LOTS',
  'FIGURES_OUT_OF_RANGE',
] as const;

export type AmendmentRefusalReason = (typeof AMENDMENT_REFUSAL_REASONS)[number];
