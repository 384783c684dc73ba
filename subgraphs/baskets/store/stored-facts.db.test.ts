// Facts as they stand in the event store: those of the first version, and those of today.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BasketLifeWorld,
  openBasketLifeWorld,
  type Person,
} from '../../../test/support/basket-life-world.ts';
import { UnreadableEvent } from '#kernel/topics/reading';
import type { Basket } from '../domain/basket.ts';
import { evolve } from '../domain/basket-evolve.ts';
import type { BasketFact } from '../domain/basket-fact.ts';
import {
  attempt,
  factsAfter,
  HISTORIES,
  mia,
  otto,
  person,
  SCHEDULED,
  step,
  SYSTEM,
} from '../domain/basket-test-support.ts';
import { FACT_SCHEMA_VERSION, factOf, factToJson } from './fact-json.ts';

/** As the first release wrote them, word by word. */
const VERSION_1 = [
  [
    'BasketCreated',
    {
      basketId: 'bsk_old',
      code: 'OLD',
      name: 'Old',
      currency: 'USD',
      baseLevel: '1000',
      version: {
        number: 1,
        weighting: 'FIXED',
        hash: 'h1',
        constituents: [
          { symbol: 'A', instrumentId: 'ins_A', currency: 'USD', weight: '0.6' },
          { symbol: 'B', instrumentId: 'ins_B', currency: 'USD', weight: '0.4' },
        ],
      },
    },
    'mia',
  ],
  [
    'IndexBased',
    {
      versionNumber: 1,
      base: {
        units: ['6000', '4000.5'],
        divisor: '1000000000000000000000000000',
        level: '1000',
        basedAtMs: 1_795_000_000_000,
      },
    },
    'service:baskets',
  ],
  [
    'BasketEdited',
    {
      name: 'Older',
      version: {
        number: 2,
        weighting: 'FIXED',
        hash: 'h1',
        constituents: [
          { symbol: 'B', instrumentId: 'ins_B', currency: 'USD', weight: '0.4' },
          { symbol: 'A', instrumentId: 'ins_A', currency: 'USD', weight: '0.6' },
        ],
      },
    },
    'max',
  ],
] as const;

const replay = (facts: readonly BasketFact[]) => facts.reduce<Basket | null>(evolve, null);

describe('facts of the first version', () => {
  const facts = VERSION_1.map(([type, payload, actor]) => factOf(type, payload, { actor }));

  test('replay to a basket of today, owned and edited by who wrote them', () => {
    expect(replay(facts)).toMatchObject({
      id: 'bsk_old',
      name: 'Older',
      state: 'DRAFT',
      owner: 'mia',
      editors: ['mia', 'max'],
      delegates: null,
      notional: null,
      launchAtMs: null,
      revision: 2,
      versions: [
        { number: 1, status: 'SUPERSEDED' },
        { number: 2, status: 'DRAFT', base: { units: [400_050_000_000n, 600_000_000_000n] } },
      ],
    });
  });

  test('keep those who wrote them from approving', () => {
    const after = (basket: Basket | null, each: ReturnType<typeof step>) => {
      const decision = attempt(basket, each);
      if (!decision.ok) throw new Error(decision.message);
      return decision.events.reduce<Basket | null>(evolve, basket);
    };
    const submitted = [
      step('TRIGGER_BACKTEST', mia),
      step('BACKTEST_COMPLETED', SYSTEM),
      step('SUBMIT_FOR_APPROVAL', mia),
    ].reduce(after, replay(facts));
    expect(attempt(submitted, step('APPROVE_BASKET', person('max', 'approver')))).toMatchObject({
      reason: 'MAKER_IS_CHECKER',
    });
  });

  test('of another shape are no facts of ours', () => {
    const read = (type: string, value: unknown) => () => factOf(type, value, { actor: 'mia' });
    expect(read('BasketSold', {})).toThrow(UnreadableEvent);
    expect(read('IndexBased', { versionNumber: 1 })).toThrow(UnreadableEvent);
    expect(read('BasketCancelled', 'x')).toThrow(UnreadableEvent);
  });
});

describe('facts of today', () => {
  const histories = {
    ...HISTORIES,
    SCHEDULED,
    ACTED_ON: [...HISTORIES.ACTIVE, step('CORPORATE_ACTION_APPLIED', SYSTEM)],
    REBALANCED: [...HISTORIES.REBALANCING, step('REBALANCE_APPLIED', SYSTEM)],
    RESUMED: [...HISTORIES.SUSPENDED, step('RESUME', otto)],
    TIMED_OUT: [
      ...HISTORIES.BACKTESTING,
      step('BACKTEST_TIMEOUT', SYSTEM, { atMs: Number.MAX_SAFE_INTEGER }),
    ],
  };

  test.each(Object.entries(histories))('of a basket %s survive the event store', (_of, steps) => {
    const facts = factsAfter(...steps);
    const stored = facts.map((fact) => {
      const json: unknown = JSON.parse(JSON.stringify(factToJson(fact)));
      return factOf(fact.type, json, { actor: 'nobody' });
    });
    expect(stored).toEqual(facts);
    expect(replay(stored)).toEqual(replay(facts));
  });
});

describe('a database of the first version', () => {
  let world: BasketLifeWorld;
  beforeAll(async () => {
    world = await openBasketLifeWorld();
  });
  afterAll(() => world.close());
  const carl: Person = { user: 'carl', roles: ['approver'] };

  test('goes on from where it was', async () => {
    const { sql } = world;
    await sql`
      insert into baskets.basket (basket_id, code, name, currency, base_level, state,
        current_version, event_version, created_by, created_at, updated_at)
      values ('bsk_old', 'OLD', 'Older', 'USD', 100000000000, 'DRAFT', 2, 3, 'mia', now(), now())`;
    for (const [at, [type, payload, actor]] of VERSION_1.entries()) {
      await sql`
        insert into baskets.event_store (basket_id, event_version, event_type, schema_version,
          payload, actor, correlation_id, recorded_at)
        values ('bsk_old', ${at + 1}, ${type}, 1, ${JSON.stringify(payload)}::text::jsonb,
          ${actor}, 'c', now())`;
    }
    for (const number of [1, 2]) {
      await sql`
        insert into baskets.basket_version (basket_id, number, status, weighting, hash, edited_by,
          created_at)
        values ('bsk_old', ${number}, 'DRAFT', 'FIXED', 'h1', 'mia', now())`;
    }
    await sql`
      insert into baskets.constituent (basket_id, version_number, ordinal, symbol, instrument_id,
        currency, weight)
      values ('bsk_old', 2, 0, 'B', 'ins_B', 'USD', 40000000),
        ('bsk_old', 2, 1, 'A', 'ins_A', 'USD', 60000000)`;
    const makers: Person = { user: 'mia', roles: ['portfolio_manager'] };
    expect(
      await world.command(makers, 'editBasket', { code: 'OLD', version: 2, name: 'Oldest' }),
    ).toMatchObject({ basket: { state: 'DRAFT', revision: 3 } });
    const rows = await sql<{ schemaVersion: number }[]>`
      select schema_version as "schemaVersion" from baskets.event_store order by event_version`;
    expect(rows.map(({ schemaVersion }) => schemaVersion)).toEqual([1, 1, 1, FACT_SCHEMA_VERSION]);
    const made = await world.ask(carl, `{ basket(code: "OLD") { version { makers } } }`);
    expect(made).toEqual({ basket: { version: { makers: ['max', 'mia'] } } });
  });
});
