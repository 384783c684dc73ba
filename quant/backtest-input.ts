/** What a backtest is told: prices, compositions through time, and the rules of trading. */

import type { BusinessDate } from '#kernel/business-date';
import type { Period } from './calendar-period.ts';

/** When weights are set back to target: at the first session of each period; NONE never. */
export type RebalanceRule = 'NONE' | Period;

/**
 * When a decision made at the close of a session is traded. SAME_CLOSE trades at the very prices
 * that it was decided on, which nobody can do: it has to be asked for, and the result says so.
 */
export type TradeExecution = 'SAME_CLOSE' | 'NEXT_CLOSE' | 'NEXT_OPEN';

/**
 * A constituent has a price at a session when its last close is at most `maxCarriedSessions` old.
 * Without one, REFUSE ends the backtest and names every gap; JOIN_AT_NEXT_REBALANCE spreads its
 * weight over the others, pro rata, until the first rebalance at which it has one.
 */
export type MissingPricePolicy = 'REFUSE' | 'JOIN_AT_NEXT_REBALANCE';

/** Prices of all names in one currency. Names are columns 0 to `names` - 1. */
export interface PricePanel {
  /** Ascending; one row of prices each. */
  readonly sessions: readonly BusinessDate[];
  readonly names: number;
  /** Day-major: `closes[session * names + name]`. Positive, or NaN where there is none. */
  readonly closes: Float64Array;
  /** Of the same shape. Only NEXT_OPEN reads them. */
  readonly opens?: Float64Array;
}

/** Target weights in force from a session on, until the next composition. */
export interface Composition {
  readonly fromSession: number;
  /** One a name, zero for a name that is not in it; long only, sum 1 to 1e-9. */
  readonly weights: Float64Array;
}

/** A name that ceases to trade: its holders get the last close x (1 + finalReturn) in cash. */
export interface Delisting {
  readonly name: number;
  /** The last session at which it trades; the cash comes at the next one. */
  readonly lastSession: number;
  /** Left out when unknown: then ASSUMED_DELISTING_RETURN, with a warning. */
  readonly finalReturn?: number;
}

/** Basis points of the notional traded, by name and side: commission, half spread, stamp duty. */
export interface TradingCosts {
  readonly buyBps: Float64Array;
  readonly sellBps: Float64Array;
}

export interface BacktestInput {
  readonly panel: PricePanel;
  /** Ascending by `fromSession`, the first from session 0: the universe as it was known then. */
  readonly compositions: readonly Composition[];
  readonly delistings: readonly Delisting[];
  /** TODAYS_LIST when the names were picked with hindsight: the result then warns. */
  readonly universe: 'POINT_IN_TIME' | 'TODAYS_LIST';
  readonly rebalance: RebalanceRule;
  readonly execution: TradeExecution;
  readonly missingPrices: MissingPricePolicy;
  readonly costs: TradingCosts;
  /** The level at the first close, when the first composition is bought, free of cost. */
  readonly baseLevel: number;
  /** How old a close may be, in sessions; 0 takes no close but that of the day. */
  readonly maxCarriedSessions: number;
  /** JOIN_AT_NEXT_REBALANCE starts at the first session with this much target weight priced. */
  readonly leastStartWeight: number;
}

/** The rules that the domain reference takes for granted (section 5). */
export const BACKTEST_DEFAULTS = {
  execution: 'NEXT_CLOSE',
  missingPrices: 'REFUSE',
  baseLevel: 100,
  maxCarriedSessions: 5,
  leastStartWeight: 0,
} as const satisfies Partial<BacktestInput>;

/** Shumway (Journal of Finance 52, 1997) found about -30 % for delistings without a return. */
export const ASSUMED_DELISTING_RETURN = -0.3;

export function flatCosts(names: number, bps: number): TradingCosts {
  const bpsByName = new Float64Array(names).fill(bps);
  return { buyBps: bpsByName, sellBps: bpsByName };
}

const WEIGHT_TOLERANCE = 1e-9;
const BPS_LIMIT = 10_000;

/** Throws RangeError on input that only a bug can make; what data can lack is refused instead. */
export function checkBacktestInput(input: BacktestInput): void {
  const { panel, compositions, execution, costs, baseLevel, maxCarriedSessions } = input;
  const cells = panel.sessions.length * panel.names;
  expectThat(panel.closes.length === cells, `${cells} closes, was ${panel.closes.length}`);
  if (execution === 'NEXT_OPEN') {
    expectThat(panel.opens?.length === cells, `${cells} opens, was ${panel.opens?.length ?? 0}`);
  }
  expectThat(
    panel.sessions.every((date, index) => index === 0 || (panel.sessions[index - 1] ?? '') < date),
    'sessions in ascending order',
  );
  expectThat(
    compositions.every(({ fromSession }, index) => {
      const before = compositions[index - 1]?.fromSession ?? -1;
      return before < fromSession;
    }),
    'compositions in ascending order',
  );
  expectThat(compositions[0]?.fromSession === 0, 'a composition from session 0 on');
  for (const { weights } of compositions) checkWeights(weights, panel.names);
  for (const bps of [costs.buyBps, costs.sellBps]) {
    expectThat(bps.length === panel.names, `${panel.names} costs, was ${bps.length}`);
    expectThat(
      bps.every((value) => value >= 0 && value < BPS_LIMIT),
      `costs of 0 to ${BPS_LIMIT} bps`,
    );
  }
  expectThat(baseLevel > 0 && Number.isFinite(baseLevel), `a positive base, was ${baseLevel}`);
  expectThat(maxCarriedSessions >= 0, `0 carried sessions or more, was ${maxCarriedSessions}`);
}

function checkWeights(weights: Float64Array, names: number): void {
  expectThat(weights.length === names, `${names} weights, was ${weights.length}`);
  expectThat(
    weights.every((weight) => weight >= 0),
    'weights of zero or more',
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  expectThat(Math.abs(sum - 1) <= WEIGHT_TOLERANCE, `weights that sum to 1, was ${sum}`);
}

function expectThat(isTrue: boolean, expected: string): void {
  if (!isTrue) throw new RangeError(`a backtest expects ${expected}`);
}
