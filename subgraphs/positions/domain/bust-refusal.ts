/** Why a trade is not busted. In order of precedence. */
export const BUST_REFUSAL_REASONS = [
  'UNKNOWN_TRADE',
  'ALREADY_BUSTED',
  'TOO_MANY_LOTS',
  'FIGURES_OUT_OF_RANGE',
] as const;

export type BustRefusalReason = (typeof BUST_REFUSAL_REASONS)[number];
