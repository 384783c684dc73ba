/** The steps of a backtest's session: delist, value, decide, trade. Each changes the state. */

import { ASSUMED_DELISTING_RETURN, type BacktestInput } from './backtest-input.ts';
import {
  type BacktestJournal,
  count,
  emptyJournal,
  noteJoined,
  noteLeftOut,
} from './backtest-journal.ts';
import type { Rebalance } from './backtest-result.ts';
import {
  bookProfits,
  cashOut,
  emptyHoldings,
  holdWeights,
  type Holdings,
  unitsValue,
  unitsValueAt,
  weightsAt,
} from './basket-holdings.ts';
import { createLastCloses, type LastCloses } from './last-close.ts';

export interface Simulation {
  readonly input: BacktestInput;
  readonly holdings: Holdings;
  readonly lastCloses: LastCloses;
  readonly journal: BacktestJournal;
  /** By name: the last session at which it trades. */
  readonly lastTraded: Int32Array;
  /** What the last decision wants, by name; sums to one. */
  readonly targets: Float64Array;
  /** Prices by name of the trade or valuation at hand. */
  readonly priceByName: Float64Array;
  /** Some close was looked for and not there: REFUSE then looks at all of them. */
  hasMissedPrice: boolean;
}

const NEVER = 2 ** 31 - 1;

export function createSimulation(input: BacktestInput): Simulation {
  const { names } = input.panel;
  const lastTraded = new Int32Array(names).fill(NEVER);
  for (const { name, lastSession } of input.delistings) lastTraded[name] = lastSession;
  return {
    input,
    holdings: emptyHoldings(names),
    lastCloses: createLastCloses(input.panel),
    journal: emptyJournal(names),
    lastTraded,
    targets: new Float64Array(names),
    priceByName: new Float64Array(names),
    hasMissedPrice: false,
  };
}

/** Pays out the names whose last session is over. */
export function settleDelistings(simulation: Simulation, session: number): void {
  const { input, holdings, lastCloses, journal } = simulation;
  for (const { name, lastSession, finalReturn } of input.delistings) {
    if (lastSession !== session - 1) continue;
    const paid = finalReturn ?? ASSUMED_DELISTING_RETURN;
    const price = lastCloses.at(name, lastSession) * (1 + paid);
    if (!cashOut(holdings, name, price)) continue;
    const isAssumed = finalReturn === undefined;
    journal.events.push({ kind: 'DELISTED', name, session, finalReturn: paid, isAssumed });
  }
}

/** Value of all that is held at the closes of a session, older ones where there is none. */
export function valueAtClose(simulation: Simulation, session: number): number {
  const { input, holdings } = simulation;
  const value = unitsValue(holdings, input.panel, session);
  return holdings.cash + (Number.isNaN(value) ? valueAtOlderCloses(simulation, session) : value);
}

function valueAtOlderCloses(simulation: Simulation, session: number): number {
  const { input, holdings, lastCloses, journal, priceByName } = simulation;
  for (let place = 0; place < holdings.count; place++) {
    const name = holdings.names[place] ?? 0;
    const last = lastCloses.sessionOf(name, session);
    priceByName[name] = lastCloses.at(name, session);
    if (last === session) continue;
    simulation.hasMissedPrice = true;
    count(journal.carriedSessions, name);
    const isStale = session - last > input.maxCarriedSessions;
    if (isStale && journal.staleFrom[name] === -1) journal.staleFrom[name] = session;
  }
  return unitsValueAt(holdings, priceByName);
}

/**
 * Sets the targets to the composition in force, without the names that have no price; answers with
 * the weight of those that have one, 0 when nothing can be decided.
 */
export function setTargets(simulation: Simulation, session: number): number {
  const { input, targets } = simulation;
  const weights = weightsInForce(input, session);
  for (let name = 0; name < targets.length; name++) {
    const weight = weights[name] ?? 0;
    targets[name] = weight > 0 && isPriced(simulation, name, session) ? weight : 0;
  }
  return normalize(targets);
}

function weightsInForce({ compositions }: BacktestInput, session: number): Float64Array {
  const current = compositions.findLast(({ fromSession }) => fromSession <= session);
  return current?.weights ?? new Float64Array();
}

function isPriced(simulation: Simulation, name: number, session: number): boolean {
  const { input, lastCloses, lastTraded } = simulation;
  if (session > (lastTraded[name] ?? NEVER)) return false;
  const { closes, names } = input.panel;
  if ((closes[session * names + name] ?? Number.NaN) > 0) return true;
  simulation.hasMissedPrice = true;
  const last = lastCloses.sessionOf(name, session);
  return last >= 0 && session - last <= input.maxCarriedSessions;
}

