/**
 * The doors of one vendor: where its adapters knock, and which of them they leave alone for now.
 */

import type { Clock } from '#platform/clock';
import type { EndpointName, VendorBreakerState } from '../../domain/vendor.ts';
import { createVendorBreaker, type Permit, type VendorBreaker } from './vendor-breaker.ts';
import type { VendorBreakerLimits } from './vendor-limits.ts';

export interface VendorAddress {
  readonly url: string;
  /** Null when the vendor has one door only. */
  readonly secondaryUrl: string | null;
}

export interface VendorEndpoint {
  readonly name: EndpointName;
  /** Without a slash at its end. */
  readonly url: string;
  readonly breaker: VendorBreaker;
}

export interface EnteredEndpoint {
  readonly endpoint: VendorEndpoint;
  readonly permit: Permit;
}

export function endpointsOf(
  { url, secondaryUrl }: VendorAddress,
  { limits, clock }: { readonly limits: VendorBreakerLimits; readonly clock: Pick<Clock, 'nowMs'> },
): readonly VendorEndpoint[] {
  const primary = { name: 'PRIMARY' as const, url };
  const doors = secondaryUrl === null ? [] : [{ name: 'SECONDARY' as const, url: secondaryUrl }];
  return [primary, ...doors].map((door) => ({
    name: door.name,
    url: door.url.replace(/\/$/, ''),
    breaker: createVendorBreaker(limits, clock),
  }));
}

/** The first that lets a call through; one that just failed only when no other does. */
export function enterEndpoint(
  endpoints: readonly VendorEndpoint[],
  justFailed: EndpointName | null,
): EnteredEndpoint | null {
  const others = endpoints.filter(({ name }) => name !== justFailed);
  const failed = endpoints.filter(({ name }) => name === justFailed);
  for (const endpoint of [...others, ...failed]) {
    const permit = endpoint.breaker.enter();
    if (permit) return { endpoint, permit };
  }
  return null;
}

export function breakerStates(
  endpoints: readonly VendorEndpoint[],
): Readonly<Partial<Record<EndpointName, VendorBreakerState>>> {
  return Object.fromEntries(endpoints.map(({ name, breaker }) => [name, breaker.state]));
}
