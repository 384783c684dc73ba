/** Why lots are not elected for a recorded sale. In order of precedence. */
export const ELECTION_REFUSAL_REASONS = [
  'UNKNOWN_TRADE',
  /** Another command has the command id already. */
  'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT',
  /** It was changed so often that what it says now is not looked up any longer. */
  'TOO_MANY_CHANGES',
  'ALREADY_BUSTED',
  /** A booking: its lots are chosen when it counts. */
  'NOT_EFFECTIVE_YET',
  /** The lots of a sale are chosen no later than its settlement. */
  'SETTLED_ALREADY',
  'LOTS_NOT_ELECTED',
  'INVALID_LOT_ELECTION',
  'NOT_PROCESSED',
] as const;

export type ElectionRefusalReason = (typeof ELECTION_REFUSAL_REASONS)[number];
