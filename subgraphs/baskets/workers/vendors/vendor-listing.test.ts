import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseFigi } from '#kernel/identifiers';
import type { VendorKind } from '#platform/config';
import {
  definitionOf,
  faultOf,
  IMPATIENT_LIMITS,
  QUICK_LIMITS,
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
const submit = (kind: VendorKind, code = 'TECH', hash = 'v1') =>
  world.vendorOf(kind).listing.submit(definitionOf(code, hash));

describe.each(['bloomberg', 'refinitiv'] as const)('BK-5 listing at %s', (kind) => {
  test('is accepted, then LISTED; asked again it is the same request', async () => {
    deskOf(kind).set({ listingMs: 60_000 });
    const first = await submit(kind);
    expect(first).toMatchObject({ kind: 'ACCEPTED' });
    expect(await submit(kind)).toEqual(first);
    expect(deskOf(kind).requests()).toBe(1);
    expect(await world.stateOf(kind, 'TECH')).toEqual({ kind: 'PENDING' });
    deskOf(kind).set({ listingMs: 0 });
    await submit(kind, 'BANKS');
    expect(await world.stateOf(kind, 'BANKS')).toMatchObject({ kind: 'LISTED', versionHash: 'v1' });
    expect(deskOf(kind).listing('BANKS')?.definition).toEqual({
      code: 'BANKS',
      name: 'Basket BANKS',
      currency: 'USD',
      clientReference: 'v1',
      constituents: [
        { symbol: 'AAPL', weight: '0.6' },
        { symbol: 'MSFT', weight: '0.4' },
      ],
    });
  });

  test('keeps its id over an amendment, which is in force when its hash shows', async () => {
    await submit(kind);
    const before = await world.stateOf(kind, 'TECH');
    deskOf(kind).set({ listingMs: 60_000 });
    const amend = world.vendorOf(kind).listing.amend(definitionOf('TECH', 'v2'));
    expect(await amend).toMatchObject({ kind: 'ACCEPTED' });
    expect(await world.stateOf(kind, 'TECH')).toEqual(before);
    deskOf(kind).set({ listingMs: 0 });
    await world.vendorOf(kind).listing.amend(definitionOf('TECH', 'v3'));
    expect(await world.stateOf(kind, 'TECH')).toEqual({ ...before, versionHash: 'v3' });
  });

  test('is withdrawn, and listed again', async () => {
    await submit(kind);
    const answer = await world.vendorOf(kind).listing.withdraw('TECH');
    expect(answer).toMatchObject({ kind: 'ACCEPTED' });
    expect(await world.stateOf(kind, 'TECH')).toEqual({ kind: 'DELISTED' });
    await submit(kind);
    expect(await world.stateOf(kind, 'TECH')).toMatchObject({ kind: 'LISTED' });
    expect(await world.stateOf(kind, 'NOBODY')).toEqual({ kind: 'UNKNOWN' });
  });

  test('answers for many codes at once', async () => {
    const codes = Array.from({ length: 40 }, (_, n) => `B${n}`);
    await Promise.all(codes.map((code) => submit(kind, code)));
    const states = await world.vendorOf(kind).listing.status(codes);
    const kinds = states.kind === 'STATES' ? [...states.byCode.values()] : [];
    expect(kinds.filter((state) => state.kind === 'LISTED')).toHaveLength(40);
  });

  test('that is refused is not asked again', async () => {
    world.both(kind, faultOf({ kind: 'REJECT', at: 'LISTING', times: 1, code: 'NOT_WANTED' }));
    expect(await submit(kind)).toMatchObject({ kind: 'REJECTED', code: 'NOT_WANTED' });
    expect(deskOf(kind).requests()).toBe(0);
  });

  test('may be refused later, with the reason', async () => {
    deskOf(kind).rejectNext('DUPLICATE_NAME', 'there is one of this name');
    await submit(kind);
    expect(await world.stateOf(kind, 'TECH')).toEqual({
      kind: 'REJECTED',
      code: 'DUPLICATE_NAME',
      text: 'there is one of this name',
    });
    await submit(kind);
    expect(await world.stateOf(kind, 'TECH')).toMatchObject({ kind: 'LISTED' });
  });

  test('is refused for a ticker that the vendor cannot take', async () => {
    expect(await submit(kind, 'no such form')).toMatchObject({
      kind: 'REJECTED',
      code: 'BAD_TICKER',
    });
  });

  test('takes an answer that comes late', async () => {
    world.both(kind, faultOf({ kind: 'DELAY', at: 'LISTING', ms: 100 }));
    expect(await submit(kind)).toMatchObject({ kind: 'ACCEPTED' });
  });

  test('is done once although its answer was lost', async () => {
    world.both(kind, faultOf({ kind: 'DROP', at: 'LISTING', times: 1 }));
    expect(await submit(kind)).toMatchObject({ kind: 'ACCEPTED' });
    expect(deskOf(kind).requests()).toBe(1);
    expect(world.vendorOf(kind).stats().listing.failures).toBeGreaterThan(0);
  });

  test('waits when the vendor says that we are too fast', async () => {
    world.both(kind, faultOf({ kind: 'THROTTLE', at: 'LISTING', times: 1, ms: 50 }));
    expect(await submit(kind)).toMatchObject({ kind: 'ACCEPTED' });
    expect(world.vendorOf(kind).stats().listing.breakers.PRIMARY).toBe('CLOSED');
  });

  test('is not asked while the breaker is open, and is again once the vendor is back', async () => {
    await submit(kind, 'FIRST');
    const before = world.vendorOf(kind).stats().listing.calls;
    world.both(kind, faultOf({ kind: 'DOWN', at: 'LISTING' }));
    const answers = [];
    for (let n = 0; n < 3; n += 1) answers.push(await submit(kind, `B${n}`));
    expect(answers[0]).toMatchObject({ kind: 'UNAVAILABLE', why: 'UNREACHABLE' });
    const { breakers, calls } = world.vendorOf(kind).stats().listing;
    expect(Object.values(breakers)).toContain('OPEN');
    expect(calls - before).toBeLessThanOrEqual(3 * QUICK_LIMITS.callAttempts);
    world.clear(kind);
    await expect.poll(() => submit(kind), SOON).toMatchObject({ kind: 'ACCEPTED' });
  });

  test('gets a new token when the vendor does not take the old one any more', async () => {
    await submit(kind, 'FIRST');
    world.emulator[kind].tokens.revokeAll();
    expect(await submit(kind)).toMatchObject({ kind: 'ACCEPTED' });
    expect(world.emulator[kind].tokens.issued()).toBe(1);
  });

  test('answers STOPPED once it is closed, also what was on its way', async () => {
    world.both(kind, faultOf({ kind: 'HANG', at: 'LISTING' }));
    const pending = submit(kind);
    await world.gateway.close();
    expect(await pending).toMatchObject({ kind: 'UNAVAILABLE', why: 'STOPPED' });
    expect(await submit(kind)).toMatchObject({ kind: 'UNAVAILABLE', why: 'STOPPED' });
  });
});

describe.each(['bloomberg', 'refinitiv'] as const)(
  'BK-5 a listing that %s does not answer',
  (kind) => {
    beforeEach(async () => {
      await world.stop();
      world = await startVendorWorld({ limits: IMPATIENT_LIMITS });
    });

    test('goes to the secondary endpoint while the primary hangs', async () => {
      world.emulator[kind].primary.faults.add(faultOf({ kind: 'HANG', at: 'LISTING' }));
      expect(await submit(kind)).toMatchObject({ kind: 'ACCEPTED' });
    });

    test('fails with the reason when nobody answers', async () => {
      world.both(kind, faultOf({ kind: 'HANG', at: 'LISTING' }));
      expect(await submit(kind)).toMatchObject({ kind: 'UNAVAILABLE', why: 'TIMEOUT' });
    });
  },
);

describe('BK-5 ids of vendors', () => {
  test('have the form of a FIGI and of a PermID', async () => {
    await Promise.all([submit('bloomberg'), submit('refinitiv')]);
    const figi = await world.stateOf('bloomberg', 'TECH');
    expect(parseFigi(figi?.kind === 'LISTED' ? figi.vendorId : '')).toMatchObject({ ok: true });
    const permId = await world.stateOf('refinitiv', 'TECH');
    expect(permId).toMatchObject({ vendorId: expect.stringMatching(/^\d{11}$/) as string });
  });
});

describe('BK-7 one dead vendor', () => {
  test('never delays the other', async () => {
    world.both('refinitiv', faultOf({ kind: 'HANG', at: 'TOKEN' }));
    const settled: string[] = [];
    const codes = Array.from({ length: 100 }, (_, n) => `B${n}`);
    const hanging = codes.map(async (code) => {
      await submit('refinitiv', code);
      settled.push('refinitiv');
    });
    const living = codes.map(async (code) => {
      expect(await submit('bloomberg', code)).toMatchObject({ kind: 'ACCEPTED' });
      settled.push('bloomberg');
    });
    await Promise.all(living);
    expect(settled).not.toContain('refinitiv');
    await world.gateway.close();
    await Promise.all(hanging);
  });
});
