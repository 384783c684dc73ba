/** What a trade does to lots: the closing part, the opening part, and the cash of each. */

import { divideHalfEven } from '#kernel/decimal';
import { refuse, type Refusal } from '#kernel/decision';
import { type Amount, amount, notional, quantity } from '#kernel/money';
import { inRankOrder, type LotRanking } from './lot-ranking.ts';
import {
  type ElectedRelief,
  type LotElectionReason,
  type LotReliefMethod,
  type LotTaking,
  type OrderedReliefMethod,
  relieve,
  relieveElected,
  takeInOrder,
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
  /** The same lots in an order of relief, where somebody keeps one. */
  readonly ranked?: LotRanking | null;
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

  // A plain loop: this runs for every trade of every replay.
  const allocations: Allocation[] = [];
  let unitsBefore = 0n;
  let cashBefore = 0n;
  let realizedPnl = 0n;
  for (const { lot, takenQuantity, basisOut, settledResetsOut } of relief.takings) {
    unitsBefore += takenQuantity;
    const isLast = unitsBefore === trade.quantity;
    const cashUpToHere = isLast ? cash : divideHalfEven(cash * unitsBefore, trade.quantity);
    const proceeds = cashUpToHere - cashBefore;
    const gain = proceeds - basisOut - settledResetsOut;
    cashBefore = cashUpToHere;
    realizedPnl += gain;
    allocations.push({
      lotId: lot.lotId,
      openDate: lot.openDate,
      takenQuantity,
      basisOut,
      settledResetsOut,
      proceeds: amount(proceeds),
      gain: amount(gain),
      rank: allocations.length + 1,
    });
  }

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
function reliefOf(open: OpenLots, trade: TradeTerms, method: LotReliefMethod): Relief {
  const { quantity: units, lots } = open;
  const { quantity: wanted, electedLots } = trade;
  if (electedLots === null) {
    if (method !== 'SPECIFIC') return inOrder(open, wanted, method, null);
    const isAll = wanted >= (units < 0n ? 0n - units : units);
    const fault = isAll ? null : faultOf(relieveElected(lots, wanted, []));
    return inOrder(open, wanted, 'FIFO', fault);
  }
  if (method === 'AVERAGE') {
    return inOrder(open, wanted, method, refuse('INVALID_LOT_ELECTION', ELECTED_FROM_POOL));
  }
  const elected = relieveElected(lots, wanted, electedLots);
  return elected.ok
    ? { takings: elected.takings, isElected: true, fault: null }
    : inOrder(open, wanted, method === 'SPECIFIC' ? 'FIFO' : method, elected);
}

function inOrder(
  { lots, ranked }: OpenLots,
  wanted: Trade['quantity'],
  method: OrderedReliefMethod,
  fault: Relief['fault'],
): Relief {
  if (ranked?.method === method) {
    return { takings: takeInOrder(inRankOrder(ranked), wanted), isElected: false, fault };
  }
  const open = method === 'AVERAGE' ? pooled(lots) : lots;
  return { takings: relieve(method, open, wanted), isElected: false, fault };
}

function faultOf(relief: ElectedRelief): Relief['fault'] {
  return relief.ok ? null : relief;
}

const ELECTED_FROM_POOL =
  'electedLots: expected none, as the relief method is AVERAGE and all lots are one pool';
