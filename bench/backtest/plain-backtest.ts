/**
 * The reference: the rules of quant/backtest.ts as one writes them down first, on one array of
 * prices a name and one object a holding. For fixed weights without delistings.
 */

import type { SampleMarket } from './sample-market.ts';

export interface PlainRules {
  readonly weights: readonly number[];
  readonly rebalance: 'NONE' | 'MONTHLY' | 'DAILY';
  readonly execution: 'SAME_CLOSE' | 'NEXT_CLOSE' | 'NEXT_OPEN';
  readonly costBps: number;
  readonly maxCarriedSessions: number;
}

export interface PlainBacktest {
  readonly levels: readonly number[];
  readonly turnovers: readonly number[];
  readonly costs: readonly number[];
}

interface Holding {
  readonly name: number;
  readonly units: number;
}

type Prices = readonly (readonly (number | null)[])[];

export function plainBacktest(market: SampleMarket, rules: PlainRules): PlainBacktest {
  const { sessions, closesByName, opensByName } = market;
  const carried = closesByName.map(carryForward);
  const closeOf = (name: number, session: number): number => carried[name]?.closes[session] ?? 0;
  const targetsAt = (session: number): readonly number[] =>
    normalized(
      rules.weights.map((weight, name) =>
        (carried[name]?.ages[session] ?? Infinity) <= rules.maxCarriedSessions ? weight : 0,
      ),
    );
  let holdings = buy(targetsAt(0), 100, (name) => closeOf(name, 0));
  let pending: readonly number[] | undefined;
  const levels = [100];
  const turnovers: number[] = [];
  const costs: number[] = [];

  const rebalance = (targets: readonly number[], priceOf: (name: number) => number): number => {
    const value = valueOf(holdings, priceOf);
    const current = new Map(
      holdings.map(({ name, units }) => [name, (units * priceOf(name)) / value]),
    );
    const moved = targets
      .map((target, name) => Math.abs(target - (current.get(name) ?? 0)))
      .reduce((sum, move) => sum + move, 0);
    const cost = (moved * value * rules.costBps) / 10_000;
    holdings = buy(targets, value - cost, priceOf);
    turnovers.push(moved / 2);
    costs.push(cost);
    return value - cost;
  };

  for (let session = 1; session < sessions.length; session++) {
    const closeNow = (name: number): number => closeOf(name, session);
    if (pending && rules.execution === 'NEXT_OPEN') {
      rebalance(pending, (name) => opensByName[name]?.[session] ?? closeOf(name, session - 1));
    }
    let level = valueOf(holdings, closeNow);
    if (pending && rules.execution === 'NEXT_CLOSE') level = rebalance(pending, closeNow);
    pending = undefined;
    if (isFirst(sessions, session, rules.rebalance)) {
      if (rules.execution === 'SAME_CLOSE') level = rebalance(targetsAt(session), closeNow);
      else pending = targetsAt(session);
    }
    levels.push(level);
  }
  return { levels, turnovers, costs };
}

function carryForward(series: Prices[number]): { closes: number[]; ages: number[] } {
  const closes: number[] = [];
  const ages: number[] = [];
  series.forEach((price, session) => {
    closes.push(price ?? closes[session - 1] ?? Number.NaN);
    ages.push(price === null ? (ages[session - 1] ?? Infinity) + 1 : 0);
  });
  return { closes, ages };
}

function normalized(weights: readonly number[]): readonly number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function buy(
  weights: readonly number[],
  value: number,
  priceOf: (name: number) => number,
): readonly Holding[] {
  return weights
    .map((weight, name) => ({ name, weight }))
    .filter(({ weight }) => weight > 0)
    .map(({ name, weight }) => ({ name, units: (weight * value) / priceOf(name) }));
}

function valueOf(holdings: readonly Holding[], priceOf: (name: number) => number): number {
  return holdings.reduce((sum, { name, units }) => sum + units * priceOf(name), 0);
}

function isFirst(
  sessions: readonly string[],
  session: number,
  rebalance: PlainRules['rebalance'],
): boolean {
  if (rebalance === 'NONE') return false;
  const monthOf = (index: number): string | undefined => sessions[index]?.slice(0, 7);
  return rebalance === 'DAILY' || monthOf(session) !== monthOf(session - 1);
}
