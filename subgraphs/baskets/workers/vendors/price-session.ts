/** One connection to a vendor that takes prices: what an adapter offers, and what it tells. */

import type { Clock } from '#platform/clock';
import type { Post } from '../../domain/vendor.ts';
import type { VendorLimits } from './vendor-limits.ts';
import type { VendorTokens } from './vendor-token.ts';

export interface PriceSession {
  /** Hands it to the connection; whether it arrived is told by the events. Never throws. */
  post(post: Post): void;
  /** No event comes any more. */
  close(): void;
  /** The vendor's clock minus ours at the login. */
  readonly clockSkewMs: number;
}

export type NakKind =
  /** The same post may be taken later. */
  | 'AGAIN'
  /** We are too fast. */
  | 'THROTTLED'
  /** This post will never be taken. */
  | 'FINAL';

export interface Nak {
  readonly postId: bigint;
  readonly kind: NakKind;
  readonly code: string;
  readonly text: string;
}

export interface SessionEvents {
  onAck(postId: bigint): void;
  onNak(nak: Nak): void;
  /** At most once, and nothing after it. */
  onLost(problem: string): void;
}

export interface SessionOptions {
  /** Of the endpoint, http or https. */
  readonly url: string;
  readonly clientId: string;
  readonly tokens: VendorTokens;
  readonly events: SessionEvents;
  readonly limits: VendorLimits;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Gives the opening up. */
  readonly signal: AbortSignal;
}

/** Resolves when the vendor takes posts; rejects with an Error that says why it does not. */
export type OpenSession = (options: SessionOptions) => Promise<PriceSession>;

/** Code of a refusal of a vendor to what it means for a post. */
export function nakKindOf(
  code: string,
  { again, throttled }: { readonly again: ReadonlySet<string>; readonly throttled: string },
): NakKind {
  if (code === throttled) return 'THROTTLED';
  return again.has(code) ? 'AGAIN' : 'FINAL';
}

/** The vendor's clock minus ours, taken for halfway between question and answer; 0 if unknown. */
export function skewOf(
  vendorMs: number | undefined,
  { nowMs, startedAtMs }: { readonly startedAtMs: number; readonly nowMs: number },
): number {
  return vendorMs === undefined ? 0 : vendorMs - (startedAtMs + nowMs) / 2;
}
