import { Registry } from 'prom-client';
import { utcDateOf } from '#kernel/business-date';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identityOf, requestOf } from '../../../test/support/subgraph-client.ts';
import {
  type BasketsWorld,
  CREATE_BASKET,
  expectNext,
  openBasketsWorld,
} from '../../../test/support/baskets-world.ts';
import type { Context } from '../graphql/context.ts';
import { buildBaskets } from '../main.ts';

let world: BasketsWorld;

const LEVEL = 'code level reason missing staleWeight quality divisor versionNumber';
const watch = (...codes: readonly string[]) =>
  world.subscribe(`subscription { basketLevels(codes: ${JSON.stringify(codes)}) { ${LEVEL} } }`);
const shows = (fields: Record<string, unknown>) => ({ data: { basketLevels: fields } });

async function create(code: string, weights: Record<string, string>, currency = 'USD') {
  const constituents = Object.entries(weights).map(([symbol, weight]) => ({ symbol, weight }));
  const input = { code, name: code, currency, weighting: 'FIXED', constituents };
  const answer = await world.as('portfolio_manager').data(CREATE_BASKET, { input });
  expect(answer).toMatchObject({ createBasket: { basket: { code } } });
}

async function editTo(code: string, version: number, weights: Record<string, string>) {
  const constituents = Object.entries(weights).map(([symbol, weight]) => ({ symbol, weight }));
  await world.as('portfolio_manager').data(
    `mutation ($input: EditBasketInput!) { editBasket(input: $input) { __typename
      ... on BasketCommandRefused { message } } }`,
    { input: { code, version, constituents } },
  );
}

beforeAll(async () => {
  world = await openBasketsWorld();
});
afterAll(async () => {
  await world.close();
});

