/** Why a level moved: what each name, exchange rates and changes of the composition did to it. */

import { type Decimal, ZERO } from '#kernel/decimal';
import type { CurrencyCode, Price, Quantity } from '#kernel/money';
import { type Divisor, type FxFactor, type Level, levelOf, marketValue } from './index-level.ts';

export interface ValuedName {
  readonly symbol: string;
  readonly currency: CurrencyCode;
  readonly units: Quantity;
  /** As the index sees it: without what corporate actions took from it. */
  readonly price: Price;
  readonly fx: FxFactor;
}

/** Everything a level was made of at one moment. */
export interface Valuation {
  readonly atMs: number;
  readonly versionNumber: number;
  readonly divisor: Divisor;
  readonly names: readonly ValuedName[];
}

export interface NameContribution {
  readonly symbol: string;
  readonly currency: CurrencyCode;
  /** Index points, 1e-8: units x change of price, at the rate of before, over the divisor. */
  readonly price: Decimal;
  /** Index points, 1e-8: units x the new price x change of rate, over the divisor. */
  readonly fx: Decimal;
}

export interface LevelMove {
  readonly from: { readonly atMs: number; readonly level: Level };
  readonly to: { readonly atMs: number; readonly level: Level };
  /** To minus from: the sum of all below, exactly. */
  readonly move: Decimal;
  /** By absolute size, largest first; names in the index at any time on the way. */
  readonly names: readonly NameContribution[];
  /** Sum over the names. */
  readonly prices: Decimal;
  readonly fx: Decimal;
  /**
   * Rebalances, corporate actions and edits: new units and divisors. About zero when continuous.
   */
  readonly composition: Decimal;
}

export const valuationLevel = ({ names, divisor }: Valuation): Level =>
  levelOf(marketValue(names), divisor);

/** Equal for valuations with the same units and divisor, between which only markets move. */
export function segmentOf({ versionNumber, divisor, names }: Valuation): string {
  return [versionNumber, divisor, ...names.map(({ symbol, units }) => `${symbol}=${units}`)].join();
}

/**
 * The move along a path of valuations in order of time: at least the first and the last one of each
 * composition on the way. Every part is rounded so that all of them sum to the move of the rounded
 * levels: the units of 1e-8 that are missing after cutting go to the largest remainders.
 */
export function moveAlong(path: readonly Valuation[]): LevelMove | undefined {
  const first = path[0];
  const last = path.at(-1);
  if (!first || !last) return undefined;
  const found = new Map<string, { currency: CurrencyCode; price: bigint; fx: bigint }>();
  let composition = 0n;
  for (const [at, next] of path.entries()) {
    const former = path[at - 1];
    if (former === undefined) continue;
    if (segmentOf(former) !== segmentOf(next)) {
      composition += valuationLevel(next) - valuationLevel(former);
      continue;
    }
    for (const each of within(former, next)) {
      const sum = found.get(each.symbol) ?? { currency: each.currency, price: 0n, fx: 0n };
      sum.price += each.price;
      sum.fx += each.fx;
      found.set(each.symbol, sum);
    }
  }
  const names = [...found]
    .map(([symbol, each]) => ({
      symbol,
      currency: each.currency,
      price: each.price as Decimal,
      fx: each.fx as Decimal,
    }))
    .toSorted(bySize);
  const from = { atMs: first.atMs, level: valuationLevel(first) };
  const to = { atMs: last.atMs, level: valuationLevel(last) };
  return {
    from,
    to,
    move: (to.level - from.level) as Decimal,
    names,
    prices: names.reduce((sum, each) => sum + each.price, 0n) as Decimal,
    fx: names.reduce((sum, each) => sum + each.fx, 0n) as Decimal,
    composition: composition as Decimal,
  };
}

function bySize(a: NameContribution, b: NameContribution): number {
  const [left, right] = [absolute(a.price + a.fx), absolute(b.price + b.fx)];
  if (left !== right) return left > right ? -1 : 1;
  return a.symbol < b.symbol ? -1 : 1;
}

const absolute = (value: bigint) => (value < 0n ? -value : value);

interface Part {
  readonly at: number;
  readonly of: 'price' | 'fx';
  cut: bigint;
  readonly remainder: bigint;
}

/** Two valuations with the same units and divisor. */
function within(former: Valuation, next: Valuation): readonly NameContribution[] {
  const { divisor } = former;
  const parts = former.names.flatMap((before, at): Part[] => {
    const after = next.names[at] ?? before;
    const { units } = before;
    return [
      partOf(units * (after.price - before.price) * before.fx, divisor, { at, of: 'price' }),
      partOf(units * after.price * (after.fx - before.fx), divisor, { at, of: 'fx' }),
    ];
  });
  const move = valuationLevel(next) - valuationLevel(former);
  let missing = move - parts.reduce((sum, { cut }) => sum + cut, 0n);
  const byRemainder = parts.toSorted((a, b) => (a.remainder > b.remainder ? -1 : 1));
  for (const part of byRemainder) {
    if (missing <= 0n) break;
    part.cut += 1n;
    missing -= 1n;
  }
  const sums = former.names.map(({ symbol, currency }) => ({
    symbol,
    currency,
    price: ZERO,
    fx: ZERO,
  }));
  for (const { at, of, cut } of parts) {
    const sum = sums[at];
    if (sum) sum[of] = cut as Decimal;
  }
  return sums;
}

/** Cut towards minus infinity, so that no remainder is below zero. */
function partOf(value: bigint, by: Divisor, about: Pick<Part, 'at' | 'of'>): Part {
  const quotient = value / by;
  const isBelow = value < 0n && quotient * by !== value;
  const cut = isBelow ? quotient - 1n : quotient;
  return { ...about, cut, remainder: value - cut * by };
}
