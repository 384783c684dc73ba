import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ListingWorld, openListingWorld } from '../../../test/support/listing-world.ts';

let world: ListingWorld;
beforeAll(async () => {
  world = await openListingWorld();
});
afterEach(async () => {
  await world.stopOffices();
});
afterAll(() => world.close());

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
    const { bloomberg, refinitiv } = world.emulator;
    for (const { desk } of [bloomberg, refinitiv]) {
      await expect.poll(() => desk.newest('TECH')).toMatchObject({ code: 'TECH' });
      expect(desk.requests()).toBe(1);
      expect(desk.faultsFound()).toEqual([]);
    }
  });
});
