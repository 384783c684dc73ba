import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { VendorKind } from '#platform/config';
import {
  faultOf,
  priceOf,
  startVendorWorld,
  type VendorWorld,
} from '../../../../test/support/vendor-world.ts';

vi.setConfig({ testTimeout: 30_000 });
const SOON = { timeout: 15_000 };

let world: VendorWorld;
beforeEach(async () => {
  world = await startVendorWorld();
});
afterEach(() => world.stop());

const deskOf = (kind: VendorKind) => world.emulator[kind].desk;
const pricesOf = (kind: VendorKind) => world.vendorOf(kind).prices;
const receivedOf = (kind: VendorKind, code = 'TECH') =>
  deskOf(kind)
    .prices()
    .filter((price) => price.code === code);
const levelsAt = (kind: VendorKind, code = 'TECH') =>
  receivedOf(kind, code).map(({ fields }) => fields['TRDPRC_1'] ?? fields['LAST_PRICE']);

function begin(kind: VendorKind, ...codes: readonly string[]): void {
  world.list(kind, ...(codes.length === 0 ? ['TECH'] : codes));
  pricesOf(kind).open();
}

/** With one price acknowledged, so that the connection and its topic are there. */
async function live(kind: VendorKind): Promise<void> {
  begin(kind);
  pricesOf(kind).publish(priceOf('TECH', '1000'));
  await world.heard(kind, 'ACKED');
}

const RETRYABLE = { bloomberg: 'TRY_LATER', refinitiv: 'NoResources' } as const;

