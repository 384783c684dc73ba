// What is seen only once an answer has not come for its time. The waits of all tests overlap.

import { describe, test, type TestContext, vi } from 'vitest';
import type { VendorKind } from '#platform/config';
import {
  faultOf,
  IMPATIENT_LIMITS,
  priceOf,
  startVendorWorld,
} from '../../../../test/support/vendor-world.ts';

vi.setConfig({ testTimeout: 60_000 });
const SOON = { timeout: 15_000 };
const KINDS = ['bloomberg', 'refinitiv'] as const;

/** With one price acknowledged, so that the connection and its topic are there. */
async function live(kind: VendorKind, { onTestFinished }: TestContext) {
  const world = await startVendorWorld({ limits: IMPATIENT_LIMITS });
  onTestFinished(() => world.stop());
  world.list(kind, 'TECH');
  const { prices } = world.vendorOf(kind);
  prices.open();
  prices.publish(priceOf('TECH', '1000'));
  await world.heard(kind, 'ACKED');
  const received = () => world.emulator[kind].desk.prices();
  return { world, prices, received, primary: world.emulator[kind].primary };
}

describe.concurrent.each(KINDS)('BK-6 prices to %s', (kind) => {
  test('whose acknowledgement was lost come again under the same PostID', async (context) => {
    const { expect } = context;
    const { prices, received, world } = await live(kind, context);
    world.both(kind, faultOf({ kind: 'DROP', at: 'PRICE', times: 1 }));
    prices.publish(priceOf('TECH', '7'));
    const [, acked] = await world.heard(kind, 'ACKED', 2);
    const { attempts, postId, sequence } = acked?.post ?? {};
    expect([sequence, attempts]).toEqual([2n, expect.toSatisfy((n: number) => n > 1)]);
    const same = received().filter((price) => price.postId === String(postId));
    expect(same.map(({ isRepeated }) => isRepeated).slice(0, 2)).toEqual([false, true]);
    expect(world.toldOf(kind, 'SENT')).toHaveLength(2);
  });

  test('go to the secondary endpoint when the primary answers nothing', async (context) => {
    const { expect } = context;
    const { prices, primary, world } = await live(kind, context);
    primary.faults.add(faultOf({ kind: 'HANG', at: 'PRICE' }));
    prices.publish(priceOf('TECH', '7'));
    const acked = await world.heard(kind, 'ACKED', 2);
    expect(acked[1]?.post).toMatchObject({ endpoint: 'SECONDARY', sequence: 2n, isImage: true });
  });

  test('that nobody acknowledges are dead after their attempts', async (context) => {
    const { expect } = context;
    const { prices, received, world } = await live(kind, context);
    world.both(kind, faultOf({ kind: 'HANG', at: 'PRICE' }));
    prices.publish(priceOf('TECH', '7'));
    const [dead] = await world.heard(kind, 'DEAD');
    expect(dead?.post.attempts).toBe(IMPATIENT_LIMITS.postAttempts);
    world.clear(kind);
    prices.publish(priceOf('TECH', '8'));
    await expect.poll(() => JSON.stringify(received().at(-1)?.fields), SOON).toContain(':8');
  });

  test('survive a connection that is open at one end only', async (context) => {
    const { expect } = context;
    const { prices, primary, world } = await live(kind, context);
    primary.faults.add(faultOf({ kind: 'HALF_OPEN', at: 'PRICE', times: 1 }));
    prices.publish(priceOf('TECH', '7'));
    await world.heard(kind, 'ACKED', 2);
    expect(world.vendorOf(kind).stats().prices.connections).toBeGreaterThan(1);
  });
});
