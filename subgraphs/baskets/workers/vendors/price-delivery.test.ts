import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { priceOf } from '../../../../test/support/vendor-world.ts';
import type { Post, PriceUpdate, Publication } from '../../domain/vendor.ts';
import { createMemorySequences } from './memory-sequences.ts';
import { PriceDelivery } from './price-delivery.ts';
import type { NakKind } from './price-session.ts';
import { createVendorBreaker, type VendorBreaker } from './vendor-breaker.ts';
import { DEFAULT_VENDOR_LIMITS, type VendorLimits } from './vendor-limits.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A vendor that answers what it is told, on connections that come and go as they are told. */
function deliveryOnTest(limits: VendorLimits = DEFAULT_VENDOR_LIMITS) {
  const wire: Post[] = [];
  const told: Publication[] = [];
  let breaker: VendorBreaker = createVendorBreaker(limits.breaker, systemClock);
  const delivery = new PriceDelivery({
    vendor: 'vendor',
    limits,
    clock: systemClock,
    random: () => 1,
    sequences: createMemorySequences(),
    onPublication: (publication) => told.push(publication),
    logger: silentLogger,
  });
  return {
    delivery,
    wire,
    told,
    connect() {
      breaker = createVendorBreaker(limits.breaker, systemClock);
      delivery.attach({
        endpoint: 'PRIMARY',
        send: (post) => wire.push(post),
        enter: () => breaker.enter(),
        onFailure: () => undefined,
      });
    },
    /** An answer to the n-th last post on the wire. */
    nak(back: number, kind: NakKind) {
      const post = wire.at(-1 - back);
      if (post) delivery.onNak({ postId: post.postId, kind, code: 'CODE', text: '' });
    },
    ack(back: number) {
      const post = wire.at(-1 - back);
      if (post) delivery.onAck(post.postId);
    },
    outcomes: () => told.map(({ kind }) => kind),
  };
}

const CODES = ['A', 'B', 'C'] as const;
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('publish'), code: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ack'), back: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('AGAIN'), back: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('FINAL'), back: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('THROTTLED'), back: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget'), code: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.nat(3_000) }) },
) as fc.Arbitrary<{ do: string; code?: number; back?: number; ms?: number }>;

describe('BK-6 latest wins', () => {
  test('whatever happens on the way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const world = deliveryOnTest();
        const published = new Map<string, PriceUpdate>();
        world.connect();
        for (const { do: what, back = 0, code = 0, ms = 0 } of steps) {
          const name = CODES[code] ?? 'A';
          if (what === 'publish') {
            const update = priceOf(name, String(1 + published.size), Date.now());
            world.delivery.publish(update);
            published.set(name, update);
          } else if (what === 'ack') world.ack(back);
          else if (what === 'lose') {
            world.delivery.detach();
            world.connect();
          } else if (what === 'forget') {
            world.delivery.forget(name);
            published.delete(name);
          } else if (what === 'wait') await vi.advanceTimersByTimeAsync(ms + 1);
          else world.nak(back, what as NakKind);
          await vi.advanceTimersByTimeAsync(1);
        }
        await calmDown(world);
        expectInOrder(world.wire);
        expectOneEnd(world.told);
        for (const [name, newest] of published) {
          expect(world.wire.findLast(({ update }) => update.code === name)?.update).toBe(newest);
        }
        expect(world.delivery.backlog().count).toBe(0);
      }),
      { numRuns: 150 },
    );
  });

  /** A new connection to a vendor that takes everything: the newest of all arrives. */
  async function calmDown(world: ReturnType<typeof deliveryOnTest>): Promise<void> {
    world.delivery.detach();
    world.connect();
    for (let round = 0; round < CODES.length; round += 1) {
      await vi.advanceTimersByTimeAsync(200);
      world.wire.forEach((_post, back) => world.ack(back));
    }
  }

  function expectInOrder(wire: readonly Post[]): void {
    for (const code of CODES) {
      const posts = wire.filter(({ update }) => update.code === code);
      posts.forEach((post, at) => {
        const before = posts[at - 1];
        if (!before) return;
        const isRepeated = post.postId === before.postId;
        expect(post.sequence === before.sequence).toBe(isRepeated);
        expect(post.sequence).toBeGreaterThanOrEqual(before.sequence);
        expect(post.update.valuedAtMs).toBeGreaterThanOrEqual(before.update.valuedAtMs);
        expect(post.update === before.update || !isRepeated).toBe(true);
      });
    }
    const ids = new Map(wire.map((post) => [post.postId, post.update.code]));
    expect(wire.every((post) => ids.get(post.postId) === post.update.code)).toBe(true);
  }

  /** SENT comes first and once, and at most one end follows. */
  function expectOneEnd(told: readonly Publication[]): void {
    const kinds = new Map<bigint, Publication['kind'][]>();
    for (const publication of told) {
      if (publication.kind === 'CONFLATED') continue;
      const { postId } = publication.post;
      kinds.set(postId, [...(kinds.get(postId) ?? []), publication.kind]);
    }
    for (const [first, ...rest] of kinds.values()) {
      expect(first).toBe('SENT');
      expect(rest.length).toBeLessThanOrEqual(1);
      expect(rest).not.toContain('SENT');
    }
  }
});

