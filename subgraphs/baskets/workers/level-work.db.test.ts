import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BasketsWorld,
  CREATE_BASKET,
  expectNext,
  openBasketsWorld,
} from '../../../test/support/baskets-world.ts';
import { utcDateOf } from '#kernel/business-date';
import { decimal } from '#kernel/decimal';
import { price } from '#kernel/money';
import { silentLogger } from '#platform/logger';
import { indexCalendar } from '../domain/basket-calendar.ts';
import { createBasketReader } from '../store/basket-reader.ts';
import { createBasketRepository } from '../store/baskets.ts';
import { createClosePriceReader } from '../store/close-prices.ts';
import { createCorporateActionStore } from '../store/corporate-actions.ts';
import { createValuationStore } from '../store/level-valuations.ts';
import { createDailyLevelRepository } from '../store/restatements.ts';
import { createLevelCloses } from './level-closes.ts';

let world: BasketsWorld;
beforeAll(async () => {
  world = await openBasketsWorld();
});
afterAll(async () => {
  await world.close();
});

async function create(code: string, weights: Record<string, string>) {
  const constituents = Object.entries(weights).map(([symbol, weight]) => ({ symbol, weight }));
  const input = { code, name: code, currency: 'USD', weighting: 'FIXED', constituents };
  await world.as('portfolio_manager').data(CREATE_BASKET, { input });
}

async function levelOf(code: string, level: string) {
  const levels = await world.subscribe(
    `subscription { basketLevels(codes: ["${code}"]) { level } }`,
  );
  await expectNext(levels, { data: { basketLevels: { level } } });
  await levels.return?.();
}

const MOVE = `fromLevel toLevel move prices fx composition names { symbol price fx }`;

describe('why did the level move', () => {
  test('by name and by exchange rate, to this moment, summing exactly', async () => {
    await create('MOVE', { A: '0.5', P: '0.5' });
    await world.tick('A', '10');
    await world.tick('P', '20');
    await levelOf('MOVE', '1000');
    // Keeps what was valued, as every five seconds.
    await world.restart();
    await world.tick('A', '12');
    await world.tick('P', '19');
    await levelOf('MOVE', '1075');
    const found = await world
      .as('viewer')
      .data(`{ basket(code: "MOVE") { levelMove(from: "2026-01-01T00:00:00Z") { ${MOVE} } } }`);
    expect(found).toEqual({
      basket: {
        levelMove: {
          fromLevel: '1000',
          toLevel: '1075',
          move: '75',
          prices: '75',
          fx: '0',
          composition: '0',
          names: [
            { symbol: 'A', price: '100', fx: '0' },
            { symbol: 'P', price: '-25', fx: '0' },
          ],
        },
      },
    });
  });

  test('a basket without a level has no move, and from after to is BAD_USER_INPUT', async () => {
    await create('NOMOVE', { B: '1' });
    const ask = (code: string, range: string) =>
      world.as('viewer').data(`{ basket(code: "${code}") { levelMove(${range}) { move } } }`);
    expect(await ask('NOMOVE', 'from: "2026-01-01T00:00:00Z"')).toEqual({
      basket: { levelMove: null },
    });
    const backwards = 'from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z"';
    await expect(ask('MOVE', backwards)).rejects.toMatchObject({
      originalError: { code: 'BAD_USER_INPUT' },
    });
  });
});

describe('BK-8 levels by day, week and month', () => {
  test('stored levels roll up to weeks and months, each counted once', async () => {
    const viewer = world.as('viewer');
    const found = await viewer.data(`{ basket(code: "MOVE") {
      week: performance(period: WEEK) { open close low high previousClose return levelCount }
      month: performance(period: MONTH) { start } } }`);
    expect(found).toMatchObject({
      basket: { week: [{ open: '1000', previousClose: null }], month: [{}] },
    });
  });

  test('a corrected close restates the day and is told once, with old, new and cause', async () => {
    const { owner, sql, parts } = world;
    const day = utcDateOf(Date.now() - 86_400_000);
    await owner`update baskets.basket set state = 'ACTIVE' where code = 'MOVE'`;
    const [basket] = await sql<{ basketId: string }[]>`
      select basket_id as "basketId" from baskets.basket where code = 'MOVE'`;
    const basketId = basket?.basketId ?? '';
    const series = async (symbol: string, close: string) => owner`
      with s as (
        insert into market_data.price_series
          (instrument_id, source, interval, is_adjusted, is_preferred)
        values (${`ins_${symbol}`}, 'test', 'DAY_1', false, true) returning series_id)
      insert into market_data.price_bar (series_id, business_date, close)
      select series_id, ${day}::text::date, ${String(price(decimal(close)))}::text::bigint from s`;
    await series('A', '10');
    await series('P', '20');
    const valuations = createValuationStore(sql);
    const daily = createDailyLevelRepository(sql);
    const path = await valuations.path(basketId, { fromMs: 0, toMs: Date.now() });
    const first = path[0];
    if (!first) throw new Error('nothing was kept');
    await valuations.store([{ basketId, valuation: first, closeOf: day }]);
    const atMs = Date.now();
    const level = decimal('1000') as never;
    const about = { basketId, date: day, level, versionNumber: 1, divisor: first.divisor, atMs };
    expect(await daily.store({ ...about, quality: 'GOOD' })).toBe(true);
    expect(await daily.store({ ...about, quality: 'GOOD' })).toBe(false);

    // The world hears of it as another process does.
    const told = await world.subscribe(
      `subscription { basketLevelRestated(codes: ["move"]) {
        sequence code date revision oldLevel newLevel kind cause } }`,
    );
    const closes = createLevelCloses({
      baskets: createBasketRepository(sql, (text) => text),
      reader: createBasketReader(sql),
      closePrices: createClosePriceReader(sql),
      actions: createCorporateActionStore(sql),
      calendar: indexCalendar({ closeMinuteUtc: 0, days: 'WEEKDAYS' }),
      exchangeCalendars: { of: async () => [] },
      clock: parts.clock,
      newId: () => 'id',
      hash: (text) => text,
      logger: silentLogger,
      daily,
      valuations,
    });
    await owner`update market_data.price_bar set close = 11 * 100000000::bigint
      where series_id = (select series_id from market_data.price_series
        where instrument_id = 'ins_A')`;
    await closes.round();
    await expectNext(told, {
      data: {
        basketLevelRestated: {
          sequence: expect.stringMatching(/^\d+$/),
          code: 'MOVE',
          date: day,
          revision: 2,
          oldLevel: '1000',
          newLevel: '1050',
          kind: 'PUBLISHED',
          cause: `close of ${day} corrected: A`,
        },
      },
    });
    await closes.round();
    await told.return?.();
    const found = await world.as('viewer').data(`{ basket(code: "MOVE") {
      dailyLevels(from: "${day}", to: "${day}") { revision level quality }
      restatements { date revision oldLevel newLevel kind } } }`);
    expect(found).toEqual({
      basket: {
        dailyLevels: [{ revision: 2, level: '1050', quality: 'GOOD' }],
        restatements: [
          { date: day, revision: 2, oldLevel: '1000', newLevel: '1050', kind: 'PUBLISHED' },
        ],
      },
    });
  });
});

