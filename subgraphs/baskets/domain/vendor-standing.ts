/** Where a basket stands with its vendors, and what is to be done about it next. */

import type { BusinessDate } from '#kernel/business-date';
import type { VendorStatus } from './basket.ts';
import type { IndexCalendar } from './basket-command.ts';
import type { BasketState } from './transition-table.ts';
import type { ListingDefinition } from './vendor.ts';

export interface VendorRow {
  readonly vendor: string;
  readonly isMandatory: boolean;
  readonly status: VendorStatus;
  readonly attempts: number;
  readonly vendorId: string | null;
  readonly reason: string | null;
}

export interface VendorStanding {
  readonly basketId: string;
  readonly code: string;
  readonly state: BasketState;
  readonly stateSinceMs: number;
  /** When it was last sent to the market: by its approval, or when its launch was due. */
  readonly approvedAtMs: number | null;
  /** Last day with a level of a confirmed removal; null without one. */
  readonly lastDate: BusinessDate | null;
  readonly versionNumber: number;
  readonly definition: ListingDefinition;
  readonly vendors: readonly VendorRow[];
}

/** Live for vendors: they list it, and are sent its price or at least its status. */
const ON_THE_MARKET: ReadonlySet<BasketState> = new Set<BasketState>([
  'ACTIVE',
  'REBALANCING',
  'SUSPENDED',
  'DELISTING',
]);

/** What a vendor is to be made to do with a basket. */
export type VendorGoal =
  /** To list it, with the definition of now. */
  | 'LISTED'
  /** To have it no longer. */
  | 'OFF'
  | 'NONE';

export interface GoalRules {
  readonly nowMs: number;
  readonly calendar: IndexCalendar;
}

export function goalOf(
  { state, lastDate }: Pick<VendorStanding, 'state' | 'lastDate'>,
  { status }: Pick<VendorRow, 'status'>,
  { nowMs, calendar }: GoalRules,
): VendorGoal {
  const isOver = lastDate !== null && nowMs >= calendar.closesAtMs(lastDate);
  const isWanted = state === 'LISTING' || (ON_THE_MARKET.has(state) && !isOver);
  if (isWanted && !(state === 'DELISTING' && status === 'DELISTED')) {
    // Its last word, until somebody tries the listing again.
    return status === 'REJECTED' ? 'NONE' : 'LISTED';
  }
  // Vendors that have it already wait for what becomes of the others.
  if (state === 'LISTING_FAILED') return 'NONE';
  const mayHaveIt = status !== 'NOT_SENT' && status !== 'REJECTED' && status !== 'DELISTED';
  return mayHaveIt ? 'OFF' : 'NONE';
}

/** Vendors that take prices, or the status, of the basket. */
export function receiversOf(standing: VendorStanding, rules: GoalRules): readonly string[] {
  if (!ON_THE_MARKET.has(standing.state)) return [];
  return standing.vendors
    .filter((row) => row.status === 'LISTED' && goalOf(standing, row, rules) === 'LISTED')
    .map(({ vendor }) => vendor);
}

/** A mandatory vendor that will not list it. */
export function lostVendor({ vendors }: VendorStanding): VendorRow | undefined {
  return vendors.find(({ isMandatory, status }) => isMandatory && status === 'REJECTED');
}