describe('BK-6 live basket levels', () => {
  test('a new basket is live at once: null with the missing symbols, then a level', async () => {
    const levels = await watch('new', 'nobody');
    await create('NEW', { A: '0.5', B: '0.5' });
    await expectNext(levels, shows({ level: null, reason: 'PRICE_MISSING', missing: ['A', 'B'] }));
    await world.tick('A', '10');
    await expectNext(levels, shows({ level: null, missing: ['B'] }));
    await world.tick('B', '20');
    await expectNext(levels, shows({ level: '1000', reason: null, missing: [], quality: 'GOOD' }));
    await world.tick('A', '11');
    await expectNext(levels, shows({ code: 'NEW', level: '1050', divisor: '1000' }));
    await levels.return?.();
  });

  test('a new subscriber has the current level at once, and so has the query', async () => {
    const levels = await watch('NEW');
    expect((await levels.next()).value).toMatchObject(shows({ level: '1050' }));
    await levels.return?.();
    expect(
      await world.as('viewer').data(`{ basket(code: "NEW") { level { level asOf sequence } } }`),
    ).toEqual({
      basket: {
        level: { level: '1050', asOf: expect.any(String), sequence: expect.any(String) },
      },
    });
    expect(
      await world.sql`select 1 from published.basket_constituents
        where code = 'NEW' and symbol = 'A' and units = 5000000000000`,
    ).toHaveLength(1);
  });

  test('a restart continues the level, from stored units and stored prices', async () => {
    await world.restart();
    const levels = await watch('NEW');
    await world.tick('A', '12');
    await expectNext(levels, shows({ level: null, reason: 'PRICE_MISSING', missing: ['B'] }));
    await world.tick('B', '20');
    await expectNext(levels, shows({ level: '1100' }));
    await levels.return?.();

    await world.owner`
      insert into market_data.last_price (instrument_id, price, currency, event_time, received_at,
        quality, sequence, source)
      values ('ins_A', 1300000000, 'USD', now(), now(), 'GOOD', 1, 'test')`;
    await world.owner`
      with s as (
        insert into market_data.price_series
          (instrument_id, source, interval, is_adjusted, is_preferred)
        values ('ins_B', 'test', 'DAY_1', false, true) returning series_id)
      insert into market_data.price_bar (series_id, business_date, close)
      select series_id, d::date, c from s,
        (values ('2026-11-18', 1900000000), ('2026-11-19', 2000000000)) b(d, c)`;
    await world.restart();
    const again = await watch('NEW');
    expect((await again.next()).value).toMatchObject(
      shows({ level: '1150', staleWeight: '0.5', quality: 'STALE' }),
    );
    await again.return?.();
  });

  test('the cache comes before what is stored', async () => {
    await world.owner`
      insert into market_data.last_price (instrument_id, price, currency, event_time, received_at,
        quality, sequence, source)
      values ('ins_F', 5000000000, 'USD', now(), now(), 'STALE', 1, 'test')`;
    // Nobody holds F yet: the tick is only in the cache when the basket comes.
    await world.tick('F', '100');
    await create('CACHED', { F: '1' });
    const levels = await watch('CACHED');
    await expectNext(levels, shows({ level: '1000', quality: 'GOOD' }));
    await world.tick('F', '105');
    await expectNext(levels, shows({ level: '1050' }));
    await levels.return?.();
  });

  test('an edit goes on where the former version stood', async () => {
    await create('EDITED', { C: '1' });
    const levels = await watch('EDITED');
    await world.tick('C', '100');
    await expectNext(levels, shows({ level: '1000' }));
    await world.tick('C', '103');
    await expectNext(levels, shows({ level: '1030' }));
    await editTo('EDITED', 1, { C: '0.5', D: '0.5' });
    await expectNext(levels, shows({ level: null, missing: ['D'], versionNumber: 2 }));
    await world.tick('D', '50');
    await expectNext(levels, shows({ level: '1030', versionNumber: 2 }));
    await world.tick('D', '51');
    await expectNext(levels, shows({ level: '1040.3', versionNumber: 2 }));
    await editTo('EDITED', 2, { D: '1' });
    await expectNext(levels, shows({ level: '1040.3', versionNumber: 3 }));
    await levels.return?.();
  });

  test('two processes fix one base, whoever is first, and show one level', async () => {
    const other = buildBaskets({ ...world.parts, metrics: new Registry() });
    await other.start();
    await create('SHARED', { E: '0.5', P: '0.5' });
    await world.tick('E', '33.33');
    await world.tick('P', '77.77');
    const levels = await watch('SHARED');
    await expectNext(levels, shows({ level: '1000' }));
    await levels.return?.();
    const context = other.createContext(requestOf(identityOf(['viewer']))) as Context;
    const published = context.deps.hub.subscribe(['SHARED']);
    let seen = await published.next();
    while (seen.done !== true && seen.value.level === null) seen = await published.next();
    expect(seen.value).toMatchObject({ level: 100_000_000_000n });
    await published.return?.();
    await other.stop();
    const facts = await world.sql`
      select event_type from baskets.event_store join baskets.basket using (basket_id)
      where code = 'SHARED' order by event_store.event_version`;
    expect(facts.map((fact) => fact['event_type'])).toEqual(['BasketCreated', 'IndexBased']);
  });

  test('names of another currency are converted by the newest rate', async () => {
    await create('FOREIGN', { E: '0.5', P: '0.5' });
    await world.tick('E', '10');
    await world.tick('P', '10');
    const levels = await watch('FOREIGN');
    await expectNext(levels, shows({ level: '1000' }));
    await world.tick('P', '10.4');
    await expectNext(levels, shows({ level: '1020' }));
    await levels.return?.();
    expect(
      await world.as('viewer').data(`{ basket(code: "FOREIGN") { level { fxAsOf }
        version { constituents { symbol units } } } }`),
    ).toMatchObject({
      basket: {
        level: { fxAsOf: '2026-11-19' },
        // 1,000,000 x 0.5 / 10 dollars, and / (10 euros x 1.25).
        version: { constituents: [{ units: '50000' }, { units: '40000' }] },
      },
    });
  });

  test('a jump of more than 10 % is published one turn later', async () => {
    await create('JUMP', { F: '1' });
    const secondLooks = async () => {
      const name = 'plumbline_baskets_second_looks_total';
      const metric = await world.parts.metrics.getSingleMetric(name)?.get();
      return metric?.values[0]?.value ?? 0;
    };
    const before = await secondLooks();
    const levels = await watch('JUMP');
    await expectNext(levels, shows({ level: '1000' }));
    await world.tick('F', '157.5');
    await expectNext(levels, shows({ level: '1500' }));
    // CACHED holds F too.
    expect(await secondLooks()).toBe(before + 2);
    await levels.return?.();
  });

  test('a cancelled basket has no level any longer', async () => {
    const levels = await watch('JUMP');
    await expectNext(levels, shows({ level: '1500' }));
    await world
      .as('portfolio_manager')
      .data(`mutation { cancelBasket(input: { code: "JUMP" }) { __typename } }`);
    await expectNext(levels, shows({ level: null, reason: 'NOT_PRICED_IN_STATE' }));
    await levels.return?.();
  });

  test('levels are stored once per slot and read back in pages', async () => {
    await world.restart();
    const levels = await watch('EDITED');
    await world.tick('D', '52');
    // 1040.3 x 52 / 51
    await expectNext(levels, shows({ level: '1060.69803922', versionNumber: 3 }));
    await levels.return?.();
    await world.restart();
    const read = (await world.as('viewer').data(`{ basket(code: "EDITED") {
      levels(first: 500) { edges { node { level publishedAt sequence quality divisor } }
        pageInfo { hasNextPage } } } }`)) as {
      basket: {
        levels: { edges: { node: { level: string; publishedAt: string; sequence: string } }[] };
      };
    };
    const nodes = read.basket.levels.edges.map(({ node }) => node);
    expect(nodes.length).toBeGreaterThan(0);
    for (const { publishedAt } of nodes) expect(Date.parse(publishedAt) % 5_000).toBe(0);
    const slots = new Set(nodes.map(({ publishedAt }) => publishedAt));
    expect(slots.size).toBe(nodes.length);
    const sequences = nodes.map(({ sequence }) => BigInt(sequence));
    expect(sequences).toEqual(sequences.toSorted((a, b) => Number(a - b)));
    const none = await world.as('viewer').data(`{ basket(code: "EDITED") {
      levels(to: "2000-01-01T00:00:00Z") { edges { cursor } } } }`);
    expect(none).toEqual({ basket: { levels: { edges: [] } } });
  });

  test('a name that stopped trading moves with its sector, until it trades again', async () => {
    const yesterday = utcDateOf(Date.now() - 86_400_000);
    await world.owner`
      insert into market_data.instrument
        (instrument_id, symbol, name, asset_class, currency, sector)
      select 'ins_' || s, s, s, 'EQUITY', 'USD', 'Made up' from unnest(array['X1', 'X2']) s`;
    await world.owner`
      with s as (
        insert into market_data.price_series
          (instrument_id, source, interval, is_adjusted, is_preferred)
        select 'ins_' || s, 'test', 'DAY_1', false, true from unnest(array['X1', 'X2']) s
        returning series_id, instrument_id)
      insert into market_data.price_bar (series_id, business_date, close)
      select series_id, ${yesterday}::text::date,
        case instrument_id when 'ins_X1' then 10 else 20 end * 100000000::bigint from s`;
    await create('AGING', { X1: '0.9', X2: '0.1' });
    const levels = await watch('AGING');
    const long = Date.now() - 2 * 3_600_000;
    await world.tick('X1', '11');
    await world.tick('X2', '25', { eventTimeMs: long, receivedAtMs: long });
    // 20 at the close, and X1 is 10 % above its own: 22 stands in for the 25 of long ago.
    await expectNext(levels, shows({ level: '988', staleWeight: '0.1', quality: 'INDICATIVE' }));
    await world.tick('X2', '25');
    await expectNext(levels, shows({ level: '1000', staleWeight: '0', quality: 'GOOD' }));
    await levels.return?.();
  }, 30_000);

  test('no codes and too many codes are BAD_USER_INPUT', async () => {
    await expect(watch()).rejects.toThrow('codes: expected 1 to 500, was 0');
    const many = Array.from({ length: 501 }, (_, at) => `C${at}`);
    await expect(watch(...many)).rejects.toThrow('codes: expected at most 500, was 501');
  });
});
