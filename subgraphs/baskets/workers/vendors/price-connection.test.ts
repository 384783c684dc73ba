import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { priceOf } from '../../../../test/support/vendor-world.ts';
import type { EndpointName, Publication } from '../../domain/vendor.ts';
import { createMemorySequences } from './memory-sequences.ts';
import { PriceConnection } from './price-connection.ts';
import { PriceDelivery } from './price-delivery.ts';
import type { OpenSession } from './price-session.ts';
import { endpointsOf } from './vendor-endpoint.ts';
import { DEFAULT_VENDOR_LIMITS } from './vendor-limits.ts';

const CODES = Array.from({ length: 8 }, (_, n) => `B${n}`);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const CADENCE_MS = 5 * SECOND;
const CADENCE_LIMIT_MS = 7.5 * SECOND;
const ANSWER_MS = 5;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** DOWN: every connection is cut. HANGING: it logs in, and no post is answered. */
type Health = 'UP' | 'DOWN' | 'HANGING';

const later = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Ends early when the signal is aborted, as the one of the platform does. */
const pause = (ms: number, signal?: AbortSignal) =>
  new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });

/** One vendor with two endpoints, and what it acknowledged per basket; waits are the longest. */
function vendorOnTest(name: string) {
  const health: Record<EndpointName, Health> = { PRIMARY: 'UP', SECONDARY: 'UP' };
  const sessions = new Map<() => void, EndpointName>();
  const acks = new Map<string, { readonly atMs: number; readonly sequence: bigint }[]>();
  let opened = 0;
  const openSession: OpenSession = async ({ url, events }) => {
    const endpoint: EndpointName = url.includes('primary') ? 'PRIMARY' : 'SECONDARY';
    opened += 1;
    await later(ANSWER_MS);
    if (health[endpoint] === 'DOWN') throw new Error('refused');
    let isOpen = true;
    const cut = (): void => {
      if (isOpen) events.onLost('cut');
      isOpen = false;
    };
    sessions.set(cut, endpoint);
    return {
      clockSkewMs: 0,
      close: () => void (isOpen = false),
      post: ({ postId }) => {
        if (health[endpoint] === 'HANGING') return;
        setTimeout(() => {
          if (isOpen) events.onAck(postId);
        }, ANSWER_MS);
      },
    };
  };
  const shared = {
    vendor: name,
    limits: DEFAULT_VENDOR_LIMITS,
    clock: systemClock,
    random: () => 1,
    logger: silentLogger,
  };
  const delivery = new PriceDelivery({
    ...shared,
    sequences: createMemorySequences(),
    onPublication(publication: Publication) {
      if (publication.kind !== 'ACKED') return;
      const { sequence, update } = publication.post;
      const seen = acks.get(update.code) ?? [];
      seen.push({ atMs: publication.ackedAtMs, sequence });
      acks.set(update.code, seen);
    },
  });
  const connection = new PriceConnection({
    ...shared,
    endpoints: endpointsOf(
      { url: 'http://primary', secondaryUrl: 'http://secondary' },
      { limits: DEFAULT_VENDOR_LIMITS.sessionBreaker, clock: systemClock },
    ),
    openSession,
    delivery,
    clientId: 'test',
    tokens: { current: () => Promise.reject(new Error('not asked for')), drop: () => undefined },
    pause,
  });
  connection.open();
  return {
    connection,
    openings: () => opened,
    become(next: Health, which: readonly EndpointName[] = ['PRIMARY', 'SECONDARY']) {
      for (const endpoint of which) health[endpoint] = next;
      if (next !== 'DOWN') return;
      for (const [cut, endpoint] of sessions) if (which.includes(endpoint)) cut();
    },
    publish(round: number) {
      for (const code of CODES) delivery.publish(priceOf(code, String(1 + round), Date.now()));
    },
    /** Longest time between two acknowledgements of one basket since then, the open one too. */
    longestGapMs(sinceMs: number): number {
      const gaps = CODES.flatMap((code) => {
        const times = (acks.get(code) ?? []).map(({ atMs }) => atMs);
        const known = [...times.filter((atMs) => atMs >= sinceMs), Date.now()];
        return known.map((atMs, n) => atMs - (known[n - 1] ?? sinceMs));
      });
      return Math.max(...gaps);
    },
    /** From then until every basket had an acknowledged price. */
    recoveredMs(sinceMs: number): number {
      const firsts = CODES.map((code) => acks.get(code)?.find(({ atMs }) => atMs >= sinceMs)?.atMs);
      return Math.max(...firsts.map((atMs) => (atMs ?? Number.POSITIVE_INFINITY) - sinceMs));
    },
    expectOrder(): void {
      for (const code of CODES) {
        const sequences = (acks.get(code) ?? []).map(({ sequence }) => sequence);
        expect(sequences).toEqual(sequences.toSorted((a, b) => Number(a - b)));
        expect(new Set(sequences).size).toBe(sequences.length);
      }
    },
  };
}

