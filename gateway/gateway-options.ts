/** What a gateway is started with. */

import type { Registry } from 'prom-client';
import type { Clock } from '#platform/clock';
import { SOCKET_LIMITS, type SocketLimits } from '#platform/http/graphql-socket';
import { RECEIVE_TIMEOUTS, type ReceiveTimeouts } from '#platform/http/http-server';
import type { InternalTokens } from '#platform/identity/internal-tokens';
import type { VerifyToken } from '#platform/identity/tokens';
import type { Logger } from '#platform/logger';
import type { Allowance, RateLimiter } from '#platform/rate-limit/rate-limiter';
import type { Subgraph } from '#platform/subgraph';
import { OPERATION_LIMITS, type OperationLimits } from './limits/operation-limits.ts';
import type { PayerKind, Proxies } from './limits/payer.ts';
import type { Safelist } from './limits/safelist.ts';

export interface GatewayLimits extends OperationLimits, SocketLimits, ReceiveTimeouts, Proxies {
  readonly maxBodyBytes: number;
  readonly maxMessageBytes: number;
  /** From opening a socket to its `connection_init`. */
  readonly connectionInitMs: number;
  /** Streams of one socket at once. */
  readonly maxSubscriptionsPerSocket: number;
  /** Queries and mutations of one socket under way at once. */
  readonly maxOperationsPerSocket: number;
  /** Open sockets of one user, of one program, or of one address without a token. */
  readonly maxSocketsPerUser: number;
  /** Estimated cost of one operation, as `limits/operation-cost.ts` counts. */
  readonly maxCost: number;
  /** Items of a list whose length the SDL does not state, for the cost. */
  readonly assumedListSize: number;
  /** Whether `first` is held to what the SDL says a list holds; the subgraphs check as well. */
  readonly boundsPages: boolean;
  /** Cost a second, by who asks; each user, program or address has a bucket of its own. */
  readonly rates: Readonly<Record<PayerKind, Allowance>> | 'off';
  /** Bytes of one answer of a subgraph behind a URL. */
  readonly maxUpstreamBytes: number;
}

const MEBIBYTE = 1_048_576;
/** Long enough for a burst of thousands of sockets. */
const CONNECTION_INIT_MS = 10_000;

export const GATEWAY_LIMITS: GatewayLimits = {
  ...OPERATION_LIMITS,
  ...SOCKET_LIMITS,
  ...RECEIVE_TIMEOUTS,
  trustedProxies: 0,
  connectionInitMs: CONNECTION_INIT_MS,
  maxBodyBytes: MEBIBYTE,
  maxMessageBytes: MEBIBYTE,
  maxSubscriptionsPerSocket: 100,
  maxOperationsPerSocket: 100,
  maxSocketsPerUser: 20_000,
  maxCost: 150_000,
  assumedListSize: 10,
  boundsPages: true,
  rates: {
    user: { perSecond: 1_000_000, burst: 5_000_000 },
    program: { perSecond: 1_000_000, burst: 5_000_000 },
    anonymous: { perSecond: 20_000, burst: 100_000 },
  },
  maxUpstreamBytes: 8 * MEBIBYTE,
};

/** For a supergraph that is not ours nothing is refused; memory, stack and time stay bounded. */
export const NO_LIMITS: GatewayLimits = {
  ...SOCKET_LIMITS,
  ...RECEIVE_TIMEOUTS,
  trustedProxies: 0,
  connectionInitMs: CONNECTION_INIT_MS,
  maxDepth: Infinity,
  maxFields: Infinity,
  maxAliases: Infinity,
  maxDirectives: Infinity,
  maxTokens: Infinity,
  maxNesting: 500,
  maxValueDepth: 12,
  textScalars: [],
  maxBodyBytes: 64 * MEBIBYTE,
  maxMessageBytes: 64 * MEBIBYTE,
  maxSubscriptionsPerSocket: 10_000,
  maxOperationsPerSocket: 10_000,
  maxSocketsPerUser: Infinity,
  maxCost: Infinity,
  assumedListSize: 1,
  boundsPages: false,
  rates: 'off',
  maxUpstreamBytes: 64 * MEBIBYTE,
};

export interface GatewayOptions {
  readonly supergraphSdl: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Those of this process; the others are reached by URL. */
  readonly subgraphs: readonly Subgraph[];
  /** By name; a subgraph in neither list is reached at the URL the supergraph names. */
  readonly subgraphUrls: Readonly<Record<string, string | undefined>>;
  /** Signs what subgraphs behind URLs are told about the caller; none for foreign subgraphs. */
  readonly internalTokens: InternalTokens | 'none';
  /** `off`: everyone may do everything; for supergraphs that are not ours. */
  readonly verifyToken: VerifyToken | 'off';
  readonly limits: GatewayLimits | 'off';
  /** Left out: one of this process alone. */
  readonly rateLimiter?: RateLimiter;
  /** Operations that are registered; left out: none, and nobody is bound to them. */
  readonly safelist?: Safelist;
  readonly isProduction: boolean;
  readonly corsOrigins: readonly string[];
  readonly requestTimeoutMs: number;
  /** From "not ready" to closed, so that a balancer sends no more; left out: none. */
  readonly stopDelayMs?: number;
  /** Apollo Studio hears of the gateway only when both are set. */
  readonly apollo: {
    readonly key: string | undefined;
    readonly graphRef: string | undefined;
    /** Where usage is reported; left out: to Apollo. */
    readonly reportingUrl?: string;
  };
  /** By name: resolve when ready, reject with the reason when not. */
  readonly readyChecks: Readonly<Record<string, () => Promise<void>>>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly newId: () => string;
  /** Documents the explorer opens with; left out: those of `schema/operations`. */
  readonly examples?: readonly string[];
  /** Names of subgraphs to treat as down. A test writes into it while the gateway runs. */
  readonly outages?: ReadonlySet<string>;
}

export interface Gateway {
  /** Of GraphQL, such as http://127.0.0.1:4000/graphql; WebSocket on the same path. */
  readonly url: string;
  readonly port: number;
  /** Throws when the text cannot be served, and serves the one before. */
  readonly replaceSupergraph: (sdl: string) => Promise<void>;
  /** Answers what is in hand, closes sockets with 1001, leaves nothing behind. */
  readonly stop: () => Promise<void>;
}
