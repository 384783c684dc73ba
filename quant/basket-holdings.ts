/** What a backtest holds: units of names, packed without the empty ones, and cash. Changes. */

import type { PricePanel } from './backtest-input.ts';

export interface Holdings {
  /** Names held, ascending; only the first `count` entries are in use. */
  readonly names: Int32Array;
  /** Units by place in `names`. */
  readonly units: Float64Array;
  /** By place: the price since which the profit is not yet in `contributions`. */
  readonly entryPrices: Float64Array;
  count: number;
  /** From delisted names, until the next rebalance. No interest. */
  cash: number;
  /** Profit by name, up to `entryPrices`. */
  readonly contributions: Float64Array;
}

export function emptyHoldings(names: number): Holdings {
  return {
    names: new Int32Array(names),
    units: new Float64Array(names),
    entryPrices: new Float64Array(names),
    count: 0,
    cash: 0,
    contributions: new Float64Array(names),
  };
}

/**
 * Value of the units at the closes of a session; NaN when one of them has none.
 *
 * Four sums side by side keep the processor busy, and their order is fixed, so that equal input
 * gives the same bits. Against one sum: 1.6 against 2.2 ms for 3,780 sessions of 500 names.
 */
export function unitsValue(holdings: Holdings, panel: PricePanel, session: number): number {
  const { names, units, count } = holdings;
  const { closes } = panel;
  const row = session * panel.names;
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let place = 0;
  for (; place + 3 < count; place += 4) {
    first += (units[place] ?? 0) * (closes[row + (names[place] ?? 0)] ?? 0);
    second += (units[place + 1] ?? 0) * (closes[row + (names[place + 1] ?? 0)] ?? 0);
    third += (units[place + 2] ?? 0) * (closes[row + (names[place + 2] ?? 0)] ?? 0);
    fourth += (units[place + 3] ?? 0) * (closes[row + (names[place + 3] ?? 0)] ?? 0);
  }
  for (; place < count; place++) {
    first += (units[place] ?? 0) * (closes[row + (names[place] ?? 0)] ?? 0);
  }
  return first + second + (third + fourth);
}

/** Value of the units at prices by name, in the order of the names. */
export function unitsValueAt(holdings: Holdings, priceByName: Float64Array): number {
  let value = 0;
  for (let place = 0; place < holdings.count; place++) {
    value += (holdings.units[place] ?? 0) * (priceByName[holdings.names[place] ?? 0] ?? 0);
  }
  return value;
}

/** Books the profit of every name up to `priceByName`, from where the next one then counts. */
export function bookProfits(holdings: Holdings, priceByName: Float64Array): void {
  const { names, units, entryPrices, contributions } = holdings;
  for (let place = 0; place < holdings.count; place++) {
    const name = names[place] ?? 0;
    const price = priceByName[name] ?? 0;
    const profit = (units[place] ?? 0) * (price - (entryPrices[place] ?? 0));
    contributions[name] = (contributions[name] ?? 0) + profit;
    entryPrices[place] = price;
  }
}

/** Holds exactly `value` in the weights given, at these prices, and no cash. */
export function holdWeights(holdings: Holdings, { value, weights, priceByName }: Purchase): void {
  let place = 0;
  for (let name = 0; name < weights.length; name++) {
    const weight = weights[name] ?? 0;
    if (weight === 0) continue;
    const price = priceByName[name] ?? Number.NaN;
    holdings.names[place] = name;
    holdings.units[place] = (weight * value) / price;
    holdings.entryPrices[place] = price;
    place += 1;
  }
  holdings.count = place;
  holdings.cash = 0;
}

export interface Purchase {
  readonly value: number;
  /** By name; they sum to one. */
  readonly weights: Float64Array;
  readonly priceByName: Float64Array;
}

/** Turns the units of a name into cash at a price; nothing when it is not held. */
export function cashOut(holdings: Holdings, name: number, price: number): boolean {
  const { names, units, entryPrices, contributions } = holdings;
  const place = names.subarray(0, holdings.count).indexOf(name);
  if (place < 0) return false;
  const held = units[place] ?? 0;
  holdings.cash += held * price;
  contributions[name] = (contributions[name] ?? 0) + held * (price - (entryPrices[place] ?? 0));
  for (const column of [names, units, entryPrices]) {
    column.copyWithin(place, place + 1, holdings.count);
  }
  holdings.count -= 1;
  return true;
}

/** By name: its share of `value`, at these prices. */
export function weightsAt(
  holdings: Holdings,
  { value, priceByName }: Omit<Purchase, 'weights'>,
): Float64Array {
  const weights = new Float64Array(priceByName.length);
  for (let place = 0; place < holdings.count; place++) {
    const name = holdings.names[place] ?? 0;
    weights[name] = ((holdings.units[place] ?? 0) * (priceByName[name] ?? 0)) / value;
  }
  return weights;
}
