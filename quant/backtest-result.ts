/** What a backtest answers. Sessions and names are positions in the price panel. */

export type BacktestOutcome = BacktestRun | BacktestRefusal;

export interface BacktestRun {
  readonly ok: true;
  /** The first session with a level: later than 0 only under `leastStartWeight`. */
  readonly startSession: number;
  /** Level at each close from `startSession` on; the first is the base level. */
  readonly levels: Float64Array;
  /** Weights as bought at the first close. */
  readonly initialWeights: Float64Array;
  /** In order of execution, without the first purchase. */
  readonly rebalances: readonly Rebalance[];
  /** Weights at the last close; with cash of delisted names they sum to less than one. */
  readonly finalWeights: Float64Array;
  /**
   * Profit by name in points of the level, before costs: last level = base level + the sum of
   * these - the sum of `cost` over all rebalances.
   */
  readonly contributions: Float64Array;
  readonly warnings: readonly BacktestWarning[];
}

export interface Rebalance {
  /** At the close of this session, with what was known then. */
  readonly decidedSession: number;
  /** At the close of this session, or at its open under NEXT_OPEN. */
  readonly executedSession: number;
  /** Value before costs at the prices of the execution, in points of the level. */
  readonly valueBefore: number;
  /** Shares of `valueBefore`. The trade in a name is (after - before) x valueBefore. */
  readonly weightsBefore: Float64Array;
  /** Sum to one. */
  readonly weightsAfter: Float64Array;
  /** One way: sum of |change of weight| / 2, cash included. */
  readonly turnover: number;
  /** In points of the level. */
  readonly cost: number;
}

export type BacktestRefusal =
  | { readonly ok: false; readonly reason: 'TOO_FEW_SESSIONS'; readonly sessions: number }
  | {
      readonly ok: false;
      readonly reason: 'MISSING_PRICES';
      /** By name, then by session; at most MAX_GAPS_NAMED of them. */
      readonly gaps: readonly PriceGap[];
      readonly gapCount: number;
    }
  | { readonly ok: false; readonly reason: 'NO_PRICED_NAMES' }
  | { readonly ok: false; readonly reason: 'LEVEL_NOT_POSITIVE'; readonly session: number }
  | { readonly ok: false; readonly reason: 'CANCELED'; readonly sessionsDone: number };

/** Sessions in a row without a usable price, while the name is in the composition. */
export interface PriceGap {
  readonly name: number;
  /** OPEN under NEXT_OPEN only. */
  readonly price: 'CLOSE' | 'OPEN';
  readonly fromSession: number;
  readonly sessions: number;
}

export const MAX_GAPS_NAMED = 1_000;

export type BacktestWarning =
  /** Traded at the close that it was decided on. */
  | { readonly kind: 'LOOK_AHEAD' }
  /** The names are today's, so those that failed are missing. */
  | { readonly kind: 'SURVIVORSHIP' }
  | { readonly kind: 'STARTED_LATER'; readonly session: number }
  /** Left out of rebalances from one session until it joined; undefined when it never did. */
  | {
      readonly kind: 'LEFT_OUT';
      readonly name: number;
      readonly fromSession: number;
      readonly joinedSession: number | undefined;
    }
  /** Valued at an older close on so many sessions while held. */
  | { readonly kind: 'PRICE_CARRIED'; readonly name: number; readonly sessions: number }
  /** So many trades were done at an older close: there was no price at the time of trading. */
  | { readonly kind: 'TRADED_AT_OLDER_CLOSE'; readonly name: number; readonly trades: number }
  /** Held though its last close is too old; from this session on. */
  | { readonly kind: 'PRICE_STALE'; readonly name: number; readonly session: number }
  | {
      readonly kind: 'DELISTED';
      readonly name: number;
      readonly session: number;
      readonly finalReturn: number;
      readonly isAssumed: boolean;
    }
  /** No name of the composition had a price: nothing was traded. */
  | { readonly kind: 'REBALANCE_SKIPPED'; readonly session: number }
  /** The benchmark has no close at the start, so nothing is measured beside it. */
  | { readonly kind: 'BENCHMARK_MISSING' }
  /** The benchmark's close before was taken on so many sessions. */
  | { readonly kind: 'BENCHMARK_CARRIED'; readonly sessions: number };
