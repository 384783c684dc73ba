/** What a corporate action does to lots. Basis and dates carry unless a rule says otherwise. */

import { type Amount, amount } from '#kernel/money';
import type { ActedLot, CorporateAction, DeliveredLots, LotFigures } from './corporate-action.ts';
import { returnCapital } from './corporate-action-capital.ts';
import { mergeForCash, mergeForStock } from './corporate-action-merger.ts';
import { inUnits, type Outcome } from './corporate-action-outcome.ts';
import { spinOff } from './corporate-action-spin-off.ts';
import { split, stockDividend } from './corporate-action-split.ts';
import type { LotReliefMethod } from './lot-relief.ts';
import { pooled, type TaxLot } from './tax-lot.ts';

export interface CorporateActionEffect {
  readonly lots: readonly TaxLot[];
  readonly perLot: readonly ActedLot[];
  /** Sum over the lots. */
  readonly cash: Amount;
  /** Sum over the lots. */
  readonly realizedPnl: Amount;
  /** Null: the action delivers nothing, or there was nothing to deliver. */
  readonly delivered: DeliveredLots | null;
}

/**
 * Applies a corporate action to all lots of a position, long or short (a short is the mirror: it
 * pays what a long receives). Nothing leaks: over all lots, cash - realized = carrying basis before
 * less that left and delivered. Where units are paid in cash, the relief method says whose.
 */
export function applyCorporateAction(
  openLots: readonly TaxLot[],
  action: CorporateAction,
  method: LotReliefMethod,
): CorporateActionEffect {
  const before = method === 'AVERAGE' ? pooled(openLots) : openLots;
  const sign = (before[0]?.quantity ?? 0n) < 0n ? -1n : 1n;
  const asLong = before.map((lot) => inUnits(lot, sign));
  const outcomes = outcomesOf(asLong, action, sign < 0n ? mirroredMethod(method) : method);
  const perLot = outcomes.map((outcome): ActedLot => actedLot(outcome, sign));
  const deliveredLots = outcomes.flatMap(({ delivered }) =>
    delivered === null ? [] : [inUnits(delivered, sign)],
  );
  const instrumentId = deliveredAs(action);
  return {
    lots: afterCorporateAction(before, perLot, method),
    perLot,
    cash: amount(perLot.reduce((sum, { cash }) => sum + cash, 0n)),
    realizedPnl: amount(perLot.reduce((sum, { gain }) => sum + gain, 0n)),
    delivered:
      instrumentId === null || deliveredLots.length === 0
        ? null
        : { instrumentId, lots: deliveredLots },
  };
}

/** The lots after a corporate action that is on record; each keeps its id, serial and dates. */
export function afterCorporateAction(
  openLots: readonly TaxLot[],
  perLot: readonly ActedLot[],
  method: LotReliefMethod,
): readonly TaxLot[] {
  const before = method === 'AVERAGE' ? pooled(openLots) : openLots;
  const actedById = new Map(perLot.map((each) => [each.lotId, each]));
  return before.flatMap((lot) => {
    const acted = actedById.get(lot.lotId);
    if (acted === undefined) return [lot];
    return acted.after === null ? [] : [{ ...lot, ...acted.after }];
  });
}

/** All lots are long here: those of a short position are mirrored before and after. */
function outcomesOf(
  lots: readonly TaxLot[],
  action: CorporateAction,
  method: LotReliefMethod,
): readonly Outcome[] {
  switch (action.type) {
    case 'SPLIT':
      return split(lots, action, method);
    case 'STOCK_DIVIDEND':
      return stockDividend(lots, action, method);
    case 'SPIN_OFF':
      return spinOff(lots, action, method);
    case 'MERGER':
      return mergeForStock(lots, action, method);
    case 'CASH_MERGER':
      return mergeForCash(lots, action);
    case 'RETURN_OF_CAPITAL':
      return returnCapital(lots, action);
    case 'SYMBOL_CHANGE':
      return lots.map((lot) => ({ before: lot, after: null, delivered: lot, cash: 0n }));
  }
}

/** The lowest proceeds of short lots are the lowest cost of their mirrors. */
function mirroredMethod(method: LotReliefMethod): LotReliefMethod {
  return method === 'HIFO' ? 'LOFO' : method === 'LOFO' ? 'HIFO' : method;
}

function deliveredAs(action: CorporateAction): string | null {
  switch (action.type) {
    case 'SPIN_OFF':
      return action.childInstrumentId;
    case 'MERGER':
      return action.acquirerInstrumentId;
    case 'SYMBOL_CHANGE':
      return action.newInstrumentId;
    case 'SPLIT':
    case 'STOCK_DIVIDEND':
    case 'CASH_MERGER':
    case 'RETURN_OF_CAPITAL':
      return null;
  }
}

function actedLot({ before, after, delivered, cash }: Outcome, sign: bigint): ActedLot {
  const carried = [after, delivered].reduce(
    (sum, lot) => (lot === null ? sum : sum + lot.costBasis + lot.settledResets),
    0n,
  );
  return {
    lotId: before.lotId,
    before: figuresOf(inUnits(before, sign)),
    after: after === null ? null : figuresOf(inUnits(after, sign)),
    cash: amount(sign * cash),
    gain: amount(sign * (cash + carried - before.costBasis - before.settledResets)),
  };
}

function figuresOf({ quantity, costBasis, settledResets, washReplaced }: TaxLot): LotFigures {
  return { quantity, costBasis, settledResets, washReplaced };
}
