/** How each vendor is served: what was kept of it, and how its session is now. */

import type { Clock } from '#platform/clock';
import { PlatformError } from '#platform/errors';
import type { VendorPlan } from '../domain/basket.ts';
import type { Vendor, VendorStats } from '../domain/vendor.ts';
import type { VendorFigures, VendorServiceReader } from '../store/vendor-services.ts';

export interface WatchVendorsDeps {
  readonly services: VendorServiceReader;
  /** Of the configuration. */
  readonly plans: readonly VendorPlan[];
  /** Null in a process that another one serves the vendors for. */
  readonly vendors: () => readonly Vendor[] | null;
  readonly clock: Pick<Clock, 'nowMs'>;
}

export interface VendorService extends VendorFigures {
  readonly isMandatory: boolean;
  readonly stats: VendorStats | null;
}

export const MAX_SERVICE_MINUTES = 60;
const MS_PER_MINUTE = 60_000;

export async function watchVendors(
  { clock, plans, services, vendors }: WatchVendorsDeps,
  minutes: number,
): Promise<readonly VendorService[]> {
  if (minutes < 1 || minutes > MAX_SERVICE_MINUTES) {
    const expected = `expected 1 to ${MAX_SERVICE_MINUTES}`;
    throw new PlatformError('BAD_USER_INPUT', `minutes: ${expected}, was ${minutes}`);
  }
  const figures = await services.figures(clock.nowMs() - minutes * MS_PER_MINUTE);
  const open = vendors() ?? [];
  return plans.map(({ vendor, isMandatory }) => ({
    ...(figures.find((each) => each.vendor === vendor) ?? nothingOf(vendor)),
    isMandatory,
    stats: open.find(({ name }) => name === vendor)?.stats() ?? null,
  }));
}

const nothingOf = (vendor: string): VendorFigures => ({
  vendor,
  sent: 0,
  acked: 0,
  refused: 0,
  unanswered: 0,
  publishMsP50: null,
  publishMsP95: null,
  publishMsP99: null,
  publishBreaches: 0,
  cadenceBreaches: 0,
});
