/**
 * Simulates a basket through time: buys the first composition at the first close, marks it at every
 * close, and sets the weights back to target at the first session of each period and wherever a
 * new composition comes into force.
 *
 * Fractional units, no interest, dividends only as far as the prices carry them. In one session:
 * delisted names turn into cash; the pending decision is traded (at the open, or at the close after
 * the old units have earned the day); a new decision is made with what is known at the close.
 * A trade is sized at the prices it is done at, so weights are on target after it. Its cost, taken
 * on notional measured before costs, comes off the value before the new units are set. A decision
 * at the last session is not traded under NEXT_CLOSE and NEXT_OPEN.
 * Every sum runs in a fixed order: equal input gives the same bits.
 *
 * Source: index and risk reference, section 5. Golden: backtest.oracle.test.ts.
 */

import { type BacktestInput, checkBacktestInput } from './backtest-input.ts';
import { warningsOf } from './backtest-journal.ts';
import {
  type BacktestOutcome,
  type BacktestRefusal,
  MAX_GAPS_NAMED,
  type Rebalance,
} from './backtest-result.ts';
import {
  buyFirst,
  createSimulation,
  type Execution,
  fetchPrices,
  noteNamesLeftOut,
  setTargets,
  settleDelistings,
  type Simulation,
  trade,
  valueAtClose,
} from './backtest-simulation.ts';
import { bookProfits, weightsAt } from './basket-holdings.ts';
import { firstSessions } from './calendar-period.ts';
import { priceGaps } from './price-gaps.ts';

/** So often it is asked whether to stop, and told how far it is. */
export const CHECK_EVERY_SESSIONS = 64;

export interface BacktestWatch {
  readonly onProgress?: (sessionsDone: number, sessions: number) => void;
  readonly shouldStop?: () => boolean;
}

export function runBacktest(input: BacktestInput, watch: BacktestWatch = {}): BacktestOutcome {
  checkBacktestInput(input);
  const simulation = createSimulation(input);
  const sessions = input.panel.sessions.length;
  const startSession = firstSessionToStart(simulation);
  if (startSession === undefined) return refusedStart(simulation);
  const returns = sessions - startSession - 1;
  if (returns < 1) return { ok: false, reason: 'TOO_FEW_SESSIONS', sessions: returns + 1 };
  const run: Run = {
    simulation,
    startSession,
    levels: new Float64Array(returns + 1),
    isDecisionSession: decisionSessions(input),
    rebalances: [],
    decidedSession: undefined,
    hasLookedForGaps: false,
  };
  const initialWeights = begin(run);
  for (let done = 1; done <= returns; done++) {
    passSession(run, startSession + done);
    const refusal = refusalAfter(run, done);
    if (refusal) return refusal;
    if (done % CHECK_EVERY_SESSIONS > 0) continue;
    if (watch.shouldStop?.()) return { ok: false, reason: 'CANCELED', sessionsDone: done };
    watch.onProgress?.(done, returns);
  }
  watch.onProgress?.(returns, returns);
  return { ok: true, startSession, initialWeights, ...resultOf(run) };
}

interface Run {
  readonly simulation: Simulation;
  readonly startSession: number;
  readonly levels: Float64Array;
  /** By session: 1 where new weights are decided at the close. */
  readonly isDecisionSession: Uint8Array;
  readonly rebalances: Rebalance[];
  /** The decision that waits to be traded. */
  decidedSession: number | undefined;
  hasLookedForGaps: boolean;
}

/** Leaves the targets of that session set; undefined when it cannot start at all. */
function firstSessionToStart(simulation: Simulation): number | undefined {
  const { panel, missingPrices, leastStartWeight } = simulation.input;
  const tried =
    missingPrices === 'REFUSE' ? Math.min(1, panel.sessions.length) : panel.sessions.length;
  for (let session = 0; session < tried; session++) {
    const weight = setTargets(simulation, session);
    if (weight > 0 && weight >= leastStartWeight) return session;
  }
  return undefined;
}

function refusedStart({ input }: Simulation): BacktestRefusal {
  if (input.panel.sessions.length === 0)
    return { ok: false, reason: 'TOO_FEW_SESSIONS', sessions: 0 };
  const refusal = input.missingPrices === 'REFUSE' ? missingPrices(input) : undefined;
  return refusal ?? { ok: false, reason: 'NO_PRICED_NAMES' };
}

