/**
 * Everything about vendors of one process: what it does for them, and what it answers about them.
 */

import { basketSlaBreached } from '#kernel/topics/basket-sla-breached';
import { pause } from '#platform/backoff';
import { createTopicTail } from '#platform/event-log/topic-tail';
import type { PlatformParts } from '#platform/subgraph';
import type { Deps, VendorDeps } from '../graphql/context.ts';
import { createPublicationStore } from '../store/publications.ts';
import { createSlaBreachStore } from '../store/sla-breaches.ts';
import { createVendorReconciliationStore } from '../store/vendor-reconciliations.ts';
import { createVendorServiceReader } from '../store/vendor-services.ts';
import { createVendorStandingReader } from '../store/vendor-standings.ts';
import type { LevelHub } from './level-hub.ts';
import { createListingOffice } from './listing-office.ts';
import { createVendorGateway } from './vendors/vendor-gateway.ts';

export interface VendorWork {
  start(): void;
  stop(): Promise<void>;
  readonly vendorDeps: VendorDeps;
}

export function createVendorWork(
  parts: PlatformParts,
  { deps, hub }: { readonly deps: Deps; readonly hub: Pick<LevelHub, 'latest'> },
): VendorWork {
  const { clock, config, sql } = parts;
  const standings = createVendorStandingReader(sql, deps.reader);
  const breaches = createSlaBreachStore(sql);
  const reconciliations = createVendorReconciliationStore(sql);
  const breached = createTopicTail({ ...parts, eventType: basketSlaBreached, pause });
  const office = createListingOffice({
    ...parts,
    ...deps,
    pause,
    levelOf: (basketId) => hub.latest(basketId),
    vendorStandings: standings,
    publications: createPublicationStore(sql),
    breaches,
    reconciliations,
    openVendors: (gateway) =>
      createVendorGateway({ ...parts, ...gateway, vendors: config.vendors }),
  });
  return {
    start: () => office.start(),
    async stop() {
      await office.stop();
      await breached.close();
    },
    vendorDeps: {
      clock,
      standings,
      breaches,
      reconciliations,
      breached,
      services: createVendorServiceReader(sql),
      plans: deps.vendors,
      vendors: () => office.vendors(),
    },
  };
}