describe.each(['bloomberg', 'refinitiv'] as const)('BK-6 prices to %s', (kind) => {
  test('arrive at tick precision, numbered, and are acknowledged', async () => {
    begin(kind);
    const valuedAtMs = Date.now();
    pricesOf(kind).publish(priceOf('TECH', '1030.12345678', valuedAtMs));
    const [acked] = await world.heard(kind, 'ACKED');
    pricesOf(kind).publish({ ...priceOf('TECH', '1031'), quality: 'INDICATIVE' });
    await world.heard(kind, 'ACKED', 2);
    expect(levelsAt(kind)).toEqual([1030.1235, 1031]);
    expect(receivedOf(kind)).toMatchObject([
      { sequence: 1, isImage: true, isRepeated: false, endpoint: 'PRIMARY' },
      { sequence: 2, isImage: false, fields: { QUALITY: 'INDICATIVE', BID: null } },
    ]);
    expect(acked?.post).toMatchObject({ vendor: kind, sequence: 1n, attempts: 1 });
    expect(receivedOf(kind)[0]?.postId).toBe(String(acked?.post.postId));
    expect(world.vendorOf(kind).stats().prices).toMatchObject({
      state: 'LIVE',
      endpoint: 'PRIMARY',
      sent: 2,
      acked: 2,
      backlog: 0,
      latencyMs: { count: 1 },
    });
  });

  test('that were taken before the connection is there go out with it', async () => {
    begin(kind, 'TECH', 'BANKS');
    for (const code of ['TECH', 'BANKS']) pricesOf(kind).publish(priceOf(code, '1'));
    await world.heard(kind, 'ACKED', 2);
    expect([levelsAt(kind), levelsAt(kind, 'BANKS')]).toEqual([[1], [1]]);
  });

  test('that are late: only the newest of those that waited is sent', async () => {
    await live(kind);
    world.both(kind, faultOf({ kind: 'DELAY', at: 'PRICE', times: 1, ms: 100 }));
    for (const text of ['1', '2', '3', '4']) pricesOf(kind).publish(priceOf('TECH', text));
    await world.heard(kind, 'ACKED', 3);
    expect(levelsAt(kind)).toEqual([1000, 1, 4]);
    expect(await world.heard(kind, 'CONFLATED', 2)).toHaveLength(2);
  });

  test('older than the last one are not taken', async () => {
    await live(kind);
    expect(pricesOf(kind).publish(priceOf('TECH', '9', 1))).toEqual({ kind: 'STALE' });
    expect(levelsAt(kind)).toEqual([1000]);
  });

  test('acknowledged twice count once', async () => {
    await live(kind);
    world.both(kind, faultOf({ kind: 'DUPLICATE', at: 'PRICE', times: 1 }));
    pricesOf(kind).publish(priceOf('TECH', '7'));
    await world.heard(kind, 'ACKED', 2);
    await expect.poll(() => world.vendorOf(kind).stats().prices.unexpectedAcks, SOON).toBe(1);
    expect(world.vendorOf(kind).stats().prices.acked).toBe(2);
  });

  test('refused for good are not repeated, and the next one goes out', async () => {
    await live(kind);
    world.both(kind, faultOf({ kind: 'REJECT', at: 'PRICE', times: 1, code: 'NOT_ENTITLED' }));
    pricesOf(kind).publish(priceOf('TECH', '7'));
    const [refused] = await world.heard(kind, 'REFUSED');
    expect(refused).toMatchObject({ code: 'NOT_ENTITLED', post: { attempts: 1 } });
    pricesOf(kind).publish(priceOf('TECH', '8'));
    await world.heard(kind, 'ACKED', 2);
    expect(levelsAt(kind)).toEqual([1000, 8]);
  });

  test('refused for now come again', async () => {
    await live(kind);
    world.both(kind, faultOf({ kind: 'REJECT', at: 'PRICE', times: 3, code: RETRYABLE[kind] }));
    pricesOf(kind).publish(priceOf('TECH', '7'));
    const acked = await world.heard(kind, 'ACKED', 2);
    expect(acked[1]?.post).toMatchObject({ sequence: 2n, attempts: 4 });
  });

  test('come again when the vendor says that we are too fast', async () => {
    await live(kind);
    world.both(kind, faultOf({ kind: 'THROTTLE', at: 'PRICE', times: 2 }));
    pricesOf(kind).publish(priceOf('TECH', '7'));
    const acked = await world.heard(kind, 'ACKED', 2);
    expect(acked[1]?.post.attempts).toBe(3);
    expect(world.vendorOf(kind).stats().prices.breakers.PRIMARY).toBe('CLOSED');
  });

  test('of a vendor dead for a while: a full image of the newest when it is back', async () => {
    begin(kind, 'TECH', 'BANKS');
    for (const code of ['TECH', 'BANKS']) pricesOf(kind).publish(priceOf(code, '1'));
    await world.heard(kind, 'ACKED', 2);
    world.both(kind, faultOf({ kind: 'DOWN', at: 'PRICE' }));
    await expect.poll(() => pricesOf(kind).status().state, SOON).not.toBe('LIVE');
    for (const text of ['2', '3', '4']) pricesOf(kind).publish(priceOf('TECH', text));
    expect(pricesOf(kind).status()).toMatchObject({ backlog: 1, endpoint: null });
    await expect.poll(() => pricesOf(kind).status().problem, SOON).not.toBeNull();
    world.clear(kind);
    await world.heard(kind, 'ACKED', 4);
    expect([levelsAt(kind), levelsAt(kind, 'BANKS')]).toEqual([
      [1, 4],
      [1, 1],
    ]);
    expect(receivedOf(kind).at(-1)).toMatchObject({ isImage: true, sequence: 2 });
    expect(receivedOf(kind, 'BANKS').at(-1)).toMatchObject({ isImage: true, sequence: 2 });
  });

  test('come back to the primary endpoint once it lives', async () => {
    world.emulator[kind].primary.faults.add(faultOf({ kind: 'DOWN', at: 'PRICE' }));
    begin(kind);
    pricesOf(kind).publish(priceOf('TECH', '1'));
    const [acked] = await world.heard(kind, 'ACKED');
    expect(acked?.post.endpoint).toBe('SECONDARY');
    world.clear(kind);
    const back = await world.heard(kind, 'ACKED', 2);
    expect(back[1]?.post).toMatchObject({ endpoint: 'PRIMARY', isImage: true });
  });

  test('are judged by our clock, whatever the vendor takes for now', async () => {
    world.both(kind, faultOf({ kind: 'CLOCK_SKEW', at: 'LOGIN', ms: 3_600_000 }));
    await live(kind);
    const { clockSkewMs } = world.vendorOf(kind).stats().prices;
    expect(Math.abs((clockSkewMs ?? 0) - 3_600_000)).toBeLessThan(5_000);
    const acked = await world.heard(kind, 'ACKED');
    expect((acked[0]?.ackedAtMs ?? 0) - Date.now()).toBeLessThanOrEqual(0);
  });

  test('keep their connection over a new token, and answer pings', async () => {
    deskOf(kind).set({ tokenMs: 4_000 });
    await live(kind);
    const { sessions } = world.emulator[kind].primary;
    sessions.ping();
    await expect.poll(() => sessions.pongs(), SOON).toBe(1);
    await expect.poll(() => sessions.renewals(), SOON).toBeGreaterThan(0);
    pricesOf(kind).publish(priceOf('TECH', '7'));
    await world.heard(kind, 'ACKED', 2);
    expect(sessions.connections()).toBe(1);
  });

  test('log in anew when the vendor does not know the token any more', async () => {
    await live(kind);
    world.emulator[kind].tokens.revokeAll();
    world.emulator[kind].primary.sessions.cut();
    pricesOf(kind).publish(priceOf('TECH', '7'));
    const acked = await world.heard(kind, 'ACKED', 2);
    expect(acked[1]?.post.update.level).toBe(700_000_000n);
  });

  test('of a basket that is not listed there are refused', async () => {
    await live(kind);
    pricesOf(kind).publish(priceOf('OTHER', '1'));
    const [refused] = await world.heard(kind, 'REFUSED');
    expect(refused?.post.update.code).toBe('OTHER');
  });

  test('of a basket that was forgotten are not sent any more', async () => {
    await live(kind);
    pricesOf(kind).forget('TECH');
    world.both(kind, faultOf({ kind: 'DOWN', at: 'PRICE' }));
    world.list(kind, 'BANKS');
    world.clear(kind);
    pricesOf(kind).publish(priceOf('BANKS', '2'));
    await world.heard(kind, 'ACKED', 2);
    expect(levelsAt(kind)).toEqual([1000]);
  });

  test('are not taken before it is opened, nor after it is closed', async () => {
    const refusal = { kind: 'REFUSED', why: 'NOT_OPEN' };
    expect(pricesOf(kind).publish(priceOf('TECH', '1'))).toEqual(refusal);
    await live(kind);
    await world.gateway.close();
    expect(pricesOf(kind).publish(priceOf('TECH', '1'))).toEqual(refusal);
    expect(pricesOf(kind).status().state).toBe('CLOSED');
  });
});

