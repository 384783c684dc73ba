/** How large a position may become. */

import { formatDecimal } from '#kernel/decimal';
import { refuse, type Refusal } from '#kernel/decision';
import { MAX_SCALED } from '#kernel/money';
import { MAX_LOTS_PER_POSITION, type Position } from './position.ts';

/** Largest cost basis or realized gain of a position: 19 whole digits, in units of its currency. */
export const MAX_FIGURE = 10n ** 27n - 1n;

export type LimitReason = 'TOO_MANY_LOTS' | 'FIGURES_OUT_OF_RANGE';

/** What is wrong with the position after a command; undefined when nothing is. */
export function limitBroken(after: Position): Refusal<LimitReason> | undefined {
  if (after.lots.length > MAX_LOTS_PER_POSITION) {
    return refuse(
      'TOO_MANY_LOTS',
      `open lots of the position: expected at most ${MAX_LOTS_PER_POSITION}, ` +
        `were ${after.lots.length}`,
    );
  }
  return (
    outOfRange('quantity', after.quantity, MAX_SCALED) ??
    outOfRange('costBasis', after.costBasis, MAX_FIGURE) ??
    outOfRange('realizedPnl', after.realizedPnl, MAX_FIGURE)
  );
}

function outOfRange(name: string, value: bigint, limit: bigint): Refusal<LimitReason> | undefined {
  if (value <= limit && value >= -limit) return undefined;
  return refuse(
    'FIGURES_OUT_OF_RANGE',
    `${name} after the trade: expected at most ${formatDecimal(limit)} either way, ` +
      `was ${formatDecimal(value)}`,
  );
}
