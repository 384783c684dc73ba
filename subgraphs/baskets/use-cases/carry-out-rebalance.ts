/**
 * The rebalance of a live basket, once its day has closed: the closes are frozen, the level before
 * is computed with the old version, the units of the new one are bought at the same closes, and the
 * new version is effective at the same level. Whatever cannot be done leaves the old version.
 */

import { type BusinessDate } from '#kernel/business-date';
import type { Price } from '#kernel/money';
import type { Logger } from '#platform/logger';
import {
  type Basket,
  type BasketVersion,
  effectiveVersion,
  type OfficialClose,
  pendingVersion,
} from '../domain/basket.ts';
import { adjustedBy, adjustmentOf } from '../domain/corporate-action-announced.ts';
import type { IndexCalendar, Reweighed } from '../domain/basket-command.ts';
import {
  baseAtCloses,
  closingLevel,
  type ClosingPrices,
  type Valued,
} from '../domain/index-rebalance.ts';
import { followsMarket, weighAgain, type WeighingMarket } from '../domain/weighing.ts';
import type { BasketRepository } from '../store/baskets.ts';
import type { ClosePriceReader } from '../store/close-prices.ts';
import type { CorporateActionStore } from '../store/corporate-actions.ts';
import type { WeighingMarketReader } from '../store/weighing-market.ts';
import { applyRebalance, failRebalance } from './apply-rebalance.ts';
import { startRebalance } from './start-rebalance.ts';
import type { CommandOutcome, SystemDeps } from './submit-command.ts';

export interface CarryOutDeps extends SystemDeps {
  readonly baskets: Pick<BasketRepository, 'inTransaction'>;
  readonly closePrices: ClosePriceReader;
  readonly actions: Pick<CorporateActionStore, 'appliedTo'>;
  readonly logger: Logger;
}

export interface RebalanceDeps extends CarryOutDeps {
  readonly weighingMarket: WeighingMarketReader;
}

interface Plan {
  readonly former: BasketVersion;
  readonly next: BasketVersion;
  readonly prices: ClosingPrices;
  /** Of the closes. */
  readonly date: BusinessDate;
}

/** LATER while closes are missing or the basket may not be rebalanced now: it is asked again. */
export async function carryOutRebalance(
  deps: RebalanceDeps,
  { code, versionNumber }: { readonly code: string; readonly versionNumber: number },
): Promise<'STARTED' | 'LATER'> {
  const basket = await readBasket(deps, code);
  const { rebalance } = basket;
  const former = effectiveVersion(basket);
  const next = pendingVersion(basket);
  if (!rebalance || !former || next?.number !== versionNumber) return 'LATER';
  const symbols = symbolsOf([former, next]);
  const closes = await closesOn(deps, basket, symbols, { date: rebalance.effectiveDate });
  const missing = symbols.filter((symbol) => !closes.has(symbol));
  if (missing.length > 0) return 'LATER';
  const fx = await deps.closePrices.ratesOn(
    currenciesOf(basket, [former, next]),
    rebalance.effectiveDate,
  );
  const prices = { currency: basket.currency, closes, fx };
  const level = closingLevel(former, prices);
  if (!level.ok) {
    deps.logger.warn({ code, why: level.message }, 'a rebalance has no closing level yet');
    return 'LATER';
  }
  const listed: OfficialClose[] = [...closes].map(([symbol, price]) => ({ symbol, price }));
  const started = await startRebalance(deps, {
    code,
    versionNumber,
    closes: listed,
    level: level.value,
  });
  if (!started.ok) return 'LATER';
  await finish(deps, code, { former, next, prices, date: rebalance.effectiveDate });
  return 'STARTED';
}

/**
 * After a restart: a basket that stopped between the two steps is finished with the closes that
 * were frozen. Nothing happens to one that does not wait for that.
 */
export async function finishRebalance(deps: RebalanceDeps, code: string): Promise<void> {
  const basket = await readBasket(deps, code);
  const started = basket.rebalance?.started;
  const former = effectiveVersion(basket);
  const next = pendingVersion(basket);
  if (basket.state !== 'REBALANCING' || !basket.rebalance || !started || !former || !next) return;
  const fx = await deps.closePrices.ratesOn(
    currenciesOf(basket, [former, next]),
    basket.rebalance.effectiveDate,
  );
  const closes = new Map(started.closes.map(({ symbol, price }) => [symbol, price]));
  const prices = { currency: basket.currency, closes, fx };
  await finish(deps, code, { former, next, prices, date: basket.rebalance.effectiveDate });
}