let round = 0;
async function goOn(vendors: readonly ReturnType<typeof vendorOnTest>[], ms: number) {
  const untilMs = Date.now() + ms;
  while (Date.now() < untilMs) {
    for (const vendor of vendors) vendor.publish((round += 1));
    await vi.advanceTimersByTimeAsync(Math.min(CADENCE_MS, untilMs - Date.now()));
  }
}

describe('BK-7 a vendor dead for an hour', () => {
  test.each(['DOWN', 'HANGING'] as const)('that is %s', async (health) => {
    const [dead, other] = [vendorOnTest('dead'), vendorOnTest('other')];
    await goOn([dead, other], MINUTE);
    const beganMs = Date.now();
    const openings = dead.openings();
    dead.become(health);
    await goOn([dead, other], 60 * MINUTE);
    // The other one never misses its cadence, on the connection it had.
    expect(other.longestGapMs(beganMs - MINUTE)).toBeLessThan(CADENCE_LIMIT_MS);
    expect(other.openings()).toBe(1);
    expect(dead.longestGapMs(beganMs)).toBeGreaterThan(59 * MINUTE);
    // It is left alone but for a look at each endpoint in five seconds.
    expect(dead.openings() - openings).toBeLessThan(2 * (3_600 / 5) + 50);
    dead.become('UP');
    const backMs = Date.now();
    await goOn([dead, other], 2 * MINUTE);
    expect(dead.recoveredMs(backMs)).toBeLessThan(CADENCE_LIMIT_MS);
    expect(dead.longestGapMs(backMs + CADENCE_LIMIT_MS)).toBeLessThan(CADENCE_LIMIT_MS);
    for (const vendor of [dead, other]) {
      vendor.expectOrder();
      await Promise.all([vendor.connection.close(), vi.advanceTimersByTimeAsync(SECOND)]);
    }
  });

  test('at its first endpoint only is served at the second, and then at the first', async () => {
    const vendor = vendorOnTest('half');
    await goOn([vendor], MINUTE);
    const beganMs = Date.now();
    vendor.become('DOWN', ['PRIMARY']);
    await goOn([vendor], 60 * MINUTE);
    expect(vendor.connection.status()).toMatchObject({ state: 'LIVE', endpoint: 'SECONDARY' });
    vendor.become('UP');
    await goOn([vendor], MINUTE);
    expect(vendor.connection.status()).toMatchObject({ state: 'LIVE', endpoint: 'PRIMARY' });
    expect(vendor.longestGapMs(beganMs)).toBeLessThan(CADENCE_LIMIT_MS);
    vendor.expectOrder();
    await Promise.all([vendor.connection.close(), vi.advanceTimersByTimeAsync(SECOND)]);
  });
});

describe('BK-7 a vendor that flaps, 3 s in 15', () => {
  test.each(['DOWN', 'HANGING'] as const)(
    '%s: is served soon after each return',
    async (health) => {
      const vendor = vendorOnTest('flapping');
      await goOn([vendor], 7 * SECOND);
      const recoveries: number[] = [];
      for (let flaps = 0; flaps < 40; flaps += 1) {
        vendor.become(health);
        await goOn([vendor], 3 * SECOND);
        vendor.become('UP');
        const backMs = Date.now();
        await goOn([vendor], 12 * SECOND);
        recoveries.push(vendor.recoveredMs(backMs));
      }
      expect(Math.max(...recoveries)).toBeLessThan(CADENCE_MS);
      vendor.expectOrder();
      await Promise.all([vendor.connection.close(), vi.advanceTimersByTimeAsync(SECOND)]);
    },
  );
});
