/** Rules on bid and ask, and what the next update of the source says about a quote held back. */

import { formatDecimal } from '#kernel/decimal';
import { agree, AGREEMENT_BPS, BPS_PER_ONE } from './price-agreement.ts';
import { median } from './robust-z.ts';
import type { HeldTick, SourceTick } from './tick.ts';
import type { TickFault } from './tick-rules-form.ts';
import { spreadOf, type SymbolState } from './tick-state.ts';

/** A spread this many times its median says nothing about the middle. */
export const WIDE_SPREAD_MULTIPLE = 20;
/** Fewer spreads than this have no median to compare with. */
export const MIN_SPREADS = 5;
/**
 * A spread up to here is never called wide: its middle cannot be further off than prints that
 * agree. Without this floor, 2,139 of 52,117 recorded BTCUSDT and ETHUSDT quotes are wide, because
 * their median spread is one cent; with it none is.
 */
const NEVER_WIDE = AGREEMENT_BPS / BPS_PER_ONE;

export type QuoteFinding =
  | { readonly kind: 'GOOD' }
  | { readonly kind: 'FAULT'; readonly fault: TickFault }
  /** The trade counts, the quote that came with it does not. */
  | { readonly kind: 'DROP_QUOTE' };

export function findInQuote(state: SymbolState, tick: SourceTick): QuoteFinding {
  const { bid, ask } = tick;
  if (bid === null || ask === null) return { kind: 'GOOD' };
  if (bid >= ask) {
    const relation = bid === ask ? 'equal to' : 'above';
    const found = `bid ${formatDecimal(bid)} is ${relation} ask ${formatDecimal(ask)}`;
    const reason = `expected bid below ask, ${found}`;
    return { kind: 'FAULT', fault: { rule: 'CROSSED_QUOTE', reason } };
  }
  const spread = spreadOf(tick);
  if (spread <= NEVER_WIDE || state.spreads.length < MIN_SPREADS) return { kind: 'GOOD' };
  const usual = median(state.spreads);
  if (spread <= WIDE_SPREAD_MULTIPLE * usual) return { kind: 'GOOD' };
  if (tick.size !== null) return { kind: 'DROP_QUOTE' };
  const limit = inBps(WIDE_SPREAD_MULTIPLE * usual);
  const reason = `expected a spread up to ${limit}, was ${inBps(spread)}`;
  return { kind: 'FAULT', fault: { rule: 'WIDE_QUOTE', reason } };
}

/**
 * Whether the very next update of a source shows what was held back: the same lock, or as wide a
 * quote around the same middle. A crossed quote is never confirmed by another crossed one.
 */
export function confirmsQuote(held: HeldTick, tick: SourceTick, fault: TickFault): boolean {
  if (held.rule !== fault.rule || !agree(held.price, tick.price)) return false;
  return fault.rule === 'WIDE_QUOTE' || (held.bid === held.ask && tick.bid === tick.ask);
}

function inBps(fraction: number): string {
  return `${(fraction * BPS_PER_ONE).toFixed(2)} bp`;
}
