// Baskets on their way to two emulated vendors, over a database of their own: the office that deals
// with vendors is started, ended and killed by the test; levels are what the test says.

import { Registry } from 'prom-client';
import { expect } from 'vitest';
import type { BasketSlaBreached } from '#kernel/topics/basket-sla-breached';
import { decimal } from '#kernel/decimal';
import { pause } from '#platform/backoff';
import { VENDOR_KINDS, type VendorConfig, type VendorKind } from '#platform/config';
import { createPostgresLease } from '#platform/lease/postgres-lease';
import { silentLogger } from '#platform/logger';
import { startVendorEmulator } from '../../emulators/vendors/vendor-emulator.ts';
import type { Fault } from '../../emulators/vendors/faults.ts';
import { level } from '../../subgraphs/baskets/domain/index-level.ts';
import { createPublicationStore } from '../../subgraphs/baskets/store/publications.ts';
import { createSlaBreachStore } from '../../subgraphs/baskets/store/sla-breaches.ts';
import { createVendorReconciliationStore } from '../../subgraphs/baskets/store/vendor-reconciliations.ts';
import { createVendorStandingReader } from '../../subgraphs/baskets/store/vendor-standings.ts';
import { createBasketReader } from '../../subgraphs/baskets/store/basket-reader.ts';
import type { LevelNow } from '../../subgraphs/baskets/use-cases/publish-price.ts';
import { reportBacktestCompleted } from '../../subgraphs/baskets/use-cases/report-backtest.ts';
import {
  createListingOffice,
  type ListingOffice,
} from '../../subgraphs/baskets/workers/listing-office.ts';
import { createVendorGateway } from '../../subgraphs/baskets/workers/vendors/vendor-gateway.ts';
import type { VendorLimits } from '../../subgraphs/baskets/workers/vendors/vendor-limits.ts';
import { openBasketLifeWorld, type Person, START_MS } from './basket-life-world.ts';
import { QUICK_LIMITS } from './vendor-world.ts';

export const MIA: Person = { user: 'mia', roles: ['portfolio_manager'] };
export const CARL: Person = { user: 'carl', roles: ['approver'] };
export const OTTO: Person = { user: 'otto', roles: ['operations'] };

export type ListingWorld = Awaited<ReturnType<typeof openListingWorld>>;

/** Friday noon at the start, and runs. */
function runningClock() {
  const startedMs = performance.now();
  let aheadMs = 0;
  const nowMs = () => START_MS + aheadMs + Math.floor(performance.now() - startedMs);
  return {
    nowMs,
    today: () => new Date(nowMs()).toISOString().slice(0, 10) as never,
    advance: (ms: number) => void (aheadMs += ms),
  };
}

