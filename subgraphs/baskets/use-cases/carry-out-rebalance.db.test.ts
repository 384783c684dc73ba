import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BasketLifeWorld,
  openBasketLifeWorld,
  START_MS,
} from '../../../test/support/basket-life-world.ts';
import { carl, carryOutDeps, liveBasket, mia } from '../../../test/support/live-basket.ts';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { price } from '#kernel/money';
import { type Logger, silentLogger } from '#platform/logger';
import type { Basket } from '../domain/basket.ts';
import { currentVersion } from '../domain/basket.ts';
import type { AnnouncedTerms } from '../domain/corporate-action-announced.ts';
import { level } from '../domain/index-level.ts';
import { closingLevel } from '../domain/index-rebalance.ts';
import { workInDue } from '../workers/level-actions.ts';
import { applyAnnouncedAction } from './apply-announced-action.ts';
import { carryOutRebalance, finishRebalance, readBasket } from './carry-out-rebalance.ts';
import { startRebalance } from './start-rebalance.ts';

let world: BasketLifeWorld;
beforeAll(async () => {
  world = await openBasketLifeWorld();
});
afterAll(() => world.close());

const DAY_MS = 86_400_000;
const p = (text: string) => price(decimal(text));

/** Sets the clock, backwards too. */
const at = (ms: number) => world.clock.advance(ms - world.clock.nowMs());

const depsNow = () => carryOutDeps(world);

async function close(date: string, prices: Readonly<Record<string, string>>): Promise<void> {
  for (const [symbol, text] of Object.entries(prices)) {
    await world.owner`
      insert into market_data.price_bar (series_id, business_date, close)
      select series_id, ${date}::text::date, ${String(p(text))}::text::bigint
      from market_data.price_series where instrument_id = ${`ins_${symbol}`}`;
  }
}

const constituents = (weights: Readonly<Record<string, string>>) =>
  Object.entries(weights).map(([symbol, weight]) => ({ symbol, weight }));

const live = (code: string, weights: Readonly<Record<string, string>>) =>
  liveBasket(world, { code, weighting: 'FIXED', constituents: constituents(weights) });

async function scheduled(code: string, weights: Readonly<Record<string, string>>, date: string) {
  const next = { code, constituents: constituents(weights), effectiveDate: date };
  await world.command(mia, 'rebalanceBasket', next);
  const approved = await world.command(carl, 'approveBasket', { code });
  expect(approved).toMatchObject({ basket: { state: 'ACTIVE' } });
}

function levelWith(basket: Basket, prices: Readonly<Record<string, string>>): string {
  const closes = new Map(Object.entries(prices).map(([symbol, text]) => [symbol, p(text)]));
  const found = closingLevel(currentVersion(basket), {
    currency: 'USD',
    closes,
    fx: new Map(),
  });
  return found.ok ? formatDecimal(found.value) : found.message;
}

const statesOf = ({ versions }: Basket) => versions.map(({ number, status }) => [number, status]);

describe('BK-9 rebalance of a live basket', () => {
  const FRIDAY = { A: '110', B: '90', C: '50' };

  test('waits for the close and for official closes, then goes on at the same level', async () => {
    await live('REB', { A: '0.6', B: '0.4' });
    await scheduled('REB', { A: '0.5', C: '0.5' }, '2026-11-20');
    const due = { code: 'REB', versionNumber: 2 };
    expect(await carryOutRebalance(depsNow(), due)).toBe('LATER');
    await close('2026-11-20', FRIDAY);
    expect(await carryOutRebalance(depsNow(), due)).toBe('LATER');
    at(Date.parse('2026-11-20T22:00:01Z'));
    expect(await carryOutRebalance(depsNow(), due)).toBe('STARTED');
    const basket = await readBasket(depsNow(), 'REB');
    expect(basket.state).toBe('ACTIVE');
    expect(statesOf(basket)).toEqual([
      [1, 'SUPERSEDED'],
      [2, 'EFFECTIVE'],
    ]);
    // 1000 x (0.6 x 1.1 + 0.4 x 0.9), by both versions.
    expect(levelWith(basket, FRIDAY)).toBe('1020');
    expect(await carryOutRebalance(depsNow(), due)).toBe('LATER');
  });

  test('one that a crash interrupted is finished with the closes that were frozen', async () => {
    at(START_MS);
    await live('CRASH', { A: '0.6', B: '0.4' });
    await scheduled('CRASH', { B: '1' }, '2026-11-20');
    at(Date.parse('2026-11-20T22:00:01Z'));
    const closes = Object.entries(FRIDAY).map(([symbol, text]) => ({ symbol, price: p(text) }));
    await startRebalance(world.deps, {
      code: 'CRASH',
      versionNumber: 2,
      closes,
      level: level(decimal('1020')),
    });
    expect((await readBasket(depsNow(), 'CRASH')).state).toBe('REBALANCING');
    await finishRebalance(depsNow(), 'CRASH');
    const basket = await readBasket(depsNow(), 'CRASH');
    expect([basket.state, currentVersion(basket).number]).toEqual(['ACTIVE', 2]);
    expect(levelWith(basket, FRIDAY)).toBe('1020');
    await finishRebalance(depsNow(), 'CRASH');
    expect((await readBasket(depsNow(), 'CRASH')).revision).toBe(basket.revision);
  });

  test('one whose weights no units can hold fails, and the old version stays', async () => {
    at(START_MS);
    await live('FAIL', { A: '0.6', B: '0.4' });
    await scheduled('FAIL', { A: '0.5', C: '0.5' }, '2026-11-20');
    at(Date.parse('2026-11-20T22:00:01Z'));
    await startRebalance(world.deps, {
      code: 'FAIL',
      versionNumber: 2,
      closes: [
        { symbol: 'A', price: p('92000000000') },
        { symbol: 'B', price: p('100') },
        { symbol: 'C', price: price(1n) },
      ],
      level: level(decimal('1020')),
    });
    await finishRebalance(depsNow(), 'FAIL');
    const basket = await readBasket(depsNow(), 'FAIL');
    expect(basket.state).toBe('ACTIVE');
    expect(statesOf(basket)).toEqual([
      [1, 'EFFECTIVE'],
      [2, 'FAILED'],
    ]);
  });
});

