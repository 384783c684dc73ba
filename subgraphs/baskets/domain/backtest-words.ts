/** What a backtest warns of and why it refuses, in sentences for people. */

import type { BusinessDate } from '#kernel/business-date';
import type { BacktestRefusal, BacktestWarning, PriceGap } from '#quant/backtest-result';

/** What the positions in a price panel stand for. */
export interface PanelWords {
  readonly symbols: readonly string[];
  readonly dates: readonly BusinessDate[];
}

const MAX_GAPS_SHOWN = 10;
const PERCENT = 100;

export function warningText(warning: BacktestWarning, { symbols, dates }: PanelWords): string {
  const on = (session: number) => dates[session] ?? 'the end';
  const of = (name: number) => symbols[name] ?? 'a name';
  switch (warning.kind) {
    case 'LOOK_AHEAD':
      return 'SAME_CLOSE looks ahead: it trades at the very closes that it decides on';
    case 'SURVIVORSHIP':
      return 'the names are those of today: what failed on the way is missing, which flatters';
    case 'STARTED_LATER':
      return `starts on ${on(warning.session)}: before that too little of the weight has prices`;
    case 'LEFT_OUT': {
      const until =
        warning.joinedSession === undefined
          ? 'to the end'
          : `until it joined on ${on(warning.joinedSession)}`;
      const from = on(warning.fromSession);
      return `${of(warning.name)} has no price and is left out from ${from} ${until}`;
    }
    case 'PRICE_CARRIED':
      return `${of(warning.name)} is valued at an older close on ${sessions(warning.sessions)}`;
    case 'TRADED_AT_OLDER_CLOSE':
      return `${of(warning.name)} is traded at an older close ${warning.trades} times`;
    case 'PRICE_STALE':
      return `${of(warning.name)} is held from ${on(warning.session)} on with too old a close`;
    case 'DELISTED': {
      const assumed = warning.isAssumed ? ', assumed' : '';
      const final = `${(warning.finalReturn * PERCENT).toFixed(1)} %${assumed}`;
      return `${of(warning.name)} ceases to trade on ${on(warning.session)}, final return ${final}`;
    }
    case 'REBALANCE_SKIPPED':
      return `nothing is traded on ${on(warning.session)}: no name has a price`;
    case 'BENCHMARK_MISSING':
      return 'the benchmark has no close at the start, so nothing is measured beside it';
    case 'BENCHMARK_CARRIED':
      return `the benchmark's close before is taken on ${sessions(warning.sessions)}`;
  }
}

export function refusalText(refusal: BacktestRefusal, { symbols, dates }: PanelWords): string {
  switch (refusal.reason) {
    case 'TOO_FEW_SESSIONS':
      return `expected at least 2 sessions with prices, was ${refusal.sessions}`;
    case 'MISSING_PRICES': {
      const shown = refusal.gaps
        .slice(0, MAX_GAPS_SHOWN)
        .map((gap) => gapText(gap, { symbols, dates }));
      const more = refusal.gapCount - shown.length;
      const rest = more > 0 ? ` and ${more} more gaps` : '';
      return (
        `MISSING_PRICES: ${shown.join('; ')}${rest}; ` +
        (refusal.gaps.some(({ price }) => price === 'OPEN')
          ? 'NEXT_CLOSE needs no opens'
          : 'JOIN_AT_NEXT_REBALANCE would go on without those names')
      );
    }
    case 'NO_PRICED_NAMES':
      return 'no name has a price within the window';
    case 'LEVEL_NOT_POSITIVE':
      return `the level falls to zero on ${dates[refusal.session] ?? 'a day'}`;
    case 'CANCELED':
      return `canceled after ${refusal.sessionsDone} sessions`;
  }
}

function gapText(gap: PriceGap, words: PanelWords): string {
  const { name, price, fromSession, sessions: count } = gap;
  const first = words.dates[fromSession] ?? '';
  const last = words.dates[fromSession + count - 1] ?? first;
  const symbol = words.symbols[name] ?? '';
  return `${symbol} has no usable ${price.toLowerCase()} from ${first} to ${last}`;
}

function sessions(count: number): string {
  return count === 1 ? '1 session' : `${count} sessions`;
}
