import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type ListingWorld,
  MIA,
  openListingWorld,
  OTTO,
} from '../../../test/support/listing-world.ts';
import { faultOf } from '../../../test/support/vendor-world.ts';
import { VENDOR_LEASE } from './listing-office.ts';

const BOTH = ['bloomberg', 'refinitiv'] as const;

let world: ListingWorld;
beforeAll(async () => {
  world = await openListingWorld();
});
afterEach(async () => {
  world.setLevel('1000');
  await world.stopOffices();
  for (const kind of BOTH) world.clear(kind);
});
afterAll(() => world.close());

const deskOf = (kind: (typeof BOTH)[number]) => world.emulator[kind].desk;
const requestsOf = () => BOTH.map((kind) => deskOf(kind).requests());
async function priced(kind: (typeof BOTH)[number], code: string): Promise<void> {
  await expect.poll(() => deskOf(kind).newest(code), { timeout: 15_000 }).toMatchObject({ code });
}

describe('BK-5 listing at the vendors', () => {
  test('an approved basket is listed by both, then it is live and priced', async () => {
    world.office();
    await world.approved('TECH');
    await world.becomes('TECH', 'ACTIVE');
    expect(await world.listingsOf('TECH')).toEqual(['bloomberg LISTED', 'refinitiv LISTED']);
    const events = await world.eventsOf('TECH');
    expect(events.slice(0, -3).at(-1)).toBe('APPROVE_BASKET');
    expect(events.slice(-3).toSorted()).toEqual([
      'LISTING_COMPLETED',
      'VENDOR_LISTED bloomberg LISTED',
      'VENDOR_LISTED refinitiv LISTED',
    ]);
    for (const kind of BOTH) await priced(kind, 'TECH');
    expect(requestsOf()).toEqual([1, 1]);
  });

  test('it waits for its first level', async () => {
    world.office();
    world.setLevel(null);
    await world.approved('UNPRICED');
    await expect
      .poll(() => world.listingsOf('UNPRICED'))
      .toEqual(['bloomberg LISTED', 'refinitiv LISTED']);
    expect(await world.stateOf('UNPRICED')).toBe('LISTING');
    world.setLevel('1000');
    await world.becomes('UNPRICED', 'ACTIVE');
  });

  test('what was approved while nobody was there is listed at the next start', async () => {
    await world.approved('LATER');
    expect(await world.listingsOf('LATER')).toEqual(['bloomberg NOT_SENT', 'refinitiv NOT_SENT']);
    world.office();
    await world.becomes('LATER', 'ACTIVE');
  });

  test('a process that ends in between leaves the rest to the next, asked for once', async () => {
    const before = requestsOf();
    world.both('refinitiv', faultOf({ kind: 'HANG', at: 'LISTING' }));
    const first = world.office();
    await world.approved('ENDED');
    await expect
      .poll(() => world.listingsOf('ENDED'))
      .toEqual(['bloomberg LISTED', 'refinitiv SENT']);
    await first.stop();
    // SENT, or FAILED when the end took longer than the vendor has time to answer.
    expect(await world.listingsOf('ENDED')).not.toContain('refinitiv LISTED');
    world.clear('refinitiv');
    world.office();
    await world.becomes('ENDED', 'ACTIVE');
    expect(requestsOf()).toEqual(before.map((count) => count + 1));
    expect((await world.eventsOf('ENDED')).filter((each) => each.includes('bloomberg'))).toEqual([
      'VENDOR_LISTED bloomberg LISTED',
    ]);
  });

  test('a process that is killed in between leaves the rest to the next', async () => {
    const before = requestsOf();
    world.both('refinitiv', faultOf({ kind: 'HANG', at: 'LISTING' }));
    const { bloomberg, refinitiv } = world.emulator;
    const script = fileURLToPath(
      new URL('../../../test/support/listing-process.ts', import.meta.url),
    );
    const urls = [bloomberg.primary.url, refinitiv.primary.url];
    const args = ['--import', 'tsx', script, world.databaseUrl, ...urls];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    await world.approved('KILLED');
    await expect
      .poll(() => world.listingsOf('KILLED'), { timeout: 30_000 })
      .toEqual(['bloomberg LISTED', 'refinitiv SENT']);
    child.kill('SIGKILL');
    await once(child, 'exit');
    world.clear('refinitiv');
    world.office();
    await world.becomes('KILLED', 'ACTIVE');
    expect(requestsOf()).toEqual(before.map((count) => count + 1));
  }, 60_000);

  test('a dead vendor holds back its own listing only, and is asked again', async () => {
    world.office();
    world.both('bloomberg', faultOf({ kind: 'DOWN', at: 'LISTING' }));
    await world.approved('HALF');
    await expect
      .poll(() => world.listingsOf('HALF'), { timeout: 15_000 })
      .toEqual(['bloomberg FAILED', 'refinitiv LISTED']);
    world.clear('bloomberg');
    await world.becomes('HALF', 'ACTIVE');
    const events = await world.eventsOf('HALF');
    expect(events.some((each) => each.startsWith('VENDOR_LISTING_FAILED bloomberg'))).toBe(true);
    expect(events).toContain('VENDOR_LISTED bloomberg LISTED');
  });

  test('a rejection ends it; tried again, only who does not list it is asked', async () => {
    world.office();
    deskOf('refinitiv').rejectNext('NOT_WANTED', 'we have enough');
    await world.approved('REFUSED');
    await world.becomes('REFUSED', 'LISTING_FAILED');
    expect(await world.eventsOf('REFUSED')).toContain(
      'LISTING_EXHAUSTED refinitiv rejected it: NOT_WANTED we have enough',
    );
    await expect
      .poll(() => world.listingsOf('REFUSED'))
      .toEqual(['bloomberg LISTED', 'refinitiv REJECTED']);
    const [bloomberg, refinitiv] = requestsOf();
    await world.command(OTTO, 'retryListing', { code: 'REFUSED' });
    await world.becomes('REFUSED', 'ACTIVE');
    expect(requestsOf()).toEqual([bloomberg, (refinitiv ?? 0) + 1]);
  });

  test('back in draft, a partial listing is taken back', async () => {
    world.office();
    deskOf('refinitiv').rejectNext('NOT_WANTED', 'we have enough');
    await world.approved('BACK');
    await world.becomes('BACK', 'LISTING_FAILED');
    await expect
      .poll(() => world.listingsOf('BACK'))
      .toEqual(['bloomberg LISTED', 'refinitiv REJECTED']);
    await world.command(MIA, 'returnToDraft', { code: 'BACK' });
    await expect
      .poll(() => world.listingsOf('BACK'))
      .toEqual(['bloomberg DELISTED', 'refinitiv REJECTED']);
    expect(deskOf('bloomberg').inForce('BACK')?.kind).toBe('WITHDRAWN');
  });
});

test('one process at a time deals with vendors', async () => {
  const first = world.office();
  await expect.poll(() => first.vendors()?.length).toBe(2);
  const second = world.office();
  const held = await world.parts.lease.tryAcquire(VENDOR_LEASE, { ttlMs: 1_000 });
  expect(held).toBeUndefined();
  expect(second.vendors()).toBeNull();
  await first.stop();
  await expect.poll(() => second.vendors()?.length).toBe(2);
});