async function finish(deps: RebalanceDeps, code: string, plan: Plan): Promise<void> {
  const versionNumber = plan.next.number;
  const change = await changeAt(deps, plan);
  if (!change.ok) {
    await failed(deps, code, { versionNumber, reason: change.message });
    return;
  }
  const applied = await applyRebalance(deps, { code, versionNumber, ...change.value });
  if (applied.ok || applied.reason === 'ILLEGAL_TRANSITION') return;
  await failed(deps, code, { versionNumber, reason: applied.message });
}

/** The units that the new weights buy at the closes, and the level on both sides. */
async function changeAt(deps: RebalanceDeps, plan: Plan) {
  const { former, next, prices } = plan;
  const level = closingLevel(former, prices);
  if (!level.ok) return level;
  const reweighed = await weighedAtClose(deps, plan);
  if (!reweighed.ok) return reweighed;
  const constituents = reweighed.value?.constituents ?? next.constituents;
  const at = { level: level.value, atMs: deps.clock.nowMs() };
  const based = baseAtCloses(constituents, prices, at);
  if (!based.ok) return based;
  const levels = { levelBefore: level.value, levelAfter: based.value.levelAfter };
  const value = { base: based.value.base, reweighed: reweighed.value, ...levels };
  return { ok: true as const, value };
}

/** A scheme that follows the market is applied once more, at the very closes; else null. */
async function weighedAtClose(
  { weighingMarket }: Pick<RebalanceDeps, 'weighingMarket'>,
  { next, prices, date }: Plan,
): Promise<Valued<Reweighed | null>> {
  const { weighing, weighting, constituents } = next;
  if (weighing === null || !followsMarket(weighting)) return { ok: true, value: null };
  const { volatilityWindow } = weighing;
  const found = await weighingMarket.on({
    symbols: constituents.map(({ symbol }) => symbol),
    currencies: [],
    asOf: date,
    volatilityWindow,
  });
  const market: WeighingMarket = {
    asOf: date,
    closes: new Map([...prices.closes].map(([symbol, price]) => [symbol, { price, date }])),
    fx: prices.fx,
    volatilities: found?.volatilities ?? new Map(),
  };
  const weighed = weighAgain({ weighting, weighing, constituents }, prices.currency, market);
  if (!weighed.ok) return { ok: false, message: weighed.message ?? weighed.reason };
  if (weighed.weighing === null) return { ok: true, value: null };
  const names = constituents.map((each, at) => ({
    ...each,
    weight: weighed.weights[at] ?? each.weight,
  }));
  return { ok: true, value: { constituents: names, weighing: weighed.weighing } };
}

async function failed(
  deps: CarryOutDeps,
  code: string,
  failure: { readonly versionNumber: number; readonly reason: string },
): Promise<CommandOutcome> {
  deps.logger.error({ code, ...failure }, 'ALARM: a rebalance failed; the old version stays');
  return failRebalance(deps, { code, ...failure });
}

/**
 * With what corporate actions since took from them, as far as the index has worked them in. On a
 * day that is none of trading for all, a name without a close has its last one.
 */
export async function closesOn(
  { closePrices, actions }: Pick<CarryOutDeps, 'closePrices' | 'actions'>,
  basket: Pick<Basket, 'id'>,
  symbols: readonly string[],
  { date, calendar }: { readonly date: BusinessDate; readonly calendar?: IndexCalendar },
): Promise<ReadonlyMap<string, Price>> {
  const closing = await closePrices.closing(symbols, date);
  const missing = symbols.filter((symbol) => !closing.has(symbol));
  const rests = calendar !== undefined && !calendar.isTradingDay(date);
  const carried = rests && missing.length > 0 ? await closePrices.carried(missing, date) : [];
  const found = new Map([...closing, ...carried]);
  const applied = (await actions.appliedTo([basket.id])).get(basket.id) ?? [];
  const adjustments = applied.flatMap((action) => adjustmentOf(action) ?? []);
  return new Map(
    [...found].map(([symbol, close]) => [
      symbol,
      adjustedBy(
        adjustments.filter((each) => each.symbol === symbol),
        close,
      ),
    ]),
  );
}

export async function readBasket(
  { baskets }: Pick<CarryOutDeps, 'baskets'>,
  code: string,
): Promise<Basket> {
  const basket = await baskets.inTransaction(async (tx) => (await tx.turn(code)).basket);
  if (basket === null) throw new Error(`there is no basket ${code}`);
  return basket;
}

const symbolsOf = (versions: readonly BasketVersion[]) => [
  ...new Set(versions.flatMap(({ constituents }) => constituents.map(({ symbol }) => symbol))),
];

const currenciesOf = (basket: Basket, versions: readonly BasketVersion[]): readonly string[] => [
  basket.currency,
  ...versions.flatMap(({ constituents }) => constituents.map(({ currency }) => currency)),
];
