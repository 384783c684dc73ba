/**
 * The access token of one vendor, fetched when it is needed and again before it expires. Its life
 * is measured by our clock from the answer on: the vendor's clock may be wrong. When it cannot be
 * renewed, it is used until its end.
 */

import type { Clock } from '#platform/clock';
import type { VendorFault } from '../../domain/vendor.ts';

export interface FetchedToken {
  readonly kind: 'TOKEN';
  readonly token: string;
  readonly expiresInMs: number;
}

export type TokenAnswer =
  { readonly kind: 'TOKEN'; readonly token: string; readonly refreshInMs: number } | VendorFault;

export interface VendorTokens {
  /** The same token until four fifths of its life are over, then a new one if there is one. */
  current(): Promise<TokenAnswer>;
  /** The vendor does not take it any more. */
  drop(token: string): void;
}

interface Held {
  readonly token: string;
  readonly refreshAtMs: number;
  readonly expiresAtMs: number;
}

const SHARE_OF_LIFE = 0.8;
/** After a renewal that failed. */
const RENEW_AGAIN_MS = 1_000;

export function createVendorTokens(
  fetchToken: () => Promise<FetchedToken | VendorFault>,
  clock: Pick<Clock, 'nowMs'>,
): VendorTokens {
  let held: Held | null = null;
  let fetching: Promise<TokenAnswer> | null = null;

  async function fetchAnew(): Promise<TokenAnswer> {
    const fetched = await fetchToken();
    fetching = null;
    const nowMs = clock.nowMs();
    if (fetched.kind !== 'TOKEN') {
      if (held === null || held.expiresAtMs <= nowMs) return fetched;
      held = { ...held, refreshAtMs: nowMs + RENEW_AGAIN_MS };
      return { kind: 'TOKEN', token: held.token, refreshInMs: RENEW_AGAIN_MS };
    }
    const refreshInMs = fetched.expiresInMs * SHARE_OF_LIFE;
    const expiresAtMs = nowMs + fetched.expiresInMs;
    held = { token: fetched.token, refreshAtMs: nowMs + refreshInMs, expiresAtMs };
    return { kind: 'TOKEN', token: fetched.token, refreshInMs };
  }

  return {
    async current() {
      const nowMs = clock.nowMs();
      if (held && Math.min(held.refreshAtMs, held.expiresAtMs) > nowMs) {
        const refreshInMs = held.refreshAtMs - nowMs;
        return { kind: 'TOKEN', token: held.token, refreshInMs };
      }
      fetching ??= fetchAnew();
      return fetching;
    },
    drop(token) {
      if (held?.token === token) held = null;
    },
  };
}
