/**
 * Everything that deals with vendors, in the one process that holds the lease: their sessions and
 * requests, listings, prices, the record of them, reconciliation.
 *
 * WAITING: another process holds the lease; it is asked for again each second. OPEN: holds it; the
 * sessions are open, and what is stored says where to go on. Losing the lease, or the end of the
 * process, closes everything. A process that dies without a word is followed by another after the
 * time to live of the lease; what both do meanwhile, vendors know as the same.
 */

import type { Registry } from 'prom-client';
import type { BasketSlaBreached } from '#kernel/topics/basket-sla-breached';
import { backoffMs } from '#platform/backoff';
import type { Lease } from '#platform/ports';
import type { IndexCalendar } from '../domain/basket-command.ts';
import type { VendorStanding } from '../domain/vendor-standing.ts';
import type { Post, Publication, SequenceSource, Vendor } from '../domain/vendor.ts';
import type { PublicationStore } from '../store/publications.ts';
import type { SlaBreachStore } from '../store/sla-breaches.ts';
import type { ReconcileDeps } from '../use-cases/reconcile-vendors.ts';
import type { VendorReport } from '../use-cases/report-vendor-status.ts';
import { ListingDesk, type ListingDeskDeps } from './listing-desk.ts';
import { ListingVendor } from './listing-vendor.ts';
import { createPublishingMetrics, type PublishingMetrics } from './publishing-metrics.ts';
import { createPublishingRecord, RECORD_EVERY_MS } from './publishing-record.ts';
import { PublishingRounds } from './publishing-rounds.ts';
import { approvalBreach, createPublishingSla } from './publishing-sla.ts';
import { repeat } from './repeating.ts';
import { startVendorReconciliation } from './vendor-reconciliation.ts';

export interface ListingOfficeDeps
  extends Omit<ListingDeskDeps, 'onStanding'>, Omit<ReconcileDeps, 'publications'> {
  readonly openVendors: (parts: {
    readonly sequences: SequenceSource;
    readonly onPublication: (publication: Publication) => void;
  }) => { readonly vendors: readonly Vendor[]; close(): Promise<void> };
  readonly publications: PublicationStore;
  readonly breaches: Pick<SlaBreachStore, 'record'>;
  readonly lease: Lease;
  readonly calendar: IndexCalendar;
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly metrics: Registry;
  readonly leaseTtlMs?: number;
  readonly publishEveryMs?: number;
}

export interface ListingOffice {
  start(): void;
  /** Open here; null while another process holds them. */
  vendors(): readonly Vendor[] | null;
  stop(): Promise<void>;
}

export const VENDOR_LEASE = 'baskets-vendors';
const LEASE_TTL_MS = 5_000;
const ASK_FOR_LEASE_MS = 1_000;

