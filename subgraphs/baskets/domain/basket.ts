/** The basket aggregate: what it is. What may happen to it: basket-decider.ts, basket-evolve.ts. */

import { type BusinessDate } from '#kernel/business-date';
import { type Decimal, decimal } from '#kernel/decimal';
import type { CurrencyCode, Price, Quantity } from '#kernel/money';
import type { Constituent } from './composition.ts';
import type { Divisor, Level } from './index-level.ts';
import type { BasketState } from './transition-table.ts';
import type { VersionStatus } from './version-table.ts';
import type { Weighing } from './weighing.ts';
import type { WeightingScheme } from './weighting-schemes.ts';

/** Whose hand it was. */
export interface Hand {
  readonly actor: string;
  /** For whom; null when nobody else was acted for. */
  readonly onBehalfOf: string | null;
}

/** Where the index of a version starts. Fixed once: the level of a version follows from it. */
export interface IndexBase {
  /** Per constituent, in the order of the version. */
  readonly units: readonly Quantity[];
  readonly divisor: Divisor;
  /** The level the version starts at. */
  readonly level: Level;
  readonly basedAtMs: number;
}

export const VERSION_ORIGINS = ['EDIT', 'REBALANCE', 'CORPORATE_ACTION'] as const;
export type VersionOrigin = (typeof VERSION_ORIGINS)[number];

/**
 * Its content never changes: an edit makes the next version. But where a scheme follows the market,
 * a rebalance weighs once more at the closes that it is carried out at; the hash stays that of what
 * was approved.
 */
export interface BasketVersion {
  readonly number: number;
  readonly status: VersionStatus;
  readonly origin: VersionOrigin;
  readonly weighting: WeightingScheme;
  /** What the weights were found from; null for plain EQUAL and FIXED. */
  readonly weighing: Weighing | null;
  /** Of `canonicalContent`. */
  readonly hash: string;
  readonly constituents: readonly Constituent[];
  /** Null until every constituent had a price. */
  readonly base: IndexBase | null;
}

export type VersionContent = Pick<
  BasketVersion,
  'number' | 'weighting' | 'weighing' | 'hash' | 'constituents'
>;

/** One frozen version whose backtest runs. */
export interface RunningBacktest {
  readonly backtestId: string;
  readonly versionNumber: number;
  readonly versionHash: string;
  readonly deadlineMs: number;
}

export interface FinishedBacktest {
  readonly backtestId: string;
  /** The content it was run for. */
  readonly versionHash: string;
  readonly completedAtMs: number;
}

export interface GivenApproval extends Hand {
  readonly atMs: number;
}

/** A version before the checkers; kept when it is granted, for the revocation. */
export interface ApprovalRequest {
  /** 1, 2, 3, ... per basket. */
  readonly submission: number;
  readonly versionNumber: number;
  /** What an approval binds to. */
  readonly hash: string;
  /** Everyone who edited the version since the last effective one, and who submitted it. */
  readonly makers: readonly string[];
  readonly submittedBy: string;
  readonly submittedAtMs: number;
  readonly expiresAtMs: number;
  /** How many different people must approve. */
  readonly required: number;
  readonly approvals: readonly GivenApproval[];
  readonly isGranted: boolean;
}

export const VENDOR_STATUSES = [
  'NOT_SENT',
  'SENT',
  'ACKED',
  'LISTED',
  'REJECTED',
  'FAILED',
  'DELISTED',
] as const;
export type VendorStatus = (typeof VENDOR_STATUSES)[number];

export interface VendorPlan {
  readonly vendor: string;
  readonly isMandatory: boolean;
}

export interface VendorListing extends VendorPlan {
  readonly status: VendorStatus;
  /** Failed attempts since the listing was last started. */
  readonly attempts: number;
  /** What the vendor calls it; null before it is listed. */
  readonly vendorId: string | null;
  /** Why it was rejected or failed. */
  readonly reason: string | null;
}

export interface Listing {
  readonly startedAtMs: number;
  readonly deadlineMs: number;
  readonly vendors: readonly VendorListing[];
}

export interface OfficialClose {
  readonly symbol: string;
  readonly price: Price;
}

