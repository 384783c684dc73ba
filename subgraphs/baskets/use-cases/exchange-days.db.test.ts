import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import {
  type BasketLifeWorld,
  openBasketLifeWorld,
} from '../../../test/support/basket-life-world.ts';
import { carl, carryOutDeps, liveBasket, mia } from '../../../test/support/live-basket.ts';
import { basketCalendar } from '../domain/exchange-calendar.ts';
import { createExchangeCalendarReader } from '../store/exchange-calendars.ts';
import { createValuationStore } from '../store/level-valuations.ts';
import { createDailyLevelRepository } from '../store/restatements.ts';
import { readBasket } from './carry-out-rebalance.ts';
import { closeIndexDay } from './close-index-day.ts';

let world: BasketLifeWorld;
const EQUAL = { weighting: 'EQUAL', constituents: ['A', 'B'].map((symbol) => ({ symbol })) };

/** A is of New York and B of Nasdaq, which keeps its days; it rests from the 23rd to the 26th. */
beforeAll(async () => {
  world = await openBasketLifeWorld();
  await world.owner`
    update market_data.instrument set mic = case symbol when 'A' then 'XNYS' else 'XNAS' end
    where symbol in ('A', 'B')`;
  await world.owner`
    insert into market_data.exchange_session (mic, session_date, opens_at, closes_at, source)
    select 'XNYS', day, day + interval '14:30', day + interval '21:00', 'test'
    from unnest(array['2026-11-19', '2026-11-20', '2026-11-27', '2026-11-30']::date[]) day`;
  await liveBasket(world, { code: 'NYC', ...EQUAL });
});
afterAll(() => world.close());

describe('BK-9 a basket keeps the days of the exchanges of its names', () => {
  test('a rebalance is for a day on which all of them trade', async () => {
    const holiday = { code: 'NYC', effectiveDate: '2026-11-24', constituents: [{ symbol: 'A' }] };
    expect(await world.command(mia, 'rebalanceBasket', holiday)).toEqual({
      reason: 'INVALID_EFFECTIVE_DATE',
      message: 'expected a day on which all names trade, not before 2026-11-20, was 2026-11-24',
    });
    // Approved after the close of the day it was planned for: the next session, not Monday.
    await world.command(mia, 'rebalanceBasket', { ...holiday, effectiveDate: '2026-11-20' });
    world.clock.advance(Date.parse('2026-11-21T09:00:00Z') - world.clock.nowMs());
    await world.command(carl, 'approveBasket', { code: 'NYC' });
    expect((await readBasket(carryOutDeps(world), 'NYC')).rebalance?.effectiveDate).toBe(
      '2026-11-27',
    );
  });

  test('so is the last day of one that goes', async () => {
    const ask = (lastDate: string) =>
      world.ask(
        mia,
        `mutation { requestDelisting(input: { code: "NYC" }, lastDate: "${lastDate}") {
          ... on BasketCommandRefused { reason } } }`,
      );
    expect(await ask('2026-11-25')).toEqual({ requestDelisting: { reason: 'INVALID_LAST_DATE' } });
    expect(await ask('2026-11-30')).toEqual({ requestDelisting: {} });
  });

  test('a day on which none trades has no close; where some do, others carry theirs', async () => {
    await liveBasket(world, {
      code: 'MIXED',
      weighting: 'EQUAL',
      constituents: [{ symbol: 'A' }, { symbol: 'C' }],
    });
    await world.owner`
      insert into market_data.price_bar (series_id, business_date, close)
      select series_id, '2026-11-24', 110 * 100000000::bigint
      from market_data.price_series where instrument_id = 'ins_C'`;
    const deps = {
      ...carryOutDeps(world),
      daily: createDailyLevelRepository(world.sql),
      valuations: createValuationStore(world.sql),
    };
    const date = businessDate('2026-11-24');
    expect(await closeIndexDay(deps, { code: 'NYC', date })).toBe('NOT_A_DAY');
    expect(await closeIndexDay(deps, { code: 'MIXED', date })).toBe('CLOSED');
    // A stays at 100 of the 19th, C rose by 10 %.
    const [row] = await world.sql<{ level: bigint }[]>`
      select level from baskets.daily_level join baskets.basket using (basket_id)
      where code = 'MIXED'`;
    expect(formatDecimal(row?.level ?? 0n)).toBe('1050');
    // On a day on which all trade a close that is missing is waited for.
    const friday = businessDate('2026-11-27');
    expect(await closeIndexDay(deps, { code: 'MIXED', date: friday })).toBe('CLOSES_MISSING');
  });

  test('names of an exchange without a calendar keep weekdays', async () => {
    const reader = createExchangeCalendarReader(world.sql);
    // C says no exchange.
    expect(await reader.of(['C'])).toEqual([null]);
    const known = await reader.of(['B']);
    expect(known).toMatchObject([{ mic: 'XNYS', first: '2026-11-19', last: '2026-11-30' }]);
    const days = basketCalendar(world.deps.calendar, await reader.of(['B', 'C']));
    expect(days.isIndexDay(businessDate('2026-11-24'))).toBe(true);
    expect(days.isTradingDay(businessDate('2026-11-24'))).toBe(false);
    expect(await reader.of([])).toEqual([]);
  });
});