export function createListingOffice(deps: ListingOfficeDeps): ListingOffice {
  const stopping = new AbortController();
  let open: readonly Vendor[] | null = null;
  let running: Promise<void> | undefined;
  const metrics = createPublishingMetrics(deps.metrics, () => open ?? []);

  async function run(): Promise<void> {
    const { lease, logger, pause, leaseTtlMs: ttlMs = LEASE_TTL_MS } = deps;
    const { signal } = stopping;
    while (!signal.aborted) {
      try {
        const held = await lease.tryAcquire(VENDOR_LEASE, { ttlMs });
        if (held) {
          try {
            await serve(deps, metrics, {
              signal: AbortSignal.any([signal, held.lost]),
              onOpen: (vendors) => (open = vendors),
            });
          } finally {
            open = null;
            await held.release();
          }
        }
      } catch (error) {
        logger.error({ err: error }, 'the work with vendors failed; it begins again');
      }
      await pause(ASK_FOR_LEASE_MS, signal);
    }
  }

  return {
    start: () => void (running ??= run()),
    vendors: () => open,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function serve(
  deps: ListingOfficeDeps,
  metrics: PublishingMetrics,
  { signal, onOpen }: { signal: AbortSignal; onOpen: (vendors: readonly Vendor[]) => void },
): Promise<void> {
  const { desk, gateway, listings, record, rounds, watch } = furnish(deps, metrics);
  onOpen(gateway.vendors);
  const reconciling = startVendorReconciliation(deps);
  const name = 'record of vendors';
  const watching = repeat(watch, { everyMs: RECORD_EVERY_MS, name, logger: deps.logger });
  const closing = new AbortController();
  const ends = AbortSignal.any([signal, closing.signal]);
  const loops = [
    rounds.run(gateway.vendors, ends),
    ...listings.map((listing) => listing.run(ends)),
  ];
  try {
    await desk.start((ids) => rounds.recall(ids));
    // A loop may wait for a vendor that hangs: closing its gateway is what answers it.
    await Promise.race([Promise.all(loops), abortOf(ends)]);
  } finally {
    closing.abort();
    await gateway.close();
    await Promise.allSettled(loops);
    await desk.stop();
    await reconciling.stop();
    await watching.stop();
    await record.flush();
  }
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** All that is in the office, in the knowledge of each other. */
function furnish(deps: ListingOfficeDeps, metrics: PublishingMetrics) {
  const { clock, publications } = deps;
  const record = createPublishingRecord({ ...deps, onBreach: metrics.onBreach });
  const tell = (breach: BasketSlaBreached) => record.keepBreach(breach);
  const sla = createPublishingSla(deps.newId, tell, metrics.onGap);
  const rounds = new PublishingRounds({ ...deps, record, sla, ...everyMsOf(deps) });
  const approvals = createApprovalWatch(deps, tell);
  const gateway = deps.openVendors({
    sequences: publications.sequences,
    onPublication(publication) {
      metrics.onPublication(publication);
      rounds.onPublication(publication);
      if (publication.kind === 'REFUSED') doubt(publication.post);
    },
  });
  const report = (basketId: string, said: VendorReport) => desk.report(basketId, said);
  const listings = gateway.vendors.map(
    (vendor) => new ListingVendor({ ...deps, vendor, report, backoff: backoffMs }),
  );
  const doubt = ({ vendor, update }: Post) => {
    const at = gateway.vendors.findIndex(({ name }) => name === vendor);
    listings[at]?.doubt(update.code);
  };
  const desk = new ListingDesk({
    ...deps,
    onStanding(standing, former) {
      for (const listing of listings) listing.see(standing);
      rounds.see(standing);
      approvals.see(standing);
      onTheMarket(standing, former, metrics);
    },
  });
  const watch = () => {
    sla.check(clock.nowMs());
    for (const standing of desk.standings()) approvals.see(standing);
    return record.flush();
  };
  return { desk, gateway, listings, record, rounds, watch };
}

const everyMsOf = ({ publishEveryMs: everyMs }: ListingOfficeDeps) =>
  everyMs === undefined ? {} : { everyMs };

function onTheMarket(
  { approvedAtMs, state, stateSinceMs }: VendorStanding,
  former: VendorStanding | undefined,
  metrics: PublishingMetrics,
): void {
  const isNew = former?.state === 'LISTING' && state === 'ACTIVE';
  if (isNew && approvedAtMs !== null) metrics.onActive(stateSinceMs - approvedAtMs);
}

/** Tells of baskets that are still on their way two minutes after they were sent to the market. */
function createApprovalWatch(
  { clock }: Pick<ListingOfficeDeps, 'clock'>,
  tell: (breach: BasketSlaBreached) => void,
) {
  const told = new Set<string>();
  return {
    see({ approvedAtMs, basketId, code, state }: VendorStanding): void {
      const isOnItsWay = state === 'LISTING' || state === 'LISTING_FAILED';
      if (approvedAtMs === null || !isOnItsWay) return void told.delete(basketId);
      const about = { nowMs: clock.nowMs(), detail: state };
      const breach = approvalBreach({ basketId, code, approvedAtMs }, about);
      if (breach === null || told.has(basketId)) return;
      told.add(basketId);
      tell(breach);
    },
  };
}
