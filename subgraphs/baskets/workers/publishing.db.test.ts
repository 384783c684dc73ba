import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { currencyCode, quantity, weight } from '#kernel/money';
import {
  CARL,
  type ListingWorld,
  MIA,
  openListingWorld,
  OTTO,
} from '../../../test/support/listing-world.ts';
import { faultOf } from '../../../test/support/vendor-world.ts';
import { level } from '../domain/index-level.ts';
import { createVendorReconciliationStore } from '../store/vendor-reconciliations.ts';
import { createVendorServiceReader } from '../store/vendor-services.ts';
import { divisorOf } from '../store/wide-decimal.ts';
import { applyCorporateAction } from '../use-cases/apply-corporate-action.ts';
import { watchVendors } from '../use-cases/watch-vendors.ts';

const BOTH = ['bloomberg', 'refinitiv'] as const;
const DAY = 86_400_000;
const LEVEL = level(decimal('1000'));

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
async function priced(kind: (typeof BOTH)[number], code: string): Promise<void> {
  await expect.poll(() => deskOf(kind).newest(code), { timeout: 15_000 }).toMatchObject({ code });
}

describe('BK-5 prices for the vendors', () => {
  test('sequences go on over restarts, and none comes twice', async () => {
    const first = world.office();
    await world.approved('SEQ');
    await world.becomes('SEQ', 'ACTIVE');
    for (const kind of BOTH) await priced(kind, 'SEQ');
    await first.stop();
    const before = BOTH.map((kind) => deskOf(kind).newest('SEQ')?.sequence ?? 0);
    world.setLevel('1234.5');
    world.office();
    for (const [at, kind] of BOTH.entries()) {
      await expect
        .poll(() => deskOf(kind).newest('SEQ')?.sequence, { timeout: 15_000 })
        .toBeGreaterThan(before[at] ?? 0);
      expect(deskOf(kind).faultsFound()).toEqual([]);
    }
    world.setLevel('1000');
    await world.stopOffices();
    const rows = await world.sql`
      select 1 from baskets.vendor_publication join baskets.basket using (basket_id)
      where code = 'SEQ' and outcome = 'ACKED' and level = 123450000000`;
    expect(rows.length).toBeGreaterThan(0);
  });

  test('one vendor goes on while the other is dead, which then gets the newest', async () => {
    world.office();
    await world.approved('FLAP');
    await world.becomes('FLAP', 'ACTIVE');
    await priced('bloomberg', 'FLAP');
    world.both('bloomberg', faultOf({ kind: 'DOWN', at: 'PRICE' }));
    const count = deskOf('refinitiv').prices().length;
    await expect
      .poll(() => deskOf('refinitiv').prices().length, { timeout: 15_000 })
      .toBeGreaterThan(count + 10);
    const last = deskOf('bloomberg').newest('FLAP')?.sequence ?? 0;
    world.clear('bloomberg');
    await expect
      .poll(() => deskOf('bloomberg').newest('FLAP')?.sequence, { timeout: 15_000 })
      .toBeGreaterThan(last);
    expect(deskOf('bloomberg').faultsFound()).toEqual([]);
  });

  test('each vendor is told of as it is: at its second endpoint, away, back', async () => {
    const office = world.office();
    await world.approved('STATUS');
    await world.becomes('STATUS', 'ACTIVE');
    const services = createVendorServiceReader(world.sql);
    const watched = async () => {
      const vendors = () => office.vendors();
      const deps = { services, vendors, clock: world.clock, plans: world.deps.vendors };
      return (await watchVendors(deps, 15)).map(({ stats, vendor }) => {
        const { breakers, endpoint, state } = stats?.prices ?? {};
        const isShut = Object.values(breakers ?? {}).every((each) => each !== 'CLOSED');
        return `${vendor} ${state} ${endpoint} ${isShut ? 'breakers open' : 'served'}`;
      });
    };
    const other = 'refinitiv LIVE PRIMARY served';
    await expect.poll(watched).toEqual(['bloomberg LIVE PRIMARY served', other]);
    world.emulator.bloomberg.primary.faults.add(faultOf({ kind: 'DOWN', at: 'PRICE' }));
    await expect.poll(watched).toContain('bloomberg LIVE SECONDARY served');
    world.both('bloomberg', faultOf({ kind: 'DOWN', at: 'PRICE' }));
    await expect.poll(watched).toEqual(['bloomberg DOWN null breakers open', other]);
    expect(await world.listingsOf('STATUS')).toEqual(['bloomberg LISTED', 'refinitiv LISTED']);
    world.clear('bloomberg');
    await expect.poll(watched).toEqual([expect.stringMatching(/^bloomberg LIVE/), other]);
  });

  test('two acknowledgements count once; none at all is given another try', async () => {
    world.office();
    await world.approved('ACKS');
    await world.becomes('ACKS', 'ACTIVE');
    world.both('bloomberg', faultOf({ kind: 'DUPLICATE', at: 'PRICE', times: 3 }));
    world.both('refinitiv', faultOf({ kind: 'DROP', at: 'PRICE', times: 1 }));
    const outcomes = async () => {
      const rows = await world.sql<{ outcome: string }[]>`
        select distinct vendor || ' ' || outcome as outcome
        from baskets.vendor_publication join baskets.basket using (basket_id)
        where code = 'ACKS' order by 1`;
      return rows.map(({ outcome }) => outcome);
    };
    await expect
      .poll(outcomes, { timeout: 15_000 })
      .toEqual(expect.arrayContaining(['bloomberg ACKED', 'refinitiv ACKED']));
    expect(deskOf('bloomberg').faultsFound()).toEqual([]);
    // The lost one, of whatever basket, went again, or a newer price took its place.
    await expect
      .poll(
        () => world.sql`
          select 1 from baskets.vendor_publication
          where vendor = 'refinitiv' and (attempts > 1 or outcome = 'SUPERSEDED')
            and sent_at >= (
              select min(p.sent_at) from baskets.vendor_publication p
                join baskets.basket b using (basket_id) where b.code = 'ACKS')`,
        { timeout: 15_000 },
      )
      .not.toHaveLength(0);
  });

  test('a suspended basket is told as such, with the level it stood at', async () => {
    world.office();
    await world.approved('HALT');
    await world.becomes('HALT', 'ACTIVE');
    await priced('refinitiv', 'HALT');
    await world.command(OTTO, 'suspendBasket', { code: 'HALT', comment: 'a test' });
    const told = () => deskOf('refinitiv').newest('HALT');
    await expect.poll(() => told()?.fields['QUALITY']).toBe('SUSPENDED');
    world.setLevel('2000');
    const sequence = told()?.sequence ?? 0;
    await expect.poll(() => told()?.sequence).toBeGreaterThan(sequence);
    expect(told()?.fields).toMatchObject({ QUALITY: 'SUSPENDED', TRDPRC_1: 1_000 });
    world.setLevel('1000');
  });

  test('the definition of a new version reaches the vendors, under the same id', async () => {
    world.office();
    await world.approved('AMEND');
    await world.becomes('AMEND', 'ACTIVE');
    const ids = BOTH.map((kind) => deskOf(kind).inForce('AMEND')?.vendorId);
    const outcome = await applyCorporateAction(world.deps, {
      code: 'AMEND',
      action: {
        actionId: 'merger',
        kind: 'MERGER',
        symbol: 'B',
        exDate: businessDate('2026-11-20'),
        description: 'B becomes C',
      },
      base: {
        units: [quantity(decimal('5000')), quantity(decimal('5000'))],
        divisor: divisorOf('1000'),
        level: LEVEL,
        basedAtMs: world.clock.nowMs(),
      },
      constituents: ['A', 'C'].map((symbol) => ({
        symbol,
        instrumentId: `ins_${symbol}`,
        currency: currencyCode('USD'),
        weight: weight(decimal('0.5')),
      })),
      levelBefore: LEVEL,
      levelAfter: LEVEL,
    });
    expect(outcome).toMatchObject({ ok: true });
    for (const kind of BOTH) {
      await expect
        .poll(
          () =>
            deskOf(kind)
              .inForce('AMEND')
              ?.definition.constituents.map(({ symbol }) => symbol),
          { timeout: 15_000 },
        )
        .toEqual(['A', 'C']);
    }
    expect(BOTH.map((kind) => deskOf(kind).inForce('AMEND')?.vendorId)).toEqual(ids);
    expect(await world.stateOf('AMEND')).toBe('ACTIVE');
  });

  test('a vendor that forgot everything is told again', async () => {
    world.office();
    await world.approved('FORGOT');
    await world.becomes('FORGOT', 'ACTIVE');
    await priced('bloomberg', 'FORGOT');
    deskOf('bloomberg').withdraw('FORGOT');
    await expect
      .poll(() => deskOf('bloomberg').inForce('FORGOT')?.kind, { timeout: 15_000 })
      .toBe('LISTED');
  });

  test('it is taken off after its last day, then it is delisted', async () => {
    world.office();
    await world.approved('GONE');
    await world.becomes('GONE', 'ACTIVE');
    const lastDate = '2026-11-20';
    const input = { code: 'GONE' };
    await world.ask(MIA, DELIST, { input, lastDate });
    await world.ask(CARL, DELIST, { input, lastDate });
    await world.becomes('GONE', 'DELISTING');
    expect(await world.listingsOf('GONE')).toEqual(['bloomberg LISTED', 'refinitiv LISTED']);
    world.clock.advance(DAY / 2);
    await world.becomes('GONE', 'DELISTED');
    expect(await world.listingsOf('GONE')).toEqual(['bloomberg DELISTED', 'refinitiv DELISTED']);
    expect(deskOf('bloomberg').inForce('GONE')?.kind).toBe('WITHDRAWN');
  });
});