describe('BK-9 corporate actions of a live basket', () => {
  const announce = (actionId: string, exDate: BusinessDate, terms: AnnouncedTerms) =>
    depsNow().actions.announce({
      actionId,
      exDate,
      terms,
      announcedBy: 'otto',
      announcedAtMs: world.clock.nowMs(),
    });
  const TUESDAY = businessDate('2026-11-24');
  const dueOf = async (code: string) =>
    (await depsNow().actions.due(TUESDAY)).filter((each) => each.code === code);
  const workInAll = async (code: string) => {
    const outcomes = [];
    for (const due of await dueOf(code)) outcomes.push(await applyAnnouncedAction(depsNow(), due));
    return outcomes;
  };

  test('a split waits for the last close with it, counts once, and leaves the level', async () => {
    at(START_MS);
    await live('SPLIT', { A: '0.6', B: '0.4' });
    const terms = { kind: 'SPLIT', symbol: 'A', newShares: 2n, oldShares: 1n } as const;
    await announce('act-split', TUESDAY, terms);
    expect(await workInAll('SPLIT')).toEqual([
      { outcome: 'LATER', why: 'the last close with it is to come' },
    ]);
    at(Date.parse('2026-11-23T22:00:01Z'));
    expect(await workInAll('SPLIT')).toEqual([{ outcome: 'LATER', why: 'A has no close' }]);
    await close('2026-11-23', { A: '120', B: '80', C: '60' });
    const before = currentVersion(await readBasket(depsNow(), 'SPLIT')).base;
    expect(await workInAll('SPLIT')).toEqual([{ outcome: 'APPLIED' }]);
    expect(await workInAll('SPLIT')).toEqual([]);
    const basket = await readBasket(depsNow(), 'SPLIT');
    const { base, number } = currentVersion(basket);
    expect(number).toBe(1);
    expect(base?.divisor).toBe(before?.divisor);
    expect(base?.units[0]).toBe((before?.units[0] ?? 0n) * 2n);
    expect(levelWith(basket, { A: '60', B: '80' })).toBe('1040');
  });

  test('a second action of the same day sees the close without the first', async () => {
    await announce('act-dividend', TUESDAY, {
      kind: 'SPECIAL_DIVIDEND',
      symbol: 'A',
      dividend: p('6'),
    });
    expect(await workInAll('SPLIT')).toEqual([{ outcome: 'APPLIED' }]);
    const basket = await readBasket(depsNow(), 'SPLIT');
    // 120 before the split is 60 after it, and 54 without the dividend.
    expect(Number(levelWith(basket, { A: '54', B: '80' }))).toBeCloseTo(1040, 6);
  });

  test('a spin-off adds the child, a merger takes the target away: new versions', async () => {
    at(START_MS);
    await live('NAMES', { A: '0.6', B: '0.4' });
    at(Date.parse('2026-11-23T22:00:01Z'));
    await announce('act-spin', TUESDAY, {
      kind: 'SPIN_OFF',
      symbol: 'B',
      child: { symbol: 'C' },
      childShares: 1n,
      parentShares: 4n,
    });
    const outcomes = await workInAll('NAMES');
    expect(outcomes.every(({ outcome }) => outcome === 'APPLIED')).toBe(true);
    const basket = await readBasket(depsNow(), 'NAMES');
    const { constituents: names, origin } = currentVersion(basket);
    expect([names.map(({ symbol }) => symbol), origin]).toEqual([
      ['A', 'B', 'C'],
      'CORPORATE_ACTION',
    ]);
    expect(names.reduce((sum, { weight }) => sum + weight, 0n)).toBe(decimal('1'));
    expect(names[2]?.weight).toBe(1n);
    expect(Number(levelWith(basket, { A: '54', B: '60', C: '80' }))).toBeCloseTo(1040, 6);
    await announce('act-merger', TUESDAY, { kind: 'MERGER_FOR_CASH', symbol: 'B', cash: p('80') });
    expect(await workInAll('NAMES')).toMatchObject([{ outcome: 'APPLIED' }]);
    const merged = currentVersion(await readBasket(depsNow(), 'NAMES'));
    expect(merged.constituents.map(({ symbol }) => symbol)).toEqual(['A', 'C']);
  });

  test('one that cannot be worked in is refused once for all to see, and tried again', async () => {
    at(START_MS);
    await live('STUCK', { A: '0.6', C: '0.4' });
    at(Date.parse('2026-11-23T22:00:01Z'));
    await announce('act-too-much', TUESDAY, {
      kind: 'SPECIAL_DIVIDEND',
      symbol: 'C',
      dividend: p('100'),
    });
    const alarms: unknown[] = [];
    const logger = {
      ...silentLogger,
      error: (fields: unknown) => alarms.push(fields),
    } as unknown as Logger;
    const round = (told: ReadonlySet<string>) => workInDue({ ...depsNow(), logger }, told);
    const told = await round(await round(new Set()));
    const ofBasket = alarms.filter((each) => JSON.stringify(each).includes('STUCK'));
    expect(ofBasket).toEqual([
      { code: 'STUCK', actionId: 'act-too-much', why: expect.any(String) },
    ]);
    const rows = () => world.sql`
      select event, refusal, comment from baskets.transition join baskets.basket using (basket_id)
      where code = 'STUCK' and event = 'CORPORATE_ACTION_APPLIED' and refusal is not null`;
    expect([...(await rows())]).toEqual([
      {
        event: 'CORPORATE_ACTION_APPLIED',
        refusal: 'CORPORATE_ACTION_NOT_APPLICABLE',
        comment: expect.stringMatching(/^C pays a special dividend of 100: /),
      },
    ]);
    // A corrected close lets it pass.
    await world.owner`
      update market_data.price_bar set close = ${String(p('160'))}::text::bigint
      where business_date = '2026-11-23' and series_id = (
        select series_id from market_data.price_series where instrument_id = 'ins_C')`;
    await round(told);
    expect(await dueOf('STUCK')).toEqual([]);
    expect(await rows()).toHaveLength(1);
  });

  test('a name that a deletion or merger took away is in no new composition', async () => {
    at(START_MS);
    await world.owner`
      insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
      values ('ins_GONE', 'GONE', 'GONE', 'EQUITY', 'USD')`;
    const input = { code: 'WITHGONE', name: 'x', currency: 'USD', weighting: 'EQUAL' };
    const constituentsOf = (...symbols: string[]) => symbols.map((symbol) => ({ symbol }));
    await announce('act-gone', TUESDAY, { kind: 'DELETE', symbol: 'GONE', finalPrice: null });
    const names = constituentsOf('A', 'GONE');
    const early = { ...input, code: 'EARLY', constituents: names };
    expect(await world.command(mia, 'createBasket', early)).toHaveProperty('basket');
    await world.command(mia, 'createBasket', { ...input, constituents: constituentsOf('A') });
    await live('LIVEGONE', { A: '0.6', B: '0.4' });
    at(Date.parse('2026-11-24T09:00:00Z'));
    const off = {
      reason: 'NAME_OFF_MARKET',
      message: 'expected names that trade, was: GONE is deleted, ex 2026-11-24 (act-gone)',
    };
    const late = { ...early, code: 'LATEGONE' };
    expect(await world.command(mia, 'createBasket', late)).toMatchObject(off);
    const edit = { code: 'WITHGONE', version: 1, constituents: names };
    expect(await world.command(mia, 'editBasket', edit)).toMatchObject(off);
    const next = { code: 'LIVEGONE', constituents: constituents({ A: '0.5', GONE: '0.5' }) };
    expect(await world.command(mia, 'rebalanceBasket', next)).toMatchObject(off);
  });

  test('an action of before the units were fixed is in their prices already', async () => {
    at(START_MS + 5 * DAY_MS);
    await live('LATE', { A: '0.6', C: '0.4' });
    expect(await dueOf('LATE')).toEqual([]);
  });
});
