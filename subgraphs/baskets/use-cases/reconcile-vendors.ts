/**
 * What was sent to the vendors against what they acknowledged: each minute, and once a day more.
 */

import { addDays, type BusinessDate, startOfUtcDay, utcDateOf } from '#kernel/business-date';
import type { PublicationStore } from '../store/publications.ts';
import type { VendorReconciliationStore } from '../store/vendor-reconciliations.ts';

/** By then a price has its answer, or a newer one has taken its place. */
export const SETTLED_AFTER_MS = 30_000;
/** Rows of single prices are kept so long; the counts of a day stay. */
export const PUBLICATIONS_KEPT_DAYS = 7;
const ROWS_FORGOTTEN_AT_ONCE = 20_000;

export interface ReconcileDeps {
  readonly reconciliations: Pick<VendorReconciliationStore, 'count' | 'recount'>;
  readonly publications: Pick<PublicationStore, 'forget'>;
}

/** Answers with the day it counted last: the next call takes it, to know when a day is over. */
export async function reconcileVendors(
  { reconciliations, publications }: ReconcileDeps,
  { nowMs, countedLast }: { readonly nowMs: number; readonly countedLast: BusinessDate | null },
): Promise<BusinessDate> {
  const throughMs = nowMs - SETTLED_AFTER_MS;
  const date = utcDateOf(throughMs);
  // After a restart the day before may have been left unfinished.
  if (countedLast !== date) await reconciliations.recount(countedLast ?? addDays(date, -1));
  await reconciliations.count(date, throughMs);
  const keptFrom = addDays(utcDateOf(nowMs), -PUBLICATIONS_KEPT_DAYS);
  await publications.forget(startOfUtcDay(keptFrom), ROWS_FORGOTTEN_AT_ONCE);
  return date;
}