describe('BK-6 a post', () => {
  const begin = async (limits?: VendorLimits) => {
    const world = deliveryOnTest(limits);
    world.connect();
    world.delivery.publish(priceOf('A', '1'));
    await vi.advanceTimersByTimeAsync(0);
    return world;
  };

  test('without an answer goes again after the limit, and dies in the end', async () => {
    const breaker = { ...DEFAULT_VENDOR_LIMITS.breaker, failuresInRow: 100 };
    const world = await begin({ ...DEFAULT_VENDOR_LIMITS, postAttempts: 4, breaker });
    const atMs = Date.now();
    const sentAfterMs: number[] = [];
    for (let sent = 1; world.outcomes().at(-1) !== 'DEAD';) {
      await vi.advanceTimersByTimeAsync(50);
      if (world.wire.length > sent) sentAfterMs.push(Date.now() - atMs);
      sent = world.wire.length;
    }
    // 2 s for the answer, then 100, 200, 400 ms.
    expect(sentAfterMs).toEqual([2_100, 4_300, 6_700]);
    expect(new Set(world.wire.map(({ postId }) => postId)).size).toBe(1);
    expect(world.outcomes()).toEqual(['SENT', 'DEAD']);
  });

  test('gives way to a newer price instead of going again', async () => {
    const world = await begin();
    world.delivery.publish(priceOf('A', '2'));
    world.nak(0, 'AGAIN');
    await vi.advanceTimersByTimeAsync(200);
    expect(world.wire.map(({ sequence, update }) => [sequence, update.level])).toEqual([
      [1n, 100_000_000n],
      [2n, 200_000_000n],
    ]);
    expect(world.outcomes()).toEqual(['SENT', 'SUPERSEDED', 'SENT']);
    // The answer to the first comes after all.
    world.ack(1);
    expect(world.delivery.counters.unexpectedAcks).toBe(1);
  });

  test('keeps its number over a new connection, and is an image there', async () => {
    const world = await begin();
    world.ack(0);
    world.delivery.publish(priceOf('A', '2'));
    world.delivery.detach();
    world.delivery.publish(priceOf('B', '3'));
    world.connect();
    await vi.advanceTimersByTimeAsync(0);
    expect(world.wire.slice(1)).toMatchObject([
      { update: { code: 'A' }, sequence: 2n, isImage: false, attempts: 1 },
      { update: { code: 'A' }, sequence: 2n, isImage: true, attempts: 2 },
      { update: { code: 'B' }, sequence: 1n, isImage: true, attempts: 1 },
    ]);
  });

  test('waits while the breaker lets nothing through', async () => {
    const world = await begin();
    for (let n = 0; n < 5; n += 1) {
      world.nak(0, 'AGAIN');
      await vi.advanceTimersByTimeAsync(2_000);
    }
    const sent = world.wire.length;
    world.delivery.publish(priceOf('B', '1'));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(world.wire.length).toBe(sent);
  });

  test('goes at the rate of the vendor', async () => {
    const postRate = { perSecond: 10, burst: 1 };
    const world = await begin({ ...DEFAULT_VENDOR_LIMITS, postRate });
    for (const code of ['B', 'C']) world.delivery.publish(priceOf(code, '1'));
    await vi.advanceTimersByTimeAsync(99);
    expect(world.wire).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(101);
    expect(world.wire).toHaveLength(3);
  });

  test('waits for its number, which is asked for again', async () => {
    let isAway = true;
    const memory = createMemorySequences();
    const wire: Post[] = [];
    const delivery = new PriceDelivery({
      vendor: 'vendor',
      limits: DEFAULT_VENDOR_LIMITS,
      clock: systemClock,
      random: () => 1,
      sequences: {
        reserve: (request) =>
          isAway ? Promise.reject(new Error('away')) : memory.reserve(request),
      },
      onPublication: () => undefined,
      logger: silentLogger,
    });
    const breaker = createVendorBreaker(DEFAULT_VENDOR_LIMITS.breaker, systemClock);
    delivery.attach({
      endpoint: 'PRIMARY',
      send: (post) => wire.push(post),
      enter: () => breaker.enter(),
      onFailure: () => undefined,
    });
    delivery.publish(priceOf('A', '1'));
    await vi.advanceTimersByTimeAsync(250);
    isAway = false;
    expect(wire).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(wire).toMatchObject([{ sequence: 1n }]);
  });
});