/** An approved version on its way to become effective. */
export interface Rebalance {
  readonly versionNumber: number;
  readonly effectiveDate: BusinessDate;
  /** Not before this moment it starts; null until it is approved. */
  readonly dueAtMs: number | null;
  /** Null until it started. */
  readonly started: {
    readonly deadlineMs: number;
    readonly level: Level;
    readonly closes: readonly OfficialClose[];
  } | null;
}

export interface Suspension {
  readonly by: string;
  /** O, R or SYS: what the level of trust of its end depends on. */
  readonly as: 'O' | 'R' | 'SYS';
  readonly reason: string;
}

/** A removal that one person asked for, and perhaps another confirmed. */
export interface Delisting {
  /** 1, 2, 3, ... per basket. */
  readonly number: number;
  readonly lastDate: BusinessDate;
  readonly requestedBy: Hand;
  readonly confirmedBy: Hand | null;
  /** The state to go back to; null until it is confirmed. */
  readonly priorState: BasketState | null;
  /** Who asked for it to be called off. */
  readonly cancelRequestedBy: Hand | null;
  /** When the platform tries to complete it; null until it is confirmed. */
  readonly dueAtMs: number | null;
}

export interface Basket {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly currency: CurrencyCode;
  readonly baseLevel: Decimal;
  readonly owner: string;
  /** Who may act as maker beside the owner; null for everybody with the right to write. */
  readonly delegates: readonly string[] | null;
  /** Planned size in the basket's currency; null when nobody said. */
  readonly notional: Decimal | null;
  /** It goes to the vendors not before this moment; null for at once. */
  readonly launchAtMs: number | null;
  readonly state: BasketState;
  /** Grows with every step of the life cycle. */
  readonly revision: number;
  /** At least one, in order of number. */
  readonly versions: readonly BasketVersion[];
  /** Everyone who edited since a version last became effective, on whatever behalf. */
  readonly editors: readonly string[];
  readonly backtest: RunningBacktest | null;
  readonly lastBacktest: FinishedBacktest | null;
  readonly submissions: number;
  readonly approval: ApprovalRequest | null;
  readonly listing: Listing | null;
  readonly rebalance: Rebalance | null;
  readonly suspension: Suspension | null;
  readonly delistings: number;
  readonly delisting: Delisting | null;
  /** Ids of the corporate actions worked in. */
  readonly appliedActions: readonly string[];
}

export const DEFAULT_BASE_LEVEL = decimal('1000');

/** What the index is computed with: the effective version, before there is one the newest. */
export function currentVersion(basket: Basket): BasketVersion {
  const version = effectiveVersion(basket) ?? basket.versions.at(-1);
  if (version === undefined) throw new Error(`basket ${basket.code} has no version`);
  return version;
}

export function effectiveVersion({ versions }: Basket): BasketVersion | undefined {
  return versions.findLast(({ status }) => status === 'EFFECTIVE');
}

const ON_ITS_WAY: ReadonlySet<VersionStatus> = new Set(['SUBMITTED', 'APPROVED', 'SCHEDULED']);

/** The version on its way through approval to a basket that is live; undefined without one. */
export function pendingVersion(basket: Basket): BasketVersion | undefined {
  if (effectiveVersion(basket) === undefined) return undefined;
  return basket.versions.findLast(({ status }) => ON_ITS_WAY.has(status));
}

/** The version a command of makers and checkers is about. */
export const versionInHand = (basket: Basket): BasketVersion =>
  pendingVersion(basket) ?? currentVersion(basket);

export function nextVersionNumber({ versions }: Basket): number {
  return (versions.at(-1)?.number ?? 0) + 1;
}

/** All mandatory vendors list it; holds at once without any. */
export function hasQuorum({ vendors }: Listing): boolean {
  return vendors.every(({ isMandatory, status }) => !isMandatory || status === 'LISTED');
}

/** No vendor has it any longer, or ever had. */
export function isOffAllVendors({ vendors }: Listing): boolean {
  return vendors.every(
    ({ status }) => status !== 'LISTED' && status !== 'ACKED' && status !== 'SENT',
  );
}