/** Scales to a sum of one; answers with the sum before, and leaves zeros alone. */
function normalize(weights: Float64Array): number {
  let sum = 0;
  for (const weight of weights) sum += weight;
  if (!(sum > 0)) return 0;
  for (let name = 0; name < weights.length; name++) weights[name] = (weights[name] ?? 0) / sum;
  return sum;
}

/** Notes which names of the composition the targets leave out. */
export function noteNamesLeftOut(simulation: Simulation, session: number): void {
  const { input, targets, journal, lastTraded } = simulation;
  const weights = weightsInForce(input, session);
  weights.forEach((weight, name) => {
    const isDelisted = session > (lastTraded[name] ?? NEVER);
    if (weight > 0 && targets[name] === 0 && !isDelisted) noteLeftOut(journal, name, session);
  });
}

/** Puts `value` into the targets at the closes of a session, free of cost. */
export function buyFirst(simulation: Simulation, session: number, value: number): void {
  const { holdings, targets, priceByName } = simulation;
  fetchPrices(simulation, session, 'CLOSE');
  holdWeights(holdings, { value, weights: targets, priceByName });
}

export interface Execution {
  readonly decidedSession: number;
  readonly session: number;
  readonly at: 'OPEN' | 'CLOSE';
}

/**
 * Trades to the targets and answers with what was done. Names that ceased to trade since the
 * decision fall out; undefined when none is left.
 */
export function trade(simulation: Simulation, execution: Execution): Rebalance | undefined {
  const { holdings, targets, priceByName, journal } = simulation;
  const { decidedSession, session, at } = execution;
  if (dropDelisted(simulation, session) && !(normalize(targets) > 0)) return undefined;
  fetchPrices(simulation, session, at);
  const valueBefore = holdings.cash + unitsValueAt(holdings, priceByName);
  const weightsBefore = weightsAt(holdings, { value: valueBefore, priceByName });
  const weightsAfter = targets.slice();
  const { moved, costShare } = movesBetween(simulation, weightsBefore);
  const turnover = (moved + holdings.cash / valueBefore) / 2;
  const cost = costShare * valueBefore;
  bookProfits(holdings, priceByName);
  holdWeights(holdings, { value: valueBefore - cost, weights: targets, priceByName });
  for (let place = 0; place < holdings.count; place++) {
    noteJoined(journal, holdings.names[place] ?? 0, session);
  }
  const sessions = { decidedSession, executedSession: session };
  return { ...sessions, valueBefore, weightsBefore, weightsAfter, turnover, cost };
}

/** Whether a target is a name that trades no more; its target is then zero. */
function dropDelisted({ targets, lastTraded }: Simulation, session: number): boolean {
  let hasDropped = false;
  for (let name = 0; name < targets.length; name++) {
    if (session <= (lastTraded[name] ?? NEVER) || targets[name] === 0) continue;
    targets[name] = 0;
    hasDropped = true;
  }
  return hasDropped;
}

const BPS = 10_000;

/** Both as shares of the value before the trade: all weight that moves, and what that costs. */
function movesBetween({ input, targets }: Simulation, weightsBefore: Float64Array) {
  const { buyBps, sellBps } = input.costs;
  let moved = 0;
  let cost = 0;
  for (let name = 0; name < targets.length; name++) {
    const move = (targets[name] ?? 0) - (weightsBefore[name] ?? 0);
    moved += Math.abs(move);
    cost += move > 0 ? move * (buyBps[name] ?? 0) : -move * (sellBps[name] ?? 0);
  }
  return { moved, costShare: cost / BPS };
}

/** Sets `priceByName` for all that is held or wanted; the last close where there is no price. */
export function fetchPrices(simulation: Simulation, session: number, at: 'OPEN' | 'CLOSE'): void {
  const { input, targets, lastCloses, journal, priceByName } = simulation;
  const { names, closes, opens } = input.panel;
  const prices = at === 'OPEN' ? (opens ?? closes) : closes;
  const row = session * names;
  for (let name = 0; name < names; name++) {
    const price = prices[row + name] ?? Number.NaN;
    if (price > 0) {
      priceByName[name] = price;
      continue;
    }
    priceByName[name] = lastCloses.at(name, at === 'OPEN' ? session - 1 : session);
    if ((targets[name] ?? 0) > 0) {
      simulation.hasMissedPrice = true;
      count(journal.tradesAtOlderClose, name);
    }
  }
}
