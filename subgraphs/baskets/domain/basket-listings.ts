/** Commands around the listing with the vendors. */

import { accept, refuse } from '#kernel/decision';
import { type Basket, hasQuorum } from './basket.ts';
import { LISTING_SLA_MS, listingStart } from './basket-approvals.ts';
import type { Asked, CommandOf } from './basket-command.ts';
import type { BasketDecision } from './basket-decision.ts';
import type { BasketFact } from './basket-fact.ts';

type Report = Pick<CommandOf<'NoteVendor'>, 'vendor' | 'status' | 'vendorId' | 'reason'>;

/** Rows 18 and 19. */
export function reportVendor(basket: Basket, command: CommandOf<'ReportVendor'>): BasketDecision {
  return unknownVendor(basket, command) ?? accept(reportOf(command));
}

/** Beside the life cycle: what is on its way, comes late, or goes away. */
export function noteVendor(basket: Basket, command: CommandOf<'NoteVendor'>): BasketDecision {
  const unknown = unknownVendor(basket, command);
  if (unknown) return unknown;
  const { vendor, status, vendorId, reason } = command;
  const now = basket.listing?.vendors.find((each) => each.vendor === vendor);
  const isNews =
    now?.status !== status || now.reason !== reason || (vendorId ?? now.vendorId) !== now.vendorId;
  return isNews ? accept(reportOf(command)) : accept();
}

function reportOf({ vendor, status, vendorId, reason }: Report): BasketFact {
  return { type: 'VendorReported', vendor, status, vendorId, reason };
}

function unknownVendor({ listing }: Basket, { vendor }: Report) {
  const vendors = listing?.vendors.map((each) => each.vendor) ?? [];
  if (vendors.includes(vendor)) return undefined;
  return refuse(
    'UNKNOWN_VENDOR' as const,
    `expected one of ${vendors.join(', ') || 'none'}, was ${vendor}`,
  );
}

export function completeListing(
  { listing }: Basket,
  { level }: CommandOf<'CompleteListing'>,
  { atMs }: Asked,
): BasketDecision {
  if (listing === null || !hasQuorum(listing)) {
    const open = listing?.vendors.filter((each) => each.isMandatory && each.status !== 'LISTED');
    return refuse(
      'QUORUM_NOT_REACHED',
      `expected every mandatory vendor to list it, not yet: ${open
        ?.map(({ vendor, status }) => `${vendor} (${status})`)
        .join(', ')}`,
    );
  }
  if (level === null || level <= 0n) {
    return refuse('NO_VALUATION', 'expected a first valid level, was none');
  }
  return accept({ type: 'ListingCompleted', level, atMs });
}

/** Row 21: a mandatory vendor will not, or the two minutes are over. */
export function exhaustListing(
  { listing }: Basket,
  { reason }: CommandOf<'ExhaustListing'>,
  { atMs }: Asked,
): BasketDecision {
  const isLost = listing?.vendors.some(
    ({ isMandatory, status }) => isMandatory && (status === 'REJECTED' || status === 'FAILED'),
  );
  if (reason !== null && isLost === true) return accept({ type: 'ListingFailed', reason });
  if (listing === null || atMs < listing.deadlineMs) {
    return refuse('NOT_DUE', 'no mandatory vendor is lost, and there is time left');
  }
  const late = `not listed within ${LISTING_SLA_MS / 1_000} s`;
  return accept({ type: 'ListingFailed', reason: reason ?? late });
}

export function retryListing(
  { vendors }: CommandOf<'RetryListing'>,
  { atMs }: Asked,
): BasketDecision {
  return accept({ type: 'ListingRetried', ...listingStart(vendors, atMs) });
}

/** Row 23: it is the definition that is wrong. Who listed it already is told to take it back. */
export function returnToDraft({ listing }: Basket): BasketDecision {
  const isRejected = listing?.vendors.some(({ status }) => status === 'REJECTED');
  if (isRejected === true) return accept({ type: 'ReturnedToDraft' });
  return refuse('NO_VENDOR_REJECTED', 'no vendor rejected the definition; retry the listing');
}