describe('BK-6 permissions at bloomberg', () => {
  test('that are taken away refuse the price, and let it through when given back', async () => {
    await live('bloomberg');
    const { sessions } = world.emulator.bloomberg.primary;
    sessions.permit('TECH', 'DENIED');
    await expect
      .poll(() => {
        pricesOf('bloomberg').publish(priceOf('TECH', '2'));
        return world.toldOf('bloomberg', 'REFUSED').length;
      })
      .toBeGreaterThan(0);
    sessions.permit('TECH', 'GRANTED');
    await expect
      .poll(() => {
        pricesOf('bloomberg').publish(priceOf('TECH', '3'));
        return levelsAt('bloomberg');
      })
      .toContain(3);
  });
});

describe('BK-7 one dead vendor', () => {
  test('never delays the prices of the other', async () => {
    const codes = Array.from({ length: 200 }, (_, n) => `B${n}`);
    begin('bloomberg', ...codes);
    begin('refinitiv', ...codes);
    world.both('refinitiv', faultOf({ kind: 'HANG', at: 'PRICE' }));
    for (const code of codes) {
      for (const { prices } of world.gateway.vendors) prices.publish(priceOf(code, '5'));
    }
    await world.heard('bloomberg', 'ACKED', codes.length);
    expect(world.toldOf('refinitiv', 'ACKED')).toEqual([]);
    expect(world.vendorOf('bloomberg').stats().prices).toMatchObject({ backlog: 0, repeated: 0 });
    expect(world.vendorOf('refinitiv').stats().prices.backlog).toBe(codes.length);
  });
});
