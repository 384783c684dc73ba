/**
 * What a vendor of index data is to us: a place that lists a basket, and one that takes its price.
 * The adapters are in workers/vendors; none of these functions ever rejects.
 */

import type { Decimal } from '#kernel/decimal';
import type { CurrencyCode } from '#kernel/money';
import type { Level } from './index-level.ts';

/** Digits after the point of a close, and of a price within the day, as vendors show them. */
export const CLOSE_PRECISION = 2;
export const TICK_PRECISION = 4;

export interface ListingDefinition {
  readonly code: string;
  readonly name: string;
  /** Blank when there is none. */
  readonly description: string;
  readonly currency: CurrencyCode;
  /** Of the composition: the same hash submitted again is the same request. */
  readonly versionHash: string;
  readonly constituents: readonly { readonly symbol: string; readonly weight: Decimal }[];
}

/** Why no answer came: what did not reach the vendor today may reach it tomorrow. */
export type VendorOutage =
  | 'TIMEOUT'
  | 'UNREACHABLE'
  | 'THROTTLED'
  | 'VENDOR_ERROR'
  | 'BREAKER_OPEN'
  | 'QUEUE_FULL'
  | 'UNREADABLE_ANSWER'
  | 'STOPPED';

export type VendorFault =
  /** Its last word: asking again with the same content gives the same. */
  | { readonly kind: 'REJECTED'; readonly code: string; readonly text: string }
  /** After all retries. */
  | { readonly kind: 'UNAVAILABLE'; readonly why: VendorOutage; readonly text: string };

/** The vendor took the request; what becomes of it is asked with `status`. */
export interface VendorAccepted {
  readonly kind: 'ACCEPTED';
  /** The vendor's number of the request. */
  readonly requestId: string;
}

export type ListingState =
  | { readonly kind: 'PENDING' }
  | {
      readonly kind: 'LISTED';
      /** What the vendor calls it, a FIGI or a PermID. */
      readonly vendorId: string;
      /** Of the definition that is in force there: an amendment has arrived when it is its own. */
      readonly versionHash: string;
    }
  | { readonly kind: 'REJECTED'; readonly code: string; readonly text: string }
  | { readonly kind: 'DELISTED' }
  /** The vendor never heard of it. */
  | { readonly kind: 'UNKNOWN' };

export interface ListingStates {
  readonly kind: 'STATES';
  /** One for each code that was asked for. */
  readonly byCode: ReadonlyMap<string, ListingState>;
}

/** Most codes that `status` is asked for at once. */
export const MAX_CODES_PER_STATUS = 100;

export interface VendorListingPort {
  /** Submitting the same definition again is the same request: safe to repeat after a crash. */
  submit(definition: ListingDefinition): Promise<VendorAccepted | VendorFault>;
  /** A new definition of what is listed already, such as after a rebalance. */
  amend(definition: ListingDefinition): Promise<VendorAccepted | VendorFault>;
  withdraw(code: string): Promise<VendorAccepted | VendorFault>;
  status(codes: readonly string[]): Promise<ListingStates | VendorFault>;
}

export interface PriceUpdate {
  readonly code: string;
  readonly level: Level;
  /** Null when no side is quoted. */
  readonly bid: Level | null;
  readonly ask: Level | null;
  /** Of the level: GOOD, INDICATIVE and so on, passed on as a text. */
  readonly quality: string;
  /** When the level was computed. */
  readonly valuedAtMs: number;
}

export type PublishAnswer =
  /** It is the newest of its basket and goes out as soon as it may. */
  | { readonly kind: 'TAKEN' }
  /** An update valued later is there already. */
  | { readonly kind: 'STALE' }
  | { readonly kind: 'REFUSED'; readonly why: 'TOO_MANY_BASKETS' | 'NOT_OPEN' };

export type EndpointName = 'PRIMARY' | 'SECONDARY';