describe('BK-9 announcements of corporate actions', () => {
  const announce = async (input: Record<string, unknown>) => {
    const data = await world.as('operations').data(
      `mutation ($input: AnnounceCorporateActionInput!) { announceCorporateAction(input: $input) {
        ... on CorporateActionAnnounced { actionId description exDate }
        ... on IndexActionRefused { reason message } } }`,
      { input },
    );
    return (data as { announceCorporateAction: unknown }).announceCorporateAction;
  };
  const split = { actionId: 'x1', kind: 'SPLIT', symbol: 'a', exDate: '2099-01-05' };

  test('terms are checked by kind, the same id answers as before', async () => {
    expect(await announce(split)).toEqual({
      reason: 'TERMS_INVALID',
      message: 'SPLIT needs newShares, oldShares',
    });
    const whole = { ...split, newShares: 2, oldShares: 1 };
    expect(await announce({ ...whole, amount: '1' })).toMatchObject({
      message: 'SPLIT has no amount',
    });
    expect(await announce({ ...whole, oldShares: 0 })).toMatchObject({ reason: 'TERMS_INVALID' });
    expect(await announce({ ...whole, symbol: 'NOBODY' })).toMatchObject({
      reason: 'UNKNOWN_SYMBOL',
    });
    const accepted = { actionId: 'x1', description: 'A splits 2:1', exDate: '2099-01-05' };
    expect(await announce(whole)).toEqual(accepted);
    expect(await announce(whole)).toEqual(accepted);
    expect(await announce({ ...whole, newShares: 3 })).toEqual({
      reason: 'DUPLICATE_ACTION_ID_DIFFERENT_CONTENT',
      message: 'x1 is: A splits 2:1, ex 2099-01-05',
    });
  });

  test('what is wrong on its face is refused with what was expected and found', async () => {
    const today = utcDateOf(Date.now());
    await world.owner`
      insert into market_data.price_bar (series_id, business_date, close)
      select series_id, ${today}::text::date, 40 * 100000000::bigint
      from market_data.price_series where instrument_id = 'ins_A'
      on conflict (series_id, business_date) do update set close = excluded.close`;
    const whole = { ...split, actionId: 'x2', newShares: 2, oldShares: 1 };
    expect(await announce({ ...whole, exDate: '2020-01-06' })).toEqual({
      reason: 'TERMS_INVALID',
      message: expect.stringMatching(/^expected an ex-date from .*, was 2020-01-06/),
    });
    expect(await announce({ ...whole, oldShares: 2147483647 })).toEqual({
      reason: 'TERMS_INVALID',
      message: 'expected a ratio from 1:1000 to 1000:1, was 2:2147483647',
    });
    const named = { actionId: 'x2', symbol: 'A', exDate: '2099-01-05' };
    expect(await announce({ ...named, kind: 'SPECIAL_DIVIDEND', amount: '41' })).toEqual({
      reason: 'TERMS_INVALID',
      message: 'expected a dividend below 40, the last close of A, was 41',
    });
    const merger = { ...named, kind: 'MERGER_FOR_CASH', amount: '1' };
    expect(await announce(merger)).toMatchObject({ reason: 'TERMS_INVALID' });
    expect(await announce({ ...merger, confirmPrice: true })).toMatchObject({ actionId: 'x2' });
    // Announced is announced: the same id is not judged again.
    expect(await announce(merger)).toMatchObject({ actionId: 'x2' });
  });
});
