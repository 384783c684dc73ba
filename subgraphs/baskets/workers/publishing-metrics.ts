/** What the vendors are given, in figures, and how their promises and ours are kept. */

import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { BasketSlaBreached } from '#kernel/topics/basket-sla-breached';
import type { Publication, Vendor, VendorBreakerState } from '../domain/vendor.ts';

export interface PublishingMetrics {
  onPublication(publication: Publication): void;
  onGap(vendor: string, gapMs: number): void;
  onBreach(breach: BasketSlaBreached): void;
  onActive(sinceApprovalMs: number): void;
}

const MS = 1_000;
const BREAKER_VALUES: Readonly<Record<VendorBreakerState, number>> = {
  CLOSED: 0,
  HALF_OPEN: 1,
  OPEN: 2,
};

export function createPublishingMetrics(
  registry: Registry,
  vendorsNow: () => readonly Vendor[],
): PublishingMetrics {
  const registers = [registry];
  watchVendors(registry, vendorsNow);
  const publications = new Counter({
    name: 'plumbline_baskets_publications_total',
    help: 'Prices for vendors by what became of them',
    labelNames: ['vendor', 'outcome'],
    registers,
  });
  const latency = new Histogram({
    name: 'plumbline_baskets_publish_latency_seconds',
    help: 'From the valuation to the acknowledgement by the vendor',
    labelNames: ['vendor'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
    registers,
  });
  const gaps = new Histogram({
    name: 'plumbline_baskets_publish_gap_seconds',
    help: 'Between two acknowledged prices of one basket at one vendor; above 7.5 is a breach',
    labelNames: ['vendor'],
    buckets: [1, 4, 5, 5.5, 6, 7.5, 10, 30, 60, 300],
    registers,
  });
  const breaches = new Counter({
    name: 'plumbline_baskets_sla_breaches_total',
    help: 'Promises about baskets that were not kept',
    labelNames: ['kind', 'vendor'],
    registers,
  });
  const active = new Histogram({
    name: 'plumbline_baskets_approval_to_active_seconds',
    help: 'From the approval, or the launch, to the market; above 120 is a breach',
    buckets: [0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300],
    registers,
  });
  return {
    onPublication(publication) {
      const { kind } = publication;
      const vendor = kind === 'CONFLATED' ? publication.vendor : publication.post.vendor;
      publications.inc({ vendor, outcome: kind });
      if (kind !== 'ACKED') return;
      const tookMs = publication.ackedAtMs - publication.post.update.valuedAtMs;
      latency.observe({ vendor }, tookMs / MS);
    },
    onGap: (vendor, gapMs) => gaps.observe({ vendor }, gapMs / MS),
    onBreach: ({ kind, vendor }) => breaches.inc({ kind, vendor: vendor ?? 'none' }),
    onActive: (sinceApprovalMs) => active.observe(sinceApprovalMs / MS),
  };
}

function watchVendors(registry: Registry, vendorsNow: () => readonly Vendor[]): void {
  const gauge = (
    name: string,
    help: string,
    valueOf: (stats: ReturnType<Vendor['stats']>) => number,
  ) =>
    new Gauge({
      name: `plumbline_baskets_vendor_${name}`,
      help,
      labelNames: ['vendor'],
      registers: [registry],
      collect() {
        this.reset();
        for (const vendor of vendorsNow()) {
          this.set({ vendor: vendor.name }, valueOf(vendor.stats()));
        }
      },
    });
  const worst = (states: Readonly<Record<string, VendorBreakerState>>) =>
    Math.max(0, ...Object.values(states).map((state) => BREAKER_VALUES[state]));
  gauge('live', '1 while the price session is logged in', ({ prices }) =>
    prices.state === 'LIVE' ? 1 : 0,
  );
  gauge('backlog', 'Baskets with a price that is not acknowledged', ({ prices }) => prices.backlog);
  gauge(
    'backlog_age_seconds',
    'Age of the oldest price that is not acknowledged',
    ({ prices }) => (prices.backlogAgeMs ?? 0) / MS,
  );
  gauge('price_breaker', 'Breaker of prices: 0 closed, 1 half open, 2 open', ({ prices }) =>
    worst(prices.breakers),
  );
  gauge('listing_breaker', 'Breaker of listings: 0 closed, 1 half open, 2 open', ({ listing }) =>
    worst(listing.breakers),
  );
}
