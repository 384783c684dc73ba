import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { decimal, formatDecimal } from '#kernel/decimal';
import { price } from '#kernel/money';
import {
  type BasketLifeWorld,
  openBasketLifeWorld,
} from '../../../test/support/basket-life-world.ts';
import { carl, carryOutDeps, liveBasket, mia } from '../../../test/support/live-basket.ts';
import { type Basket, currentVersion } from '../domain/basket.ts';
import type { AnnouncedAction } from '../domain/corporate-action-announced.ts';
import { closingLevel } from '../domain/index-rebalance.ts';
import { applyAnnouncedAction } from './apply-announced-action.ts';
import { carryOutRebalance, readBasket } from './carry-out-rebalance.ts';

let world: BasketLifeWorld;
const p = (text: string) => price(decimal(text));
const SHARES = { A: '1000', B: '500', C: '200' };
const FRIDAY_CLOSE = Date.parse('2026-11-20T22:00:00Z');

beforeAll(async () => {
  world = await openBasketLifeWorld();
});
afterAll(() => world.close());

const depsNow = () => carryOutDeps(world);

/** Weighed by capitalisation: 10, 5 and 2 seventeenths. */
const liveCaps = (code: string) =>
  liveBasket(world, {
    code,
    weighting: 'MARKET_CAP',
    constituents: Object.entries(SHARES).map(([symbol, sharesOutstanding]) => ({
      symbol,
      sharesOutstanding,
    })),
  });

async function announced(action: AnnouncedAction) {
  const by = { announcedBy: 'otto', announcedAtMs: world.clock.nowMs() };
  await depsNow().actions.announce({ ...action, ...by });
  return applyAnnouncedAction(depsNow(), { code: 'CAPS', action });
}

const weightsOf = (basket: Basket) =>
  currentVersion(basket).constituents.map(({ weight }) => formatDecimal(weight));

describe('BK-9 a rebalance of a basket that follows the market', () => {
  const CLOSES = { A: '11', B: '19', C: '52' };

  test('weighs once more at the closes it is carried out at, at the same level', async () => {
    await liveCaps('CAPS');
    const proposal = { code: 'CAPS', effectiveDate: '2026-11-20' };
    expect(await world.command(mia, 'rebalanceBasket', proposal)).toMatchObject({
      transition: { event: 'SCHEDULE_REBALANCE' },
    });
    const proposed = await readBasket(depsNow(), 'CAPS');
    // Proposed at the closes of the 19th, all 100.
    expect(proposed.versions[1]?.weighing?.asOf).toBe('2026-11-19');
    expect(proposed.versions[1]?.constituents.map(({ weight }) => formatDecimal(weight))).toEqual([
      '0.58823529',
      '0.29411765',
      '0.11764706',
    ]);
    await world.command(carl, 'approveBasket', { code: 'CAPS' });
    for (const [symbol, text] of Object.entries(CLOSES)) {
      await world.owner`
        insert into market_data.price_bar (series_id, business_date, close)
        select series_id, '2026-11-20', ${String(p(text))}::text::bigint
        from market_data.price_series where instrument_id = ${`ins_${symbol}`}`;
    }
    world.clock.advance(FRIDAY_CLOSE - world.clock.nowMs());
    const due = { code: 'CAPS', versionNumber: 2 };
    expect(await carryOutRebalance(depsNow(), due)).toBe('STARTED');
    const after = await readBasket(depsNow(), 'CAPS');
    // Market values 11,000, 9,500 and 10,400 of 30,900.
    expect(weightsOf(after)).toEqual(['0.35598705', '0.30744337', '0.33656958']);
    expect(currentVersion(after)).toMatchObject({
      number: 2,
      status: 'EFFECTIVE',
      weighing: { asOf: '2026-11-20' },
      hash: proposed.versions[1]?.hash,
    });
    // Units are in proportion to shares again: 5 : 2.5 : 1.
    const units = currentVersion(after).base?.units.map(Number) ?? [];
    expect((units[0] ?? 0) / (units[2] ?? 1)).toBeCloseTo(5, 6);
    const prices = {
      currency: 'USD',
      closes: new Map(Object.entries(CLOSES).map(([symbol, text]) => [symbol, p(text)])),
      fx: new Map(),
    };
    const levelBefore = closingLevel(proposed.versions[0] ?? currentVersion(after), prices);
    expect(closingLevel(currentVersion(after), prices)).toEqual(levelBefore);
    const rows = await world.sql`
      select symbol, weight from published.basket_constituents where code = 'CAPS' order by symbol`;
    expect(rows.map((row) => formatDecimal(row['weight']))).toEqual(weightsOf(after));
  });

  test('a split changes shares, a special dividend the divisor: it holds shares', async () => {
    const before = currentVersion(await readBasket(depsNow(), 'CAPS'));
    const action = {
      actionId: 'ca_split',
      exDate: businessDate('2026-11-23'),
      terms: { kind: 'SPLIT', symbol: 'B', newShares: 2n, oldShares: 1n },
    } as const;
    const split = await announced(action);
    expect(split).toEqual({ outcome: 'APPLIED' });
    const after = currentVersion(await readBasket(depsNow(), 'CAPS'));
    expect(after.weighing?.names[1]).toMatchObject({
      sharesOutstanding: decimal('500'),
      sharesNow: decimal('1000'),
    });
    const dividend = {
      actionId: 'ca_special',
      exDate: businessDate('2026-11-23'),
      terms: { kind: 'SPECIAL_DIVIDEND', symbol: 'A', dividend: p('1') },
    } as const;
    await announced(dividend);
    const paid = currentVersion(await readBasket(depsNow(), 'CAPS'));
    expect(paid.base?.units[0]).toBe(before.base?.units[0]);
    expect(paid.base?.divisor).toBeLessThan(before.base?.divisor ?? 0n);
  });

  test('a name that leaves takes nothing from the scheme', async () => {
    const action = {
      actionId: 'ca_delete',
      exDate: businessDate('2026-11-23'),
      terms: { kind: 'DELETE', symbol: 'C', finalPrice: null },
    } as const;
    const deleted = await announced(action);
    expect(deleted).toEqual({ outcome: 'APPLIED' });
    const version = currentVersion(await readBasket(depsNow(), 'CAPS'));
    expect(version).toMatchObject({ weighting: 'MARKET_CAP', origin: 'CORPORATE_ACTION' });
    const proposal = { code: 'CAPS', effectiveDate: '2026-11-23' };
    await world.command(mia, 'rebalanceBasket', proposal);
    const next = (await readBasket(depsNow(), 'CAPS')).versions.at(-1);
    // 1,000 A at 11 less the dividend, 1,000 B at half the 19 from before the split.
    expect(next?.constituents.map(({ weight }) => formatDecimal(weight))).toEqual([
      '0.51282051',
      '0.48717949',
    ]);
  });
});
