/** Compares what was sent with what was acknowledged, each minute. */

import type { BusinessDate } from '#kernel/business-date';
import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import { type ReconcileDeps, reconcileVendors } from '../use-cases/reconcile-vendors.ts';
import { repeat, type Repeating } from './repeating.ts';

const USUAL_EVERY_MS = 60_000;

export function startVendorReconciliation(
  deps: ReconcileDeps & {
    readonly clock: Pick<Clock, 'nowMs'>;
    readonly logger: Logger;
    readonly everyMs?: number;
  },
): Repeating {
  const { clock, logger, everyMs = USUAL_EVERY_MS } = deps;
  let countedLast: BusinessDate | null = null;
  const work = async () => {
    countedLast = await reconcileVendors(deps, { nowMs: clock.nowMs(), countedLast });
  };
  return repeat(work, { everyMs, name: 'reconcile vendors', logger });
}
