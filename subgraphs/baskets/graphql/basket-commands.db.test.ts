import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BasketsWorld,
  CREATE_BASKET,
  openBasketsWorld,
} from '../../../test/support/baskets-world.ts';
import type { SubgraphClient } from '../../../test/support/subgraph-client.ts';
import { firstBrokenLink } from '../domain/audit-chain.ts';
import { type Basket, currentVersion } from '../domain/basket.ts';
import { NEVER_CLOSED } from '../domain/stale-policy.ts';
import { evolve } from '../domain/basket-evolve.ts';
import { createAuditReader } from '../store/audit-reader.ts';
import { createBasketReader } from '../store/basket-reader.ts';
import { factOf } from '../store/fact-json.ts';
import { createCorporateActionStore } from '../store/corporate-actions.ts';
import { createIndexDefinitionReader } from '../store/index-definitions.ts';

let world: BasketsWorld;
let maker: SubgraphClient;
let viewer: SubgraphClient;

const EDIT = CREATE_BASKET.replace(/CreateBasketInput/, 'EditBasketInput').replace(
  'createBasket(',
  'editBasket(',
);
const CANCEL = CREATE_BASKET.replace(/CreateBasketInput/, 'BasketCommandInput').replace(
  'createBasket(',
  'cancelBasket(',
);
const newBasket = (code: string, changes: Record<string, unknown> = {}) => ({
  code,
  name: `Basket ${code}`,
  currency: 'USD',
  weighting: 'FIXED',
  constituents: [
    { symbol: 'A', weight: '0.6' },
    { symbol: 'b', weight: '0.4' },
  ],
  ...changes,
});
const create = (code: string, changes?: Record<string, unknown>, as = maker) =>
  as.data(CREATE_BASKET, { input: newBasket(code, changes) });
const edit = (input: Record<string, unknown>) => maker.data(EDIT, { input });
const refused = (reason: string) => expect.objectContaining({ reason });

beforeAll(async () => {
  world = await openBasketsWorld();
  maker = world.as('portfolio_manager');
  viewer = world.as('viewer');
});
afterAll(async () => {
  await world.close();
});