export async function openListingWorld({
  optional = [],
  limits = QUICK_LIMITS,
}: {
  readonly optional?: readonly VendorKind[];
  readonly limits?: VendorLimits;
} = {}) {
  const emulator = await startVendorEmulator({ logger: silentLogger });
  const vendors: VendorConfig[] = VENDOR_KINDS.map((name) => ({
    name,
    isMandatory: !optional.includes(name),
    url: emulator[name].primary.url,
    secondaryUrl: emulator[name].secondary.url,
    clientId: 'plumbline',
    clientSecret: 'emulated',
  }));
  const clock = runningClock();
  const life = await openBasketLifeWorld({ clock, vendors });
  const { sql } = life;
  const levels = new Map<string, string | null>();
  const desks = VENDOR_KINDS.map((kind) => emulator[kind].desk);
  for (const desk of desks) desk.set({ listingMs: 20 });
  const offices = new Set<ListingOffice>();
  const reader = createBasketReader(sql);
  let everyLevel: string | null = '1000';

  function levelOf(basketId: string): LevelNow | undefined {
    const text = levels.get(basketId) ?? everyLevel;
    const version = versions.get(basketId) ?? 1;
    return text === null
      ? undefined
      : { level: level(decimal(text)), quality: 'GOOD', versionNumber: version };
  }
  const versions = new Map<string, number>();

  return {
    ...life,
    emulator,

    /** A process that deals with vendors. */
    office({ publishEveryMs = 50 } = {}): ListingOffice {
      const lease = createPostgresLease({ sql, logger: silentLogger });
      const office = createListingOffice({
        ...life.deps,
        lease,
        clock,
        pause,
        logger: silentLogger,
        metrics: new Registry(),
        levelOf,
        leaseTtlMs: 500,
        publishEveryMs,
        vendorStandings: createVendorStandingReader(sql, reader),
        publications: createPublicationStore(sql),
        breaches: createSlaBreachStore(sql),
        reconciliations: createVendorReconciliationStore(sql),
        openVendors: (gateway) =>
          createVendorGateway({ ...gateway, vendors, clock, logger: silentLogger, limits }),
      });
      const stoppable = {
        ...office,
        async stop() {
          offices.delete(stoppable);
          await office.stop();
          await lease.close();
        },
      };
      offices.add(stoppable);
      office.start();
      return stoppable;
    },

    /** Null: no basket has a level. */
    setLevel: (text: string | null) => void (everyLevel = text),
    setVersion: (basketId: string, number: number) => void versions.set(basketId, number),

    async submitted(code: string): Promise<void> {
      const names = [{ symbol: 'A' }, { symbol: 'B' }];
      const input = { code, name: `Basket ${code}`, currency: 'USD', weighting: 'EQUAL' };
      await life.command(MIA, 'createBasket', { ...input, constituents: names });
      await life.command(MIA, 'triggerBacktest', { code, from: '2026-01-05', to: '2026-11-19' });
      const [row] = await sql<{ backtestId: string; versionHash: string }[]>`
        select backtest_id as "backtestId", version_hash as "versionHash"
        from baskets.backtest join baskets.basket using (basket_id) where code = ${code}`;
      if (!row) throw new Error('the backtest was asked for');
      await reportBacktestCompleted(life.deps, { code, ...row });
      await life.command(MIA, 'submitBasketForApproval', { code });
    },

    async approved(code: string): Promise<void> {
      await this.submitted(code);
      await life.command(CARL, 'approveBasket', { code });
    },

    async stateOf(code: string): Promise<string | undefined> {
      const [row] = await sql<{ state: string }[]>`
        select state from baskets.basket where code = ${code}`;
      return row?.state;
    },

    /** Such as `bloomberg LISTED`. */
    async listingsOf(code: string): Promise<readonly string[]> {
      const rows = await sql<{ vendor: string; status: string }[]>`
        select vendor, status from baskets.vendor_listing join baskets.basket using (basket_id)
        where code = ${code} order by vendor`;
      return rows.map(({ vendor, status }) => `${vendor} ${status}`);
    },

    /** Events of the audit trail, refusals left out. */
    async eventsOf(code: string): Promise<readonly string[]> {
      const rows = await sql<{ event: string; comment: string | null }[]>`
        select event, comment from baskets.transition join baskets.basket using (basket_id)
        where code = ${code} and refusal is null order by number`;
      return rows.map(({ event, comment }) => (comment === null ? event : `${event} ${comment}`));
    },

    async breachesOf(code: string): Promise<readonly BasketSlaBreached[]> {
      return createSlaBreachStore(sql).page({ codes: [code], kinds: null }, {
        first: 100,
        after: null,
      } as never);
    },

    async becomes(code: string, state: string): Promise<void> {
      await expect.poll(() => this.stateOf(code), { timeout: 15_000, interval: 20 }).toBe(state);
    },

    both(kind: VendorKind, fault: Fault): void {
      emulator[kind].primary.faults.add(fault);
      emulator[kind].secondary.faults.add(fault);
    },
    clear(kind: VendorKind): void {
      emulator[kind].primary.faults.clear();
      emulator[kind].secondary.faults.clear();
    },

    async stopOffices(): Promise<void> {
      for (const office of offices) await office.stop();
    },
    async close(): Promise<void> {
      for (const office of offices) await office.stop();
      await life.close();
      await emulator.stop();
    },
  };
}