describe('BK-5 promises', () => {
  test('a basket without a price for 7.5 s is a breach, stored and announced', async () => {
    world.office();
    await world.approved('GAP');
    await world.becomes('GAP', 'ACTIVE');
    await priced('bloomberg', 'GAP');
    world.both('bloomberg', faultOf({ kind: 'DOWN', at: 'PRICE' }));
    await priced('refinitiv', 'GAP');
    world.setLevel(null);
    world.clock.advance(8_000);
    const broken = async () =>
      (await world.breachesOf('GAP')).map(({ kind, vendor }) => `${kind} ${vendor}`);
    await expect
      .poll(broken, { timeout: 15_000 })
      .toEqual(expect.arrayContaining(['CADENCE bloomberg', 'CADENCE refinitiv']));
    world.setLevel('1000');
    expect(
      await world.sql`
      select 1 from platform.outbox where topic = 'basket-sla-breached'`,
    ).not.toHaveLength(0);
  });

  test('two minutes from the approval without the market are a breach, once', async () => {
    world.both('bloomberg', faultOf({ kind: 'DOWN', at: 'LISTING' }));
    await world.approved('SLOW');
    world.clock.advance(121_000);
    for (let round = 0; round < 2; round += 1) {
      const office = world.office();
      await expect
        .poll(async () => (await world.breachesOf('SLOW')).map(({ kind }) => kind))
        .toEqual(['APPROVAL_TO_ACTIVE']);
      await office.stop();
    }
  });
});