function decisionSessions({ panel, rebalance, compositions }: BacktestInput): Uint8Array {
  const isDecisionSession = new Uint8Array(panel.sessions.length);
  const firsts = rebalance === 'NONE' ? [] : firstSessions(panel.sessions, rebalance);
  for (const session of firsts) isDecisionSession[session] = 1;
  for (const { fromSession } of compositions) isDecisionSession[fromSession] = 1;
  return isDecisionSession;
}

function begin({ simulation, startSession, levels }: Run): Float64Array {
  const { input, journal, targets } = simulation;
  if (input.execution === 'SAME_CLOSE') journal.events.push({ kind: 'LOOK_AHEAD' });
  if (input.universe === 'TODAYS_LIST') journal.events.push({ kind: 'SURVIVORSHIP' });
  if (startSession > 0) journal.events.push({ kind: 'STARTED_LATER', session: startSession });
  noteNamesLeftOut(simulation, startSession);
  buyFirst(simulation, startSession, input.baseLevel);
  levels[0] = input.baseLevel;
  return targets.slice();
}

function passSession(run: Run, session: number): void {
  const { simulation, levels, startSession, isDecisionSession } = run;
  const { execution } = simulation.input;
  settleDelistings(simulation, session);
  if (execution === 'NEXT_OPEN') tradeDecision(run, { session, at: 'OPEN' });
  let level = valueAtClose(simulation, session);
  if (execution === 'NEXT_CLOSE') level = tradeDecision(run, { session, at: 'CLOSE' }) ?? level;
  if (isDecisionSession[session] === 1) {
    decide(run, session);
    if (execution === 'SAME_CLOSE') level = tradeDecision(run, { session, at: 'CLOSE' }) ?? level;
  }
  levels[session - startSession] = level;
}

function decide(run: Run, session: number): void {
  const { simulation } = run;
  if (setTargets(simulation, session) > 0) {
    noteNamesLeftOut(simulation, session);
    run.decidedSession = session;
  } else {
    simulation.journal.events.push({ kind: 'REBALANCE_SKIPPED', session });
  }
}

/** The value after the trade; undefined when nothing was traded. */
function tradeDecision(run: Run, when: Omit<Execution, 'decidedSession'>): number | undefined {
  const { simulation, rebalances, decidedSession } = run;
  if (decidedSession === undefined) return undefined;
  run.decidedSession = undefined;
  const rebalance = trade(simulation, { ...when, decidedSession });
  if (rebalance === undefined) {
    simulation.journal.events.push({ kind: 'REBALANCE_SKIPPED', session: when.session });
    return undefined;
  }
  rebalances.push(rebalance);
  return rebalance.valueBefore - rebalance.cost;
}

function refusalAfter(run: Run, done: number): BacktestRefusal | undefined {
  const { simulation, levels, startSession } = run;
  const { input, hasMissedPrice } = simulation;
  if (hasMissedPrice && !run.hasLookedForGaps && input.missingPrices === 'REFUSE') {
    run.hasLookedForGaps = true;
    const refusal = missingPrices(input);
    if (refusal) return refusal;
  }
  if ((levels[done] ?? 0) > 0) return undefined;
  return { ok: false, reason: 'LEVEL_NOT_POSITIVE', session: startSession + done };
}

function missingPrices(input: BacktestInput): BacktestRefusal | undefined {
  const gaps = priceGaps(input);
  if (gaps.length === 0) return undefined;
  const named = gaps.slice(0, MAX_GAPS_NAMED);
  return { ok: false, reason: 'MISSING_PRICES', gaps: named, gapCount: gaps.length };
}

function resultOf({ simulation, levels, rebalances }: Run) {
  const { input, holdings, targets, priceByName, journal } = simulation;
  targets.fill(0);
  fetchPrices(simulation, input.panel.sessions.length - 1, 'CLOSE');
  bookProfits(holdings, priceByName);
  const value = levels.at(-1) ?? Number.NaN;
  return {
    levels,
    rebalances,
    finalWeights: weightsAt(holdings, { value, priceByName }),
    contributions: holdings.contributions,
    warnings: warningsOf(journal),
  };
}
