/** What changed between two states of a position. */

import { amount, quantity } from '#kernel/money';
import { type Figures, figuresOf, initialPosition, type Position } from './position.ts';

/** after - before, figure by figure. */
export function figuresBetween(before: Figures, after: Figures): Figures {
  return {
    quantity: quantity(after.quantity - before.quantity),
    costBasis: amount(after.costBasis - before.costBasis),
    realizedPnl: amount(after.realizedPnl - before.realizedPnl),
    lotCount: after.lotCount - before.lotCount,
  };
}

/** All zero for a position that nothing had counted in. */
export function figuresOrNone(position: Position | null): Figures {
  return figuresOf(position ?? initialPosition);
}
