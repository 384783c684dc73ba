/** How long and how often a vendor is asked, the same for every vendor. */

export interface VendorLimits {
  /** Until a session is logged in. */
  readonly connectMs: number;
  /** For the answer to one HTTP request. */
  readonly answerMs: number;
  /** For the acknowledgement of one post. */
  readonly ackMs: number;
  /** Attempts of one request, the first included. */
  readonly callAttempts: number;
  /** Of one post, the first included; more than a breaker lets fail at one endpoint. */
  readonly postAttempts: number;
  readonly backoff: { readonly firstMs: number; readonly maxMs: number };
  /** Between two tries to connect: a price each 5 s is promised once the vendor is back. */
  readonly reconnect: { readonly firstMs: number; readonly maxMs: number };
  /** Requests to one vendor at the same time, and those that wait for a place. */
  readonly callsAtOnce: number;
  readonly callsWaiting: number;
  /** Posts without an answer yet. */
  readonly postsInFlight: number;
  readonly callRate: VendorRateLimits;
  readonly postRate: VendorRateLimits;
  /** Between our pings; a session that says nothing for `silenceMs` is given up. */
  readonly pingMs: number;
  readonly silenceMs: number;
  /** On the secondary endpoint: how often the primary is tried. */
  readonly failbackMs: number;
  /** Before listing requests. */
  readonly breaker: VendorBreakerLimits;
  /** Before sessions, their posts and tokens: ADR 0016. */
  readonly sessionBreaker: VendorBreakerLimits;
}

export interface VendorRateLimits {
  readonly perSecond: number;
  readonly burst: number;
}

export interface VendorBreakerLimits {
  readonly windowMs: number;
  /** In the window: fewer calls say nothing about a share. */
  readonly leastCalls: number;
  readonly failureRatio: number;
  readonly failuresInRow: number;
  readonly openFirstMs: number;
  readonly openMaxMs: number;
  /** Calls that go through half-open, and how many of them have to succeed. */
  readonly probes: number;
}

const BREAKER: VendorBreakerLimits = {
  windowMs: 10_000,
  leastCalls: 20,
  failureRatio: 0.5,
  failuresInRow: 5,
  openFirstMs: 15_000,
  openMaxMs: 120_000,
  probes: 3,
};

export const DEFAULT_VENDOR_LIMITS: VendorLimits = {
  connectMs: 5_000,
  answerMs: 5_000,
  ackMs: 2_000,
  callAttempts: 4,
  postAttempts: 8,
  backoff: { firstMs: 100, maxMs: 5_000 },
  reconnect: { firstMs: 100, maxMs: 1_000 },
  callsAtOnce: 16,
  callsWaiting: 2_000,
  postsInFlight: 500,
  callRate: { perSecond: 200, burst: 400 },
  postRate: { perSecond: 500, burst: 1_000 },
  pingMs: 5_000,
  silenceMs: 15_000,
  failbackMs: 30_000,
  breaker: BREAKER,
  sessionBreaker: { ...BREAKER, openFirstMs: 1_000, openMaxMs: 5_000 },
};

/** Baskets that one vendor is sent prices of. */
export const MAX_CHANNELS = 10_000;
export const MAX_MESSAGE_BYTES = 1024 * 1024;