describe('BK-1 baskets', () => {
  test('are created as a draft and read back exactly, code and symbols in upper case', async () => {
    expect(await create('tech')).toEqual({
      createBasket: {
        basket: {
          id: expect.stringMatching(/^bsk_/),
          code: 'TECH',
          state: 'DRAFT',
          version: { number: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
        },
        transition: { number: 1, event: 'CREATE_BASKET', from: null, to: 'DRAFT' },
      },
    });
    const read = await viewer.data(`{ basket(code: "Tech") {
      name currency baseLevel createdBy allowedEvents
      version { number status weighting editedBy
        constituents { symbol weight units instrument { id } } }
    } none: basket(code: "NONE") { id } }`);
    expect(read).toEqual({
      basket: {
        name: 'Basket tech',
        currency: 'USD',
        baseLevel: '1000',
        createdBy: 'portfolio_manager',
        allowedEvents: [],
        version: {
          number: 1,
          status: 'DRAFT',
          weighting: 'FIXED',
          editedBy: 'portfolio_manager',
          constituents: [
            { symbol: 'A', weight: '0.6', units: null, instrument: { id: 'ins_A' } },
            { symbol: 'B', weight: '0.4', units: null, instrument: { id: 'ins_B' } },
          ],
        },
      },
      none: null,
    });
  });

  test('equal weights are computed and published to the other subgraphs', async () => {
    const names = ['C', 'A', 'B'].map((symbol) => ({ symbol }));
    await create('EQUAL', { weighting: 'EQUAL', constituents: names });
    const rows = await world.sql`
      select symbol, weight, version, units from published.basket_constituents
      where code = 'EQUAL' order by weight desc, symbol`;
    expect(rows.map((row) => ({ ...row }))).toEqual([
      { symbol: 'A', weight: 33_333_334n, version: 1, units: null },
      { symbol: 'B', weight: 33_333_333n, version: 1, units: null },
      { symbol: 'C', weight: 33_333_333n, version: 1, units: null },
    ]);
  });

  test.each([
    [{ code: 'TECH' }, 'DUPLICATE_CODE', 'TECH'],
    [{ code: 'A B' }, 'INVALID_CODE', undefined],
    [{ constituents: [] }, 'NO_CONSTITUENTS', undefined],
    [{ constituents: [{ symbol: 'NIX', weight: '1' }] }, 'UNKNOWN_SYMBOL', undefined],
    [{ currency: 'CHF' }, 'CURRENCY_NOT_PRICED', undefined],
    [
      {
        constituents: [
          { symbol: 'A', weight: '0.5' },
          { symbol: 'B', weight: '0.4999' },
        ],
      },
      'WEIGHTS_DO_NOT_SUM_TO_ONE',
      undefined,
    ],
  ])('%j is refused with %s', async (changes, reason, shown) => {
    expect(await create('REFUSED', changes)).toMatchObject({
      createBasket: { reason, found: shown === undefined ? null : { code: shown } },
    });
    expect(await viewer.data(`{ basket(code: "REFUSED") { id } }`)).toEqual({ basket: null });
  });

  test('text that is no decimal, NaN and 1e400 are BAD_USER_INPUT', async () => {
    for (const weight of ['x', 'NaN', '1e400', '0.123456789']) {
      const input = newBasket('BAD', { constituents: [{ symbol: 'A', weight }] });
      const { errors } = await maker.result(CREATE_BASKET, { input });
      expect(errors?.[0]?.message).toMatch(/Decimal: expected/);
    }
  });

  test('may be written by makers only, and read by nobody without the scope', async () => {
    const { errors } = await viewer.result(CREATE_BASKET, { input: newBasket('V') });
    expect(errors?.[0]?.message).toMatch(/needs the scope baskets:write/);
    const feed = await world.as('feed').result(`{ basket(code: "TECH") { id } }`);
    expect(feed.errors?.[0]?.message).toMatch(/needs the scope baskets:read/);
    const { basket } = (await viewer.data(`{ basket(code: "TECH") { id } }`)) as {
      basket: { id: string };
    };
    const entity = await world
      .as('feed')
      .result(
        `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Basket { code } } }`,
        { of: [{ __typename: 'Basket', id: basket.id }] },
      );
    expect(entity.errors?.[0]?.message).toMatch(/needs the scope baskets:read/);
  });

  test('come in pages in order of code, filtered by state, code and text', async () => {
    const list = `query ($filter: BasketFilter, $first: Int, $after: String) {
      baskets(filter: $filter, first: $first, after: $after) {
        edges { node { code } } pageInfo { hasNextPage endCursor } } }`;
    const first = (await viewer.data(list, { first: 1 })) as {
      baskets: { pageInfo: { endCursor: string } };
    };
    expect(first).toMatchObject({
      baskets: { edges: [{ node: { code: 'EQUAL' } }], pageInfo: { hasNextPage: true } },
    });
    const after = first.baskets.pageInfo.endCursor;
    expect(await viewer.data(list, { first: 1, after })).toMatchObject({
      baskets: { edges: [{ node: { code: 'TECH' } }] },
    });
    const codes = async (filter: unknown) => {
      const found = (await viewer.data(list, { filter })) as {
        baskets: { edges: { node: { code: string } }[] };
      };
      return found.baskets.edges.map(({ node }) => node.code);
    };
    expect(await codes({ codes: ['tech'] })).toEqual(['TECH']);
    expect(await codes({ search: 'equ' })).toEqual(['EQUAL']);
    expect(await codes({ states: ['CANCELLED'] })).toEqual([]);
  });
});

describe('BK-2 commands', () => {
  test('the same command id twice has one effect and the same answer', async () => {
    const once = await create('ONCE', { commandId: 'cmd-1' });
    expect(await create('ONCE', { commandId: 'cmd-1' })).toEqual(once);
    const other = await create('OTHER', { commandId: 'cmd-1' });
    expect(other).toMatchObject({
      createBasket: { found: null, reason: 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT' },
    });
    const bad = { commandId: 'cmd-2', constituents: [] };
    const first = await create('BAD', bad);
    expect(await create('BAD', bad)).toEqual(first);
    expect(first).toMatchObject({ createBasket: refused('NO_CONSTITUENTS') });
  });

  test('the same command id at the same time has one effect', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => create('ATONCE', { commandId: 'cmd-3' })),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    const [row] = await world.sql`
      select count(*)::int as count from baskets.event_store e
        join baskets.basket b using (basket_id) where b.code = 'ATONCE'`;
    expect(row?.['count']).toBe(1);
  });

  test('one code created by many at once belongs to one', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => create('RACE')));
    const accepted = answers.filter((each) => JSON.stringify(each).includes('transition'));
    expect(accepted).toHaveLength(1);
    expect(answers).toContainEqual({ createBasket: refused('DUPLICATE_CODE') });
  });

  test('BK-11 two edits of one version: one wins, the other has a VERSION_CONFLICT', async () => {
    await create('EDIT');
    const answers = await Promise.all(
      ['0.5', '0.7'].map((weight) =>
        edit({
          code: 'EDIT',
          version: 1,
          constituents: [
            { symbol: 'A', weight },
            { symbol: 'C', weight: weight === '0.5' ? '0.5' : '0.3' },
          ],
        }),
      ),
    );
    expect(answers).toContainEqual({ editBasket: refused('VERSION_CONFLICT') });
    expect(answers).toContainEqual({
      editBasket: expect.objectContaining({
        transition: expect.objectContaining({ event: 'EDIT_BASKET', from: 'DRAFT', to: 'DRAFT' }),
      }),
    });
    const read = await viewer.data(`{ basket(code: "EDIT") {
      version { number status changes { since constituents { symbol change } } }
      versions { number status constituents { symbol } } } }`);
    expect(read).toEqual({
      basket: {
        version: {
          number: 2,
          status: 'DRAFT',
          changes: {
            since: 1,
            constituents: expect.arrayContaining([
              { symbol: 'B', change: 'REMOVED' },
              { symbol: 'C', change: 'ADDED' },
            ]),
          },
        },
        versions: [
          { number: 1, status: 'SUPERSEDED', constituents: [{ symbol: 'A' }, { symbol: 'B' }] },
          { number: 2, status: 'DRAFT', constituents: [{ symbol: 'A' }, { symbol: 'C' }] },
        ],
      },
    });
  });

  test('a rename needs no constituents and keeps them', async () => {
    await create('RENAME');
    expect(await edit({ code: 'rename', version: 1, name: 'New name' })).toMatchObject({
      editBasket: { basket: { version: { number: 2 } } },
    });
    expect(
      await viewer.data(`{ basket(code: "RENAME") { name version { constituents { symbol } } } }`),
    ).toEqual({
      basket: { name: 'New name', version: { constituents: [{ symbol: 'A' }, { symbol: 'B' }] } },
    });
  });

  test('a cancelled basket refuses the rest, and the audit trail has all of it', async () => {
    await create('GONE');
    await maker.data(CANCEL, { input: { code: 'GONE', comment: 'not wanted' } });
    expect(await edit({ code: 'GONE', version: 1, name: 'x' })).toMatchObject({
      editBasket: {
        reason: 'ILLEGAL_TRANSITION',
        message: 'EDIT_BASKET is not allowed in CANCELLED; allowed: nothing',
        found: { code: 'GONE' },
      },
    });
    expect(await maker.data(CANCEL, { input: { code: 'NEVER' } })).toMatchObject({
      cancelBasket: { reason: 'UNKNOWN_BASKET', found: null },
    });
    const trail = await viewer.data(`{ basket(code: "GONE") { state
      level { level reason }
      transitions(withRefused: true) { edges { node { number event from to comment refusal } } }
      accepted: transitions { edges { node { number } } } } }`);
    expect(trail).toEqual({
      basket: {
        state: 'CANCELLED',
        level: { level: null, reason: 'NOT_PRICED_IN_STATE' },
        transitions: {
          edges: [
            row(1, 'CREATE_BASKET', null, 'DRAFT'),
            row(2, 'CANCEL_BASKET', 'DRAFT', 'CANCELLED', { comment: 'not wanted' }),
            row(3, 'EDIT_BASKET', 'CANCELLED', 'CANCELLED', { refusal: 'ILLEGAL_TRANSITION' }),
          ],
        },
        accepted: { edges: [{ node: { number: 1 } }, { node: { number: 2 } }] },
      },
    });
  });

  test('the audit trail cannot be changed by us, and shows a change by others', async () => {
    await expect(
      world.sql`update baskets.transition set actor = 'x'`.then(() => 'done'),
    ).rejects.toThrow(/permission denied/);
    await expect(world.sql`delete from baskets.event_store`.then(() => 'done')).rejects.toThrow(
      /permission denied/,
    );
    const basket = (await createBasketReader(world.sql).byCodes(['GONE'])).get('GONE');
    const read = () =>
      createAuditReader(world.sql).page(
        basket?.id ?? '',
        { list: 'transitions', first: 100, after: undefined },
        { withRefused: true },
      );
    expect(firstBrokenLink(await read(), sha256)).toBeNull();
    await world.owner`
      update baskets.transition set actor = 'x'
      where basket_id = ${basket?.id ?? ''} and number = 2`;
    expect(firstBrokenLink(await read(), sha256)).toBe(2);
  });

  test('a replay of the facts gives what is stored', async () => {
    const facts = await world.sql<FactRow[]>`
      select basket_id as basket, event_type as type, payload, actor from baskets.event_store
      order by basket_id, event_version`;
    const replayed = new Map<string, Basket>();
    for (const { basket, type, payload, ...writer } of facts) {
      replayed.set(basket, evolve(replayed.get(basket) ?? null, factOf(type, payload, writer)));
    }
    expect(replayed.size).toBeGreaterThan(5);
    const definitions = createIndexDefinitionReader({
      sql: world.sql,
      reader: createBasketReader(world.sql),
      actions: createCorporateActionStore(world.sql),
      sessionOf: () => NEVER_CLOSED,
    });
    for (const stored of await definitions([...replayed.keys()])) {
      const basket = replayed.get(stored.basketId);
      expect(basket).toMatchObject({ state: stored.state, code: stored.code });
      expect(basket && currentVersion(basket)).toEqual(stored.version);
    }
  });
});

interface FactRow {
  readonly basket: string;
  readonly type: string;
  readonly payload: unknown;
  readonly actor: string;
}

function row(
  number: number,
  event: string,
  from: string | null,
  to: string,
  changes: Record<string, unknown> = {},
) {
  return { node: { number, event, from, to, comment: null, refusal: null, ...changes } };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
