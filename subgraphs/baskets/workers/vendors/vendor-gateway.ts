/**
 * The vendors of the configuration, each behind the same ports and each with everything of its own:
 * connections, queues, rates, breakers, tokens. None of them can delay another.
 */

import { Agent } from 'undici';
import { pause } from '#platform/backoff';
import type { Clock } from '#platform/clock';
import type { VendorConfig, VendorKind } from '#platform/config';
import type { Logger } from '#platform/logger';
import type {
  Publication,
  SequenceSource,
  Vendor,
  VendorFault,
  VendorListingPort,
  VendorPricePort,
} from '../../domain/vendor.ts';
import {
  bloombergRefusal,
  createBloombergListing,
  fetchBloombergToken,
  type VendorCredentials,
} from './bloomberg-style-listing.ts';
import { bloombergSessions } from './bloomberg-style-session.ts';
import { PriceConnection } from './price-connection.ts';
import { PriceDelivery } from './price-delivery.ts';
import type { OpenSession } from './price-session.ts';
import {
  createRefinitivListing,
  fetchRefinitivToken,
  refinitivRefusal,
} from './refinitiv-style-listing.ts';
import { openRefinitivSession } from './refinitiv-style-session.ts';
import { VendorCalls } from './vendor-calls.ts';
import {
  breakerStates,
  endpointsOf,
  type VendorAddress,
  type VendorEndpoint,
} from './vendor-endpoint.ts';
import {
  DEFAULT_VENDOR_LIMITS,
  type VendorBreakerLimits,
  type VendorLimits,
} from './vendor-limits.ts';
import { createVendorTokens, type FetchedToken, type VendorTokens } from './vendor-token.ts';

export interface VendorGateway {
  readonly vendors: readonly Vendor[];
  /** Ends every session and every request; what is asked later is answered with STOPPED. */
  close(): Promise<void>;
}

export interface VendorGatewayDeps {
  readonly vendors: readonly VendorConfig[];
  readonly sequences: SequenceSource;
  /** Must not throw. */
  readonly onPublication: (publication: Publication) => void;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Logger;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  readonly limits?: VendorLimits;
}

/** What is different from vendor to vendor. */
interface Protocol {
  readonly refusalOf: (body: unknown) => { readonly code: string; readonly text: string };
  readonly fetchToken: (
    calls: VendorCalls,
    credentials: VendorCredentials,
  ) => Promise<FetchedToken | VendorFault>;
  readonly listing: (parts: { calls: VendorCalls; tokens: VendorTokens }) => VendorListingPort;
  readonly sessions: (callsTo: (url: string) => VendorCalls) => OpenSession;
}

const PROTOCOLS: Readonly<Record<VendorKind, Protocol>> = {
  bloomberg: {
    refusalOf: bloombergRefusal,
    fetchToken: fetchBloombergToken,
    listing: createBloombergListing,
    sessions: bloombergSessions,
  },
  refinitiv: {
    refusalOf: refinitivRefusal,
    fetchToken: fetchRefinitivToken,
    listing: createRefinitivListing,
    sessions: () => openRefinitivSession,
  },
};

export function createVendorGateway(deps: VendorGatewayDeps): VendorGateway {
  const opened = deps.vendors.map((config) => openVendor(config, deps));
  return {
    vendors: opened.map(({ vendor }) => vendor),
    async close() {
      await Promise.all(opened.map(({ close }) => close()));
    },
  };
}

function openVendor(config: VendorConfig, deps: VendorGatewayDeps) {
  const { limits = DEFAULT_VENDOR_LIMITS, random = Math.random, clock } = deps;
  const { name, isMandatory } = config;
  const protocol = PROTOCOLS[name];
  const stopping = new AbortController();
  const dispatcher = new Agent({ connections: limits.callsAtOnce });
  const shared = { ...protocol, name, clock, random, dispatcher, signal: stopping.signal };
  const doors = (address: VendorAddress, breaker: VendorBreakerLimits) =>
    endpointsOf(address, { limits: breaker, clock });
  const callsAt = (endpoints: readonly VendorEndpoint[], callAttempts = limits.callAttempts) =>
    new VendorCalls({ ...shared, endpoints, limits: { ...limits, callAttempts } });
  const endpoints = doors(config, limits.breaker);
  const calls = callsAt(endpoints);
  // A session does not wait for a token until listing requests are let through again.
  const tokenCalls = callsAt(doors(config, limits.sessionBreaker));
  const tokens = createVendorTokens(() => protocol.fetchToken(tokenCalls, config), clock);
  const delivery = new PriceDelivery({ ...deps, vendor: name, limits, random });
  const priceEndpoints = doors(config, limits.sessionBreaker);
  const connection = new PriceConnection({
    ...deps,
    vendor: name,
    endpoints: priceEndpoints,
    openSession: protocol.sessions((url) =>
      callsAt(doors({ url, secondaryUrl: null }, limits.sessionBreaker), 1),
    ),
    delivery,
    clientId: config.clientId,
    tokens,
    limits,
    random,
    pause,
  });
  const prices = pricePort({ connection, delivery, clock });
  const vendor: Vendor = {
    name,
    isMandatory,
    listing: protocol.listing({ calls, tokens }),
    prices,
    stats: () => ({
      listing: { ...calls.figures(), breakers: breakerStates(endpoints) },
      prices: {
        ...prices.status(),
        ...countersOf(delivery),
        connections: connection.connections,
        clockSkewMs: connection.clockSkewMs,
        breakers: breakerStates(priceEndpoints),
      },
    }),
  };
  return {
    vendor,
    close: async () => {
      stopping.abort();
      await dispatcher.destroy();
      await prices.close();
    },
  };
}

function pricePort({
  clock,
  connection,
  delivery,
}: {
  readonly connection: PriceConnection;
  readonly delivery: PriceDelivery;
  readonly clock: Pick<Clock, 'nowMs'>;
}): VendorPricePort {
  let isOpen = false;
  return {
    open() {
      isOpen = true;
      connection.open();
    },
    publish: (update) => (isOpen ? delivery.publish(update) : { kind: 'REFUSED', why: 'NOT_OPEN' }),
    forget: (code) => delivery.forget(code),
    status() {
      const { count, oldestValuedAtMs } = delivery.backlog();
      const backlogAgeMs = oldestValuedAtMs === null ? null : clock.nowMs() - oldestValuedAtMs;
      return { ...connection.status(), backlog: count, backlogAgeMs };
    },
    async close() {
      isOpen = false;
      await connection.close();
    },
  };
}

function countersOf({ counters }: PriceDelivery) {
  const { acked, conflated, dead, refused, repeated, sent, superseded, unexpectedAcks } = counters;
  return {
    sent,
    repeated,
    acked,
    refused,
    dead,
    superseded,
    conflated,
    unexpectedAcks,
    latencyMs: counters.latency.percentiles(),
  };
}
