/** Why a trade is not busted. In order of precedence. */
export const BUST_REFUSAL_REASONS = [
  'UNKNOWN_TRADE',
  /** It was changed so often that what it says now is not looked up any longer. */
  'TOO_MANY_CHANGES',
  'ALREADY_BUSTED',
  'TOO_MANY_LOTS',
  'FIGURES_OUT_OF_RANGE',
  'NOT_PROCESSED',
] as const;

export type BustRefusalReason = (typeof BUST_REFUSAL_REASONS)[number];
