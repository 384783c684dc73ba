/**
 * Two-sided exchange quotes: crosses through a pivot, inversion, and a check against the market.
 */

import { type Decimal, divideHalfEven, ONE } from '#kernel/decimal';
import type { Rate } from '#kernel/money';

/** Units of the second currency for one of the first, as in EURUSD; bid is at most ask. */
export interface FxQuote {
  readonly bid: Rate;
  readonly ask: Rate;
}

/** Above this a computed cross is flagged: 20 bp. */
export const CROSS_TOLERANCE = (ONE / 500n) as Decimal;

/** EURJPY from EURUSD and USDJPY: both sides multiply, each rounded half-even to 1e-8. */
export function crossQuote(first: FxQuote, second: FxQuote): FxQuote {
  return {
    bid: divideHalfEven(first.bid * second.bid, ONE) as Rate,
    ask: divideHalfEven(first.ask * second.ask, ONE) as Rate,
  };
}

/** USDEUR from EURUSD: the sides change places. Both must be above zero. */
export function invertQuote({ bid, ask }: FxQuote): FxQuote {
  return {
    bid: divideHalfEven(ONE * ONE, ask) as Rate,
    ask: divideHalfEven(ONE * ONE, bid) as Rate,
  };
}

export function midOf({ bid, ask }: FxQuote): Rate {
  return divideHalfEven(bid + ask, 2n) as Rate;
}

/** How far the mid of a computed cross is from that of the quoted one, as a fraction of it. */
export function crossCheck(
  computed: FxQuote,
  quoted: FxQuote,
): { readonly isFlagged: boolean; readonly difference: Decimal } {
  const gap = midOf(computed) - midOf(quoted);
  const difference = divideHalfEven((gap < 0n ? -gap : gap) * ONE, midOf(quoted)) as Decimal;
  return { isFlagged: difference > CROSS_TOLERANCE, difference };
}
