/** What a trade does to lots: the closing part, the opening part, and the cash of each. */

import { divideHalfEven } from '#kernel/decimal';
import { refuse, type Refusal } from '#kernel/decision';
import { type Amount, amount, notional, quantity } from '#kernel/money';
import {
  type LotElectionReason,
  type LotReliefMethod,
  type LotTaking,
  relieve,
  relieveElected,
} from './lot-relief.ts';
import type { Allocation, LotEffects } from './position-event.ts';
import { pooled, type TaxLot } from './tax-lot.ts';
import type { Trade } from './trade.ts';

/** The terms of a trade that lots and cash depend on. */
export type TradeTerms = Pick<Trade, 'side' | 'quantity' | 'price' | 'fees' | 'electedLots'>;

/** What a trade meets: all lots are on the side of the quantity. */
export interface OpenLots {
  readonly quantity: bigint;
  readonly lots: readonly TaxLot[];
}

export interface TradeAllocation {
  readonly effects: LotEffects;
  /** The election that could not be met: the oldest lots were taken instead. Null: none was. */
  readonly electionFault: Refusal<LotElectionReason> | null;
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

/** The trade that undoes another: its cash is exactly the opposite, fees included. */
export function reversalOf(trade: Trade): Trade {
  return {
    ...trade,
    side: trade.side === 'BUY' ? 'SELL' : 'BUY',
    fees: amount(0n - trade.fees),
    electedLots: null,
  };
}

/** No trade id has a blank: these lots cannot be taken for those of another trade. */
export function bustedLotId(tradeId: string, version: number): string {
  return `${tradeId} busted @${version}`;
}

export function amendedLotId(tradeId: string, version: number): string {
  return `${tradeId} amended @${version}`;
}

/**
 * Splits a trade over the lots it closes and, when units are left over, the one lot it opens.
 *
 * Cash (and with it fees) goes to the parts pro rata to their units: each boundary between two
 * parts is rounded half-even to 1e-8, so the parts sum to the cash of the trade exactly.
 */
export function allocateTrade(
  open: OpenLots,
  trade: TradeTerms,
  { method, lotId }: { readonly method: LotReliefMethod; readonly lotId: string },
): TradeAllocation {
  const signed = signedQuantity(trade);
  const cash = cashOf(trade);
  const closes = open.quantity !== 0n && open.quantity < 0n !== signed < 0n;
  const relief = closes ? reliefOf(open, trade, method) : NOTHING_TAKEN;

  let unitsBefore = 0n;
  let cashBefore = 0n;
  let realizedPnl = 0n;
  const shareUpTo = (units: bigint): bigint => divideHalfEven(cash * units, trade.quantity);
  const allocations = relief.takings.map((taking, index): Allocation => {
    const { lot, takenQuantity, basisOut, settledResetsOut } = taking;
    unitsBefore += takenQuantity;
    const cashUpToHere = unitsBefore === trade.quantity ? cash : shareUpTo(unitsBefore);
    const proceeds = cashUpToHere - cashBefore;
    const gain = proceeds - basisOut - settledResetsOut;
    cashBefore = cashUpToHere;
    realizedPnl += gain;
    return {
      lotId: lot.lotId,
      openDate: lot.openDate,
      takenQuantity,
      basisOut,
      settledResetsOut,
      proceeds: amount(proceeds),
      gain: amount(gain),
      rank: index + 1,
    };
  });

  const opening = trade.quantity - unitsBefore;
  return {
    effects: {
      effect: open.quantity === 0n ? 'NEW_TRADE' : closes ? 'DECREASE' : 'INCREASE',
      reliefMethod: relief.isElected ? 'SPECIFIC' : method,
      allocations,
      opened:
        opening === 0n
          ? null
          : {
              lotId,
              quantity: quantity(signed < 0n ? -opening : opening),
              costBasis: amount(cashBefore - cash),
            },
      realizedPnl: amount(realizedPnl),
    },
    electionFault: relief.fault,
  };
}

interface Relief {
  readonly takings: readonly LotTaking[];
  /** The lots were chosen, whatever the method says. */
  readonly isElected: boolean;
  readonly fault: Refusal<LotElectionReason> | null;
}

const NOTHING_TAKEN: Relief = { takings: [], isElected: false, fault: null };

/** A trade that closes all lots has no choice among them, and needs no election. */
function reliefOf({ quantity: units, lots }: OpenLots, trade: TradeTerms, method: LotReliefMethod) {
  const { quantity: wanted, electedLots } = trade;
  const byOrder = (fault: Relief['fault']): Relief => {
    const ordered = method === 'SPECIFIC' ? 'FIFO' : method;
    const open = method === 'AVERAGE' ? pooled(lots) : lots;
    return { takings: relieve(ordered, open, wanted), isElected: false, fault };
  };
  if (electedLots === null) {
    const isAll = wanted >= (units < 0n ? 0n - units : units);
    return byOrder(method === 'SPECIFIC' && !isAll ? refusedElection([], lots, wanted) : null);
  }
  if (method === 'AVERAGE') return byOrder(refuse('INVALID_LOT_ELECTION', ELECTED_FROM_POOL));
  const elected = relieveElected(lots, wanted, electedLots);
  return elected.ok ? { takings: elected.takings, isElected: true, fault: null } : byOrder(elected);
}

const ELECTED_FROM_POOL =
  'electedLots: expected none, as the relief method is AVERAGE and all lots are one pool';

function refusedElection(
  elected: NonNullable<Trade['electedLots']>,
  lots: readonly TaxLot[],
  wanted: Trade['quantity'],
): Relief['fault'] {
  const relief = relieveElected(lots, wanted, elected);
  return relief.ok ? null : relief;
}
