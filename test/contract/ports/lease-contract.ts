/** What every Lease must do, run over each implementation by the `lease-*.db.test.ts` files. */

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Lease } from '#platform/ports';
import type { Doomed } from './doomed.ts';
import { eventually } from './eventually.ts';

export interface LeaseUnderTest {
  readonly lease: Lease;
  close(): Promise<void>;
}

export interface LeaseContract {
  readonly name: string;
  readonly skipReason?: string | undefined;
  /** Each one as another process would open it. */
  open(): Promise<LeaseUnderTest>;
  /** Makes the store forget the leases, as if they had expired. */
  expireAll(): Promise<void>;
  /** Another process that takes the lease and holds it. */
  readonly startHolder: (name: string, ttlMs: number) => Doomed;
}

export function describeLease(contract: LeaseContract): void {
  const { name, skipReason } = contract;
  describe.skipIf(skipReason !== undefined)(`PL Lease contract: ${name}`, () => {
    let mine: LeaseUnderTest;
    let other: LeaseUnderTest;

    beforeAll(async () => {
      mine = await contract.open();
      other = await contract.open();
    });
    afterAll(async () => {
      await mine.close();
      await other.close();
    });

    test('one holder at a time; released, it goes to the next with a higher token', async () => {
      const resource = randomUUID();
      const held = await mine.lease.tryAcquire(resource, { ttlMs: 5_000 });
      expect(held?.name).toBe(resource);
      expect(held?.lost.aborted).toBe(false);
      expect(await other.lease.tryAcquire(resource, { ttlMs: 5_000 })).toBeUndefined();
      expect(await mine.lease.tryAcquire(resource, { ttlMs: 5_000 })).toBeUndefined();
      await held?.release();
      expect(held?.lost.aborted).toBe(true);
      const next = await other.lease.tryAcquire(resource, { ttlMs: 5_000 });
      expect(next?.fencingToken).toBeGreaterThan(held?.fencingToken ?? 0n);
      await held?.release();
      expect(next?.lost.aborted).toBe(false);
      expect(await mine.lease.tryAcquire(resource, { ttlMs: 5_000 })).toBeUndefined();
      await next?.release();
    });

    test('leases of different names do not meet', async () => {
      const [left, right] = await Promise.all([
        mine.lease.tryAcquire(randomUUID(), { ttlMs: 5_000 }),
        other.lease.tryAcquire(randomUUID(), { ttlMs: 5_000 }),
      ]);
      expect(left).toBeDefined();
      await right?.release();
      expect(left?.lost.aborted).toBe(false);
      await left?.release();
    });

    test('of many who try at once, exactly one gets it', async () => {
      const resource = randomUUID();
      const tries = Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? mine : other).lease.tryAcquire(resource, { ttlMs: 5_000 }),
      );
      const held = (await Promise.all(tries)).filter((each) => each !== undefined);
      expect(held).toHaveLength(1);
      await held[0]?.release();
    });

    test('renews itself beyond its time to live', async () => {
      const resource = randomUUID();
      const held = await mine.lease.tryAcquire(resource, { ttlMs: 300 });
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(held?.lost.aborted).toBe(false);
      expect(await other.lease.tryAcquire(resource, { ttlMs: 300 })).toBeUndefined();
      await held?.release();
    });

    test('tells its holder when it was lost, and goes to another with a higher token', async () => {
      const resource = randomUUID();
      const held = await mine.lease.tryAcquire(resource, { ttlMs: 300 });
      await contract.expireAll();
      const next = await other.lease.tryAcquire(resource, { ttlMs: 5_000 });
      expect(next?.fencingToken).toBeGreaterThan(held?.fencingToken ?? 0n);
      await eventually(() => held?.lost.aborted === true, { withinMs: 1_000 });
      await held?.release();
      expect(await mine.lease.tryAcquire(resource, { ttlMs: 300 })).toBeUndefined();
      await next?.release();
    });

    test('can be had again after it was lost', async () => {
      const resource = randomUUID();
      const held = await mine.lease.tryAcquire(resource, { ttlMs: 300 });
      await contract.expireAll();
      await eventually(() => held?.lost.aborted === true);
      const again = await mine.lease.tryAcquire(resource, { ttlMs: 300 });
      expect(again?.fencingToken).toBeGreaterThan(held?.fencingToken ?? 0n);
      await again?.release();
    });

    test('a killed holder loses it when its time to live is over, not before', async () => {
      const resource = randomUUID();
      const ttlMs = 1_000;
      const doomed = contract.startHolder(resource, ttlMs);
      onTestFinished(() => doomed.kill());
      expect(await doomed.next()).toMatch(/^holding \d+$/);
      expect(await mine.lease.tryAcquire(resource, { ttlMs })).toBeUndefined();
      await doomed.kill();
      const killedAtMs = performance.now();
      expect(await mine.lease.tryAcquire(resource, { ttlMs })).toBeUndefined();
      await eventually(async () => {
        const held = await mine.lease.tryAcquire(resource, { ttlMs });
        await held?.release();
        return held !== undefined;
      });
      expect(performance.now() - killedAtMs).toBeLessThan(ttlMs + 500);
    });
  });
}
