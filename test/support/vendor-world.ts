// Both vendors emulated, our gateway to them with short limits, and all that it tells.

import { startVendorEmulator } from '../../emulators/vendors/vendor-emulator.ts';
import type { Fault } from '../../emulators/vendors/faults.ts';

import { decimal } from '#kernel/decimal';
import { currencyCode } from '#kernel/money';
import { systemClock } from '#platform/clock';
import { VENDOR_KINDS, type VendorKind } from '#platform/config';
import { silentLogger } from '#platform/logger';
import { level } from '../../subgraphs/baskets/domain/index-level.ts';
import type {
  ListingDefinition,
  ListingState,
  PriceUpdate,
  Publication,
  Vendor,
} from '../../subgraphs/baskets/domain/vendor.ts';
import { createMemorySequences } from '../../subgraphs/baskets/workers/vendors/memory-sequences.ts';
import { createVendorGateway } from '../../subgraphs/baskets/workers/vendors/vendor-gateway.ts';
import {
  DEFAULT_VENDOR_LIMITS,
  type VendorLimits,
} from '../../subgraphs/baskets/workers/vendors/vendor-limits.ts';

/** Short waits between attempts; an answer has its usual time, on a slow machine too. */
export const QUICK_LIMITS: VendorLimits = {
  ...DEFAULT_VENDOR_LIMITS,
  backoff: { firstMs: 5, maxMs: 20 },
  reconnect: { firstMs: 5, maxMs: 20 },
  pingMs: 40,
  failbackMs: 60,
  breaker: { ...DEFAULT_VENDOR_LIMITS.breaker, openFirstMs: 60, openMaxMs: 120 },
  sessionBreaker: { ...DEFAULT_VENDOR_LIMITS.sessionBreaker, openFirstMs: 60, openMaxMs: 120 },
};

/** For what is to be seen when no answer comes: a slow machine may run into them by itself. */
export const IMPATIENT_LIMITS: VendorLimits = {
  ...QUICK_LIMITS,
  connectMs: 2_000,
  answerMs: 1_000,
  ackMs: 500,
  silenceMs: 1_000,
};

export const definitionOf = (code: string, versionHash = 'v1'): ListingDefinition => ({
  code,
  name: `Basket ${code}`,
  description: '',
  currency: currencyCode('USD'),
  versionHash,
  constituents: [
    { symbol: 'AAPL', weight: decimal('0.6') },
    { symbol: 'MSFT', weight: decimal('0.4') },
  ],
});

export const priceOf = (code: string, text: string, valuedAtMs = Date.now()): PriceUpdate => ({
  code,
  level: level(decimal(text)),
  bid: null,
  ask: null,
  quality: 'GOOD',
  valuedAtMs,
});

export const faultOf = (fault: Pick<Fault, 'kind' | 'at'> & Partial<Fault>): Fault => ({
  times: null,
  ms: 0,
  code: 'REFUSED_BY_TEST',
  ...fault,
});

export type VendorWorld = Awaited<ReturnType<typeof startVendorWorld>>;

export async function startVendorWorld({ limits = QUICK_LIMITS, hasSecondary = true } = {}) {
  const emulator = await startVendorEmulator({ logger: silentLogger });
  emulator.bloomberg.desk.set({ listingMs: 0 });
  emulator.refinitiv.desk.set({ listingMs: 0 });
  const told: Publication[] = [];
  const waiting = new Set<() => void>();
  const gateway = createVendorGateway({
    vendors: VENDOR_KINDS.map((name) => ({
      name,
      isMandatory: true,
      url: emulator[name].primary.url,
      secondaryUrl: hasSecondary ? emulator[name].secondary.url : null,
      clientId: 'plumbline',
      clientSecret: 'emulated',
    })),
    sequences: createMemorySequences(),
    onPublication: (publication) => {
      told.push(publication);
      for (const look of waiting) look();
    },
    clock: systemClock,
    logger: silentLogger,
    limits,
  });

  const vendorOf = (kind: VendorKind): Vendor => {
    const vendor = gateway.vendors.find(({ name }) => name === kind);
    if (!vendor) throw new Error(`no vendor ${kind}`);
    return vendor;
  };

  const toldOf = (kind: VendorKind, what: Publication['kind']): readonly Publication[] =>
    told.filter((each) => {
      const vendor = each.kind === 'CONFLATED' ? each.vendor : each.post.vendor;
      return vendor === kind && each.kind === what;
    });

  return {
    emulator,
    gateway,
    told,
    vendorOf,
    toldOf,
    /** Resolves with what was told once there are so many. */
    async heard<K extends Publication['kind']>(kind: VendorKind, what: K, count = 1) {
      await new Promise<void>((resolve) => {
        const look = (): void => {
          if (toldOf(kind, what).length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      });
      return toldOf(kind, what) as readonly Extract<Publication, { readonly kind: K }>[];
    },
    async stateOf(kind: VendorKind, code: string): Promise<ListingState | undefined> {
      const states = await vendorOf(kind).listing.status([code]);
      return states.kind === 'STATES' ? states.byCode.get(code) : undefined;
    },
    /** Listed at the vendor, as its own desk sees it: no request of ours is made. */
    list(kind: VendorKind, ...codes: readonly string[]): void {
      for (const code of codes) {
        emulator[kind].desk.submit({
          code,
          name: code,
          currency: 'USD',
          clientReference: 'v1',
          constituents: [{ symbol: 'AAPL', weight: '1' }],
        });
      }
    },
    both(kind: VendorKind, fault: Fault): void {
      emulator[kind].primary.faults.add(fault);
      emulator[kind].secondary.faults.add(fault);
    },
    clear(kind: VendorKind): void {
      emulator[kind].primary.faults.clear();
      emulator[kind].secondary.faults.clear();
    },
    /** Throws when a sequence went back, or a PostID came again after a newer one. */
    async stop() {
      const { bloomberg, refinitiv } = emulator;
      const faultsFound = [...bloomberg.desk.faultsFound(), ...refinitiv.desk.faultsFound()];
      await gateway.close();
      await emulator.stop();
      if (faultsFound.length > 0) throw new Error(faultsFound.join('; '));
    },
  };
}
