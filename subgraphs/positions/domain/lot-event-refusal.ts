/**
 * Why a price reset, a corporate action, a method change or received lots do not count. In order of
 * precedence.
 */
export const LOT_EVENT_REFUSAL_REASONS = [
  'EFFECTIVE_DATE_IN_FUTURE',
  /** There is no lot to reset or to act on. */
  'NOTHING_OPEN',
  'INVALID_ACTION',
  /** The method is in force already. */
  'NOTHING_CHANGED',
  /** Received lots are all long or all short: those of one position. */
  'OPPOSITE_SIDE',
  'TOO_MANY_LOTS',
  'FIGURES_OUT_OF_RANGE',
] as const;

export type LotEventRefusalReason = (typeof LOT_EVENT_REFUSAL_REASONS)[number];
