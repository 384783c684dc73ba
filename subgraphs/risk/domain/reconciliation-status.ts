/** How far what a figure rests on is known to be right. */

/** From best to worst. */
export const RECONCILIATION_STATUSES = ['RECONCILED', 'PROVISIONAL', 'PENDING'] as const;
export type ReconciliationStatus = (typeof RECONCILIATION_STATUSES)[number];

/**
 * The status of a figure made of all of these: one PENDING input makes it PENDING, else one
 * PROVISIONAL makes it PROVISIONAL. RECONCILED when there are none, for nothing is estimated.
 */
export function worstOf(statuses: Iterable<ReconciliationStatus>): ReconciliationStatus {
  const found = new Set(statuses);
  return RECONCILIATION_STATUSES.findLast((status) => found.has(status)) ?? 'RECONCILED';
}
