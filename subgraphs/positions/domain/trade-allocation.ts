/** What a trade does to lots: the closing part, the opening part, and the cash of each. */

import { divideHalfEven } from '#kernel/decimal';
import { type Amount, amount, notional, quantity } from '#kernel/money';
import { type LotReliefMethod, relieve } from './lot-relief.ts';
import type { Allocation, OpenedLot, TradeEffect } from './position-event.ts';
import type { Position } from './position.ts';
import type { Trade } from './trade.ts';

export interface TradeAllocation {
  readonly effect: TradeEffect;
  readonly allocations: readonly Allocation[];
  readonly opened: OpenedLot | null;
  readonly realizedPnl: Amount;
}

/** Units of the trade, below zero for a sale. */
export function signedQuantity(trade: Pick<Trade, 'side' | 'quantity'>): bigint {
  return trade.side === 'BUY' ? trade.quantity : 0n - trade.quantity;
}

/**
 * Cash the trade brings, below zero when it costs: price x quantity rounded half-even once to 1e-8,
 * less fees. Fees so raise the basis of a purchase and lower the proceeds of a sale.
 */
export function cashOf(trade: Pick<Trade, 'side' | 'quantity' | 'price' | 'fees'>): Amount {
  const gross = notional(trade.price, trade.quantity);
  return amount(trade.side === 'BUY' ? 0n - gross - trade.fees : gross - trade.fees);
}

/**
 * Splits a trade over the lots it closes and, when units are left over, the one lot it opens.
 *
 * Cash (and with it fees) goes to the parts pro rata to their units: each boundary between two
 * parts is rounded half-even to 1e-8, so the parts sum to the cash of the trade exactly.
 */
export function allocateTrade(
  position: Position,
  trade: Trade,
  method: LotReliefMethod,
): TradeAllocation {
  const signed = signedQuantity(trade);
  const cash = cashOf(trade);
  const closes = position.quantity !== 0n && position.quantity < 0n !== signed < 0n;
  const takings = closes
    ? relieve(method === 'SPECIFIC' ? 'FIFO' : method, position.lots, trade.quantity)
    : [];

  let unitsBefore = 0n;
  let cashBefore = 0n;
  const shareUpTo = (units: bigint): bigint => divideHalfEven(cash * units, trade.quantity);
  const allocations = takings.map((taking, index): Allocation => {
    const { lot, takenQuantity, basisOut, settledResetsOut } = taking;
    unitsBefore += takenQuantity;
    const cashUpToHere = shareUpTo(unitsBefore);
    const proceeds = cashUpToHere - cashBefore;
    cashBefore = cashUpToHere;
    return {
      lotId: lot.lotId,
      openDate: lot.openDate,
      takenQuantity,
      basisOut,
      settledResetsOut,
      proceeds: amount(proceeds),
      gain: amount(proceeds - basisOut - settledResetsOut),
      rank: index + 1,
    };
  });

  const opening = trade.quantity - unitsBefore;
  return {
    effect: position.quantity === 0n ? 'NEW_TRADE' : closes ? 'DECREASE' : 'INCREASE',
    allocations,
    opened:
      opening === 0n
        ? null
        : {
            lotId: trade.tradeId,
            quantity: quantity(signed < 0n ? -opening : opening),
            costBasis: amount(cashBefore - cash),
          },
    realizedPnl: amount(allocations.reduce((sum, { gain }) => sum + gain, 0n)),
  };
}
