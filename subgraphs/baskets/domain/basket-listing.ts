/** Where a basket stands with the vendors. */

import type { Listing, VendorListing, VendorPlan } from './basket.ts';
import type { FactOf, ListingStart } from './basket-fact.ts';

const FRESH = { status: 'NOT_SENT', attempts: 0, vendorId: null, reason: null } as const;

/** Only vendors that do not list it begin again; a vendor that is not asked any more is kept. */
export function listingFrom(former: Listing | null, start: ListingStart): Listing {
  const { startedAtMs, deadlineMs, vendors: plans } = start;
  const before = former?.vendors ?? [];
  const begun = plans.map((plan) => begin(plan, before));
  const others = before.filter(({ vendor }) => !plans.some((plan) => plan.vendor === vendor));
  const left = others.map((each) => ({ ...each, isMandatory: false }));
  return { startedAtMs, deadlineMs, vendors: [...begun, ...left] };
}

function begin(plan: VendorPlan, before: readonly VendorListing[]): VendorListing {
  const known = before.find(({ vendor }) => vendor === plan.vendor);
  return known?.status === 'LISTED' ? { ...known, ...plan } : { ...plan, ...FRESH };
}

export function vendorReported(
  listing: Listing | null,
  { vendor, status, vendorId, reason }: FactOf<'VendorReported'>,
): Listing | null {
  if (listing === null) return null;
  const isFailure = status === 'REJECTED' || status === 'FAILED';
  return {
    ...listing,
    vendors: listing.vendors.map((each) =>
      each.vendor === vendor
        ? {
            ...each,
            status,
            vendorId: vendorId ?? each.vendorId,
            reason,
            attempts: each.attempts + (isFailure ? 1 : 0),
          }
        : each,
    ),
  };
}
