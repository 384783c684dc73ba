// A basket on the market, without vendors and workers: for tests of what happens to it there.

import { expect } from 'vitest';
import { decimal } from '#kernel/decimal';
import { price } from '#kernel/money';
import { silentLogger } from '#platform/logger';
import { currentVersion } from '../../subgraphs/baskets/domain/basket.ts';
import { indexUnits } from '../../subgraphs/baskets/domain/index-base.ts';
import { level, SAME_CURRENCY } from '../../subgraphs/baskets/domain/index-level.ts';
import { createClosePriceReader } from '../../subgraphs/baskets/store/close-prices.ts';
import { createCorporateActionStore } from '../../subgraphs/baskets/store/corporate-actions.ts';
import { baseIndex } from '../../subgraphs/baskets/use-cases/base-index.ts';
import { readBasket } from '../../subgraphs/baskets/use-cases/carry-out-rebalance.ts';
import { completeListing } from '../../subgraphs/baskets/use-cases/complete-listing.ts';
import { reportBacktestCompleted } from '../../subgraphs/baskets/use-cases/report-backtest.ts';
import type { BasketLifeWorld, Person } from './basket-life-world.ts';

export const mia: Person = { user: 'mia', roles: ['portfolio_manager'] };
export const carl: Person = { user: 'carl', roles: ['approver'] };

/** What rebalances and corporate actions need. */
export const carryOutDeps = (world: BasketLifeWorld) => ({
  ...world.deps,
  logger: silentLogger,
  closePrices: createClosePriceReader(world.sql),
  actions: createCorporateActionStore(world.sql),
});

/** ACTIVE, at 1000 with every name at 100 dollars. */
export async function liveBasket(
  world: BasketLifeWorld,
  input: Readonly<Record<string, unknown>> & { readonly code: string },
): Promise<void> {
  const { code } = input;
  await world.command(mia, 'createBasket', { name: code, currency: 'USD', ...input });
  const drafted = currentVersion(await readBasket(carryOutDeps(world), code));
  const start = level(decimal('1000'));
  const based = indexUnits(
    drafted.constituents.map(({ weight }) => ({
      weight,
      price: price(decimal('100')),
      fx: SAME_CURRENCY,
    })),
    start,
  );
  if (!based) throw new Error('no units');
  const base = { ...based, level: start, basedAtMs: world.clock.nowMs() };
  await baseIndex(world.deps, code, { versionNumber: 1, base });
  await world.command(mia, 'triggerBacktest', { code, from: '2026-01-05', to: '2026-11-19' });
  const [row] = await world.sql<{ backtestId: string; versionHash: string }[]>`
    select t.backtest_id as "backtestId", t.version_hash as "versionHash"
    from baskets.backtest t join baskets.basket using (basket_id)
    where code = ${code} and t.status in ('QUEUED', 'RUNNING')`;
  if (!row) throw new Error('no backtest');
  await reportBacktestCompleted(world.deps, { code, ...row });
  await world.command(mia, 'submitBasketForApproval', { code });
  await world.command(carl, 'approveBasket', { code });
  expect(await completeListing(world.deps, { code, level: start })).toMatchObject({ ok: true });
}
