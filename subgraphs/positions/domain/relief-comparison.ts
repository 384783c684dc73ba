/** One closing trade under every relief method, side by side. */

import { type BusinessDate, daysBetween } from '#kernel/business-date';
import { type Amount, amount } from '#kernel/money';
import { closeLedger, countTrade, openLedger } from './lot-ledger.ts';
import { LOT_RELIEF_METHODS, type LotElectionReason, type LotReliefMethod } from './lot-relief.ts';
import { type Figures, figuresOf, type LotState } from './position.ts';
import type { Allocation, LotEffects } from './position-event.ts';
import { allocateTrade, signedQuantity } from './trade-allocation.ts';
import type { Trade } from './trade.ts';

/**
 * A unit held for longer is long-term: counted in calendar days from the day it was acquired on
 * (tacked days included) to the effective date of the trade. Tax law may count otherwise.
 */
export const SHORT_TERM_DAYS_MAX = 365;

export type NotApplicableReason = 'NOTHING_TO_CLOSE' | LotElectionReason;

/** The gain in two parts, by how long the units were held. */
export interface GainByTerm {
  readonly shortTerm: Amount;
  readonly longTerm: Amount;
}

export type ReliefComparison =
  | {
      readonly method: LotReliefMethod;
      readonly isApplicable: true;
      readonly effects: LotEffects;
      /** Null where units have no days of their own: several lots as one pool. */
      readonly gainByTerm: GainByTerm | null;
      readonly after: Figures;
    }
  | {
      readonly method: LotReliefMethod;
      readonly isApplicable: false;
      readonly reason: NotApplicableReason;
      /** The expected and the found value. */
      readonly message: string;
    };

/**
 * In the order of LOT_RELIEF_METHODS, each on the same lots. SPECIFIC takes the lots that the trade
 * elects; the others take no notice of them. Wash sales, which follow a trade, are not counted.
 */
export function compareRelief(state: LotState, trade: Trade): readonly ReliefComparison[] {
  const isClosing = state.quantity !== 0n && state.quantity < 0n !== signedQuantity(trade) < 0n;
  return LOT_RELIEF_METHODS.map((method) =>
    isClosing
      ? comparisonOf(state, trade, method)
      : { method, isApplicable: false, reason: 'NOTHING_TO_CLOSE', message: NOTHING_TO_CLOSE },
  );
}

const NOTHING_TO_CLOSE =
  'expected open lots on the other side of the trade; it would close nothing';

function comparisonOf(state: LotState, trade: Trade, method: LotReliefMethod): ReliefComparison {
  const asked = method === 'SPECIFIC' ? trade : { ...trade, electedLots: null };
  const { effects, electionFault } = allocateTrade(state, asked, { method, lotId: trade.tradeId });
  if (electionFault !== null) {
    const { reason, message = reason } = electionFault;
    return { method, isApplicable: false, reason, message };
  }
  const ledger = openLedger(state);
  countTrade(ledger, trade, effects);
  const isPool = effects.reliefMethod === 'AVERAGE' && state.lots.length > 1;
  return {
    method,
    isApplicable: true,
    effects,
    gainByTerm: isPool ? null : gainByTerm(state, trade.effectiveDate, effects.allocations),
    after: figuresOf(closeLedger(ledger)),
  };
}

function gainByTerm(
  { lots }: LotState,
  closedOn: BusinessDate,
  allocations: readonly Allocation[],
): GainByTerm {
  const acquiredOn = new Map(lots.map((lot) => [lot.lotId, lot.acquiredOn]));
  let shortTerm = 0n;
  let longTerm = 0n;
  for (const { lotId, openDate, gain } of allocations) {
    const heldDays = daysBetween(acquiredOn.get(lotId) ?? openDate, closedOn);
    if (heldDays > SHORT_TERM_DAYS_MAX) longTerm += gain;
    else shortTerm += gain;
  }
  return { shortTerm: amount(shortTerm), longTerm: amount(longTerm) };
}
