/**
 * The access token of one vendor, fetched when it is needed and again before it expires. Its life
 * is
 * measured by our clock from the answer on: the vendor's clock may be wrong.
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
  /** The same token until four fifths of its life are over. */
  current(): Promise<TokenAnswer>;
  /** The vendor does not take it any more. */
  drop(token: string): void;
}

const SHARE_OF_LIFE = 0.8;

export function createVendorTokens(
  fetchToken: () => Promise<FetchedToken | VendorFault>,
  clock: Pick<Clock, 'nowMs'>,
): VendorTokens {
  let held: { readonly token: string; readonly refreshAtMs: number } | null = null;
  let fetching: Promise<TokenAnswer> | null = null;

  async function fetchAnew(): Promise<TokenAnswer> {
    const fetched = await fetchToken();
    fetching = null;
    if (fetched.kind !== 'TOKEN') return fetched;
    const refreshInMs = fetched.expiresInMs * SHARE_OF_LIFE;
    held = { token: fetched.token, refreshAtMs: clock.nowMs() + refreshInMs };
    return { kind: 'TOKEN', token: fetched.token, refreshInMs };
  }

  return {
    async current() {
      if (held && held.refreshAtMs > clock.nowMs()) {
        const refreshInMs = held.refreshAtMs - clock.nowMs();
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