/** What became of an update that was handed over; `sequence` is of (vendor, basket). */
export interface Post {
  readonly vendor: string;
  readonly update: PriceUpdate;
  /** Grows per vendor and basket and never goes back, also over a restart. */
  readonly sequence: bigint;
  /** Unique per vendor. A repetition carries the same, so that the vendor knows it. */
  readonly postId: bigint;
  /** The whole record again after a new connection, not a change. */
  readonly isImage: boolean;
  /** Of the first attempt. */
  readonly sentAtMs: number;
  readonly attempts: number;
  /** Of the last attempt. */
  readonly endpoint: EndpointName;
}

export type Publication =
  /** On its way for the first time. */
  | { readonly kind: 'SENT'; readonly post: Post }
  | { readonly kind: 'ACKED'; readonly post: Post; readonly ackedAtMs: number }
  /** The vendor's last word. */
  | { readonly kind: 'REFUSED'; readonly post: Post; readonly code: string; readonly text: string }
  /** Sent and not answered; a newer price took its place, or the basket was taken off. */
  | { readonly kind: 'SUPERSEDED'; readonly post: Post }
  /** Given up after so many attempts without an answer. */
  | { readonly kind: 'DEAD'; readonly post: Post; readonly text: string }
  /** Never sent: a newer one came first. */
  | { readonly kind: 'CONFLATED'; readonly vendor: string; readonly update: PriceUpdate };

/** Durable: what it gave once, it never gives again. */
export interface SequenceSource {
  /** Takes the next `count` numbers of a vendor and basket; answers with the first of them. */
  reserve(request: {
    readonly vendor: string;
    readonly code: string;
    readonly count: number;
  }): Promise<bigint>;
}

export type SessionState = 'CLOSED' | 'CONNECTING' | 'LIVE' | 'DOWN';

export interface PriceSessionStatus {
  readonly state: SessionState;
  /** Null unless live. */
  readonly endpoint: EndpointName | null;
  /** Why it is down; null while it is not. */
  readonly problem: string | null;
  /** Baskets with a price that is not acknowledged yet. */
  readonly backlog: number;
  /** Age of the oldest of them by its valuation; null without one. */
  readonly backlogAgeMs: number | null;
}

export interface VendorPricePort {
  /** Keeps a session from now on, over every loss of it, until `close`. */
  open(): void;
  /** Never waits: a newer price of a basket takes the place of one that is still waiting. */
  publish(update: PriceUpdate): PublishAnswer;
  /** No more of this basket: nothing of it goes out any more, also no image. */
  forget(code: string): void;
  status(): PriceSessionStatus;
  close(): Promise<void>;
}

export type VendorBreakerState = 'CLOSED' | 'OPEN' | 'HALF_OPEN';

export interface VendorStats {
  readonly listing: {
    readonly calls: number;
    readonly failures: number;
    /** In hand or waiting for a place. */
    readonly waiting: number;
    readonly breakers: Readonly<Partial<Record<EndpointName, VendorBreakerState>>>;
    /** Of the last calls that were answered. */
    readonly latencyMs: Percentiles | null;
  };
  readonly prices: PriceSessionStatus & {
    readonly sent: number;
    /** Further attempts of what was sent before. */
    readonly repeated: number;
    readonly acked: number;
    readonly refused: number;
    readonly dead: number;
    readonly superseded: number;
    readonly conflated: number;
    /** Second acknowledgements, and those of what was given up. */
    readonly unexpectedAcks: number;
    readonly connections: number;
    readonly breakers: Readonly<Partial<Record<EndpointName, VendorBreakerState>>>;
    /** From the valuation to its acknowledgement, by our clock, of the last ones. */
    readonly latencyMs: Percentiles | null;
    /** The vendor's clock minus ours at the last login; null before. */
    readonly clockSkewMs: number | null;
  };
}

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly count: number;
}

export interface Vendor {
  readonly name: string;
  readonly isMandatory: boolean;
  readonly listing: VendorListingPort;
  readonly prices: VendorPricePort;
  stats(): VendorStats;
}