describe('BK-5 what is told of vendors', () => {
  test('listings, services, breaches and reconciliation are there to be asked for', async () => {
    world.office();
    await world.approved('TOLD');
    await world.becomes('TOLD', 'ACTIVE');
    for (const kind of BOTH) await priced(kind, 'TOLD');
    await world.stopOffices();
    const data = await world.ask(MIA, WHAT_IS_TOLD);
    expect(data).toMatchObject({
      basket: {
        listings: [
          { vendor: 'bloomberg', status: 'LISTED', vendorId: expect.stringContaining('BBG') },
          { vendor: 'refinitiv', status: 'LISTED', attempts: 0, reason: null },
        ],
      },
      vendorServices: [
        { vendor: 'bloomberg', publishMsP99: expect.any(Number), session: null },
        { vendor: 'refinitiv', ackRatio: expect.any(Number), isMandatory: true },
      ],
      slaBreaches: { edges: expect.any(Array) },
    });
    expect(data).toMatchObject({
      slaBreaches: {
        edges: expect.arrayContaining([
          { node: expect.objectContaining({ kind: 'CADENCE', basket: { code: 'GAP' } }) },
        ]),
      },
    });
  });

  test('what was sent is counted against what was acknowledged, each price once', async () => {
    const store = createVendorReconciliationStore(world.sql);
    const date = world.clock.today();
    const sums = async () => {
      const [row] = await world.sql<{ sent: number; acked: number }[]>`
        select count(*)::int as sent, (count(*) filter (where outcome = 'ACKED'))::int as acked
        from baskets.vendor_publication where vendor = 'bloomberg'`;
      return row;
    };
    const counted = async () => {
      const rows = await store.newest(10);
      return rows.find((row) => row.vendor === 'bloomberg' && row.businessDate === date);
    };
    await store.count(date, world.clock.nowMs());
    await store.count(date, world.clock.nowMs());
    expect(await counted()).toMatchObject({ ...(await sums()), breaks: expect.any(Array) });
    await store.recount(date);
    expect(await counted()).toMatchObject({ ...(await sums()) });
    expect((await sums())?.sent).toBeGreaterThan(0);
  });
});

const DELIST = /* GraphQL */ `
  mutation ($input: BasketCommandInput!, $lastDate: Date) {
    requestDelisting(input: $input, lastDate: $lastDate) {
      __typename
    }
  }
`;

const WHAT_IS_TOLD = `{
  basket(code: "TOLD") { listings { vendor status vendorId attempts reason isMandatory updatedAt } }
  vendorServices {
    vendor isMandatory sent acked ackRatio publishMsP50 publishMsP99 cadenceBreaches
    session { state }
  }
  vendorReconciliations { vendor businessDate sent unacknowledged }
    slaBreaches(kinds: [CADENCE, APPROVAL_TO_ACTIVE]) {
      edges {
        node {
          id
          kind
          vendor
          actualMs
          occurredAt
          basket {
            code
          }
        }
      }
    }
  }
`;
