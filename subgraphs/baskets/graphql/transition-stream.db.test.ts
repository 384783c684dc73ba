import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BasketsWorld,
  CREATE_BASKET,
  expectNext,
  openBasketsWorld,
} from '../../../test/support/baskets-world.ts';
import type { SubgraphClient } from '../../../test/support/subgraph-client.ts';

let world: BasketsWorld;
let maker: SubgraphClient;

const CANCEL = CREATE_BASKET.replace(/CreateBasketInput/, 'BasketCommandInput').replace(
  'createBasket(',
  'cancelBasket(',
);
const create = (code: string) =>
  maker.data(CREATE_BASKET, {
    input: {
      code,
      name: code,
      currency: 'USD',
      weighting: 'EQUAL',
      constituents: [{ symbol: 'A' }, { symbol: 'B' }],
    },
  });

beforeAll(async () => {
  world = await openBasketsWorld();
  maker = world.as('portfolio_manager');
});
afterAll(async () => {
  await world.close();
});

describe('BK-2 the stream of transitions', () => {
  test('transitions are told to subscribers, those of other codes are not', async () => {
    const all = await world.subscribe(
      `subscription { basketStateChanged { event to basket { code } versionNumber } }`,
    );
    const one = await world.subscribe(
      `subscription { basketStateChanged(codes: ["told"]) { event } }`,
    );
    await create('UNTOLD');
    await create('TOLD');
    await maker.data(CANCEL, { input: { code: 'TOLD' } });
    const event = (code: string, name: string, to: string) => ({
      data: { basketStateChanged: { event: name, to, basket: { code }, versionNumber: 1 } },
    });
    await expectNext(all, event('UNTOLD', 'CREATE_BASKET', 'DRAFT'));
    expect((await all.next()).value).toEqual(event('TOLD', 'CREATE_BASKET', 'DRAFT'));
    const told = [(await one.next()).value, (await one.next()).value];
    expect(told).toMatchObject([
      { data: { basketStateChanged: { event: 'CREATE_BASKET' } } },
      { data: { basketStateChanged: { event: 'CANCEL_BASKET' } } },
    ]);
    await Promise.all([all.return?.(), one.return?.()]);
  });

  test('who left goes on after the last transition it was told', async () => {
    const watch = (after: string) =>
      world.subscribe(`subscription { basketStateChanged(codes: ["back", "other"]${after}) {
        sequence number event basket { code } } }`);
    const first = await watch('');
    await create('BACK');
    const told = await expectNext(first, { data: { basketStateChanged: { number: 1 } } });
    await first.return?.();
    await maker.data(CANCEL, { input: { code: 'BACK' } });
    await create('OTHER');
    const { sequence } = (told as { data: { basketStateChanged: { sequence: string } } }).data
      .basketStateChanged;
    const again = await watch(`, after: "${sequence}"`);
    const next = [(await again.next()).value, (await again.next()).value];
    expect(next).toMatchObject([
      { data: { basketStateChanged: { event: 'CANCEL_BASKET', basket: { code: 'BACK' } } } },
      { data: { basketStateChanged: { event: 'CREATE_BASKET', basket: { code: 'OTHER' } } } },
    ]);
    await again.return?.();
    await expect(watch(', after: "yesterday"')).rejects.toThrow('a sequence is decimal digits');
    const trail = await world.as('viewer').data(`{ basket(code: "BACK") {
      transitions { edges { node { number sequence } } } } }`);
    expect(trail).toEqual({
      basket: {
        transitions: {
          edges: [{ node: { number: 1, sequence: null } }, { node: { number: 2, sequence: null } }],
        },
      },
    });
  });
});
