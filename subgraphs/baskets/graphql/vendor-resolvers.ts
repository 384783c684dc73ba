/** Where baskets stand with vendors, how those are served, and the promises that were not kept. */

import type { BasketSlaBreached } from '#kernel/topics/basket-sla-breached';
import { connectionOf, pageRequest } from '#platform/connection';
import type { TailEvent } from '#platform/event-log/tail-reader';
import { instantText } from '#platform/instant-column';
import type { VendorBreakerState, VendorStats } from '../domain/vendor.ts';
import { checkedCodes } from '../use-cases/check-codes.ts';
import { watchVendors } from '../use-cases/watch-vendors.ts';
import type { Resolvers } from './types.generated.ts';

const BREACH_PAGE = { list: 'slaBreaches', defaultFirst: 50, keyParts: 2 };
const RECONCILIATION_PAGE = { list: 'vendorReconciliations', defaultFirst: 10, keyParts: 1 };

export const vendorResolvers = {
  Query: {
    vendorServices: (_root, { minutes }, { vendorDeps }) => watchVendors(vendorDeps, minutes),

    vendorReconciliations: (_root, args, { vendorDeps }) => {
      const { first } = pageRequest(args, RECONCILIATION_PAGE);
      return vendorDeps.reconciliations.newest(first);
    },

    slaBreaches: async (_root, { codes, kinds, ...args }, { vendorDeps }) => {
      const page = pageRequest(args, BREACH_PAGE);
      const filter = { codes: codes ? checkedCodes(codes) : null, kinds: kinds ?? null };
      const rows = await vendorDeps.breaches.page(filter, page);
      return connectionOf(rows, page, {
        keyOf: ({ occurredAtMs, breachId }) => [instantText(occurredAtMs), breachId],
        nodeOf: (row) => row,
      });
    },
  },

  Subscription: {
    slaBreached: {
      subscribe: (_root, { codes, after }, { vendorDeps }) => {
        const wanted = codes ? new Set(checkedCodes(codes)) : null;
        return vendorDeps.breached.follow({
          after: after ?? null,
          wants: ({ code }) => wanted === null || wanted.has(code),
        });
      },
      resolve: ({ event, sequence }: TailEvent<BasketSlaBreached>) => ({ ...event, sequence }),
    },
  },

  Basket: {
    listings: ({ id }, _args, { listings }) => listings.load(id),
  },

  VendorListing: { updatedAt: ({ updatedAtMs }) => updatedAtMs },
  VendorService: {
    ackRatio: ({ acked, sent }) => (sent === 0 ? null : acked / sent),
    session: ({ stats }) => stats && sessionOf(stats),
  },
  VendorReconciliation: {
    reconciledAt: ({ reconciledAtMs }) => reconciledAtMs,
    unacknowledged: ({ breaks }) => breaks.map(({ code }) => code),
  },
  SlaBreach: {
    id: ({ breachId }) => breachId,
    basket: ({ basketId }, _args, { loaders }) => loaders.basketById.load(basketId),
    occurredAt: ({ occurredAtMs }) => occurredAtMs,
    sequence: ({ sequence }) => sequence ?? null,
  },
} satisfies Resolvers;

function sessionOf({ listing, prices }: VendorStats) {
  return {
    state: prices.state,
    endpoint: prices.endpoint,
    problem: prices.problem,
    backlog: prices.backlog,
    backlogAgeMs: prices.backlogAgeMs,
    clockSkewMs: prices.clockSkewMs,
    priceBreaker: worstOf(prices.breakers),
    listingBreaker: worstOf(listing.breakers),
    listingMsP99: listing.latencyMs?.p99 ?? null,
  };
}

const WORST_FIRST: readonly VendorBreakerState[] = ['OPEN', 'HALF_OPEN', 'CLOSED'];

/** Of its endpoints. */
function worstOf(states: Readonly<Record<string, VendorBreakerState>>): VendorBreakerState {
  const present = Object.values(states);
  return WORST_FIRST.find((state) => present.includes(state)) ?? 'CLOSED';
}
