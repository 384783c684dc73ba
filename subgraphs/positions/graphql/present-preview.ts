/** Previews and comparisons, from the domain to what resolvers hand on. */

import type { CurrencyCode } from '#kernel/money';
import { inReliefOrder, LOT_RELIEF_METHODS, type LotReliefMethod } from '../domain/lot-relief.ts';
import { figuresBetween } from '../domain/position-diff.ts';
import { type Figures, figuresOf } from '../domain/position.ts';
import type { Allocation, Restatement } from '../domain/position-event.ts';
import type { ReliefComparison } from '../domain/relief-comparison.ts';
import type { TaxLot } from '../domain/tax-lot.ts';
import type { PreviewedCorrection, TradePreview } from '../domain/trade-preview.ts';
import type { ComparedMethods } from '../use-cases/compare-relief-methods.ts';
import type { PreviewedTrade } from '../use-cases/preview-trade.ts';
import { moneyOf, presentFigures } from './present.ts';

/** Of one preview; they come with their number and their sum. */
export const MAX_RESTATED_GAINS_SHOWN = 1_000;

const NO_LISTS = { events: [], allocations: [], lots: [] };
const NO_PREVIEW = {
  ...NO_LISTS,
  accepted: false,
  reason: null,
  message: null,
  duplicate: false,
  classification: null,
  effect: null,
  reliefMethod: null,
  before: null,
  after: null,
  delta: null,
  realizedPnl: null,
  reconciliationStatus: null,
  correction: null,
};

export function presentPreview(previewed: PreviewedTrade) {
  const { tradeId, key } = previewed;
  const common = { ...NO_PREVIEW, tradeId, positionId: key?.text ?? null };
  switch (previewed.type) {
    case 'REFUSED': {
      const { reason, message } = previewed;
      return { ...common, reason, message };
    }
    case 'DUPLICATE': {
      const { position, classification } = previewed;
      const { currency } = previewed.key;
      const figures = figuresOf(position);
      return {
        ...common,
        accepted: true,
        duplicate: true,
        classification,
        ...changeOf(figures, figures, currency),
        lots: presentLots(position.lots, position.reliefMethod, currency),
        reconciliationStatus: position.reconciliationStatus,
      };
    }
    case 'PREVIEWED':
      return { ...common, accepted: true, ...presentDecided(previewed) };
  }
}

function presentDecided({
  key: { currency },
  preview,
}: Extract<PreviewedTrade, { type: 'PREVIEWED' }>) {
  const { classification, before, after, effects, events, correction } = preview;
  const lots = correction?.type === 'CORRECTED' ? correction.lots : after.lots;
  return {
    classification,
    effect: effects?.effect ?? null,
    reliefMethod: effects?.reliefMethod ?? null,
    events: events.map(({ type }) => type),
    ...changeOf(figuresOf(before), figuresOf(after), currency),
    realizedPnl: effects && moneyOf(effects.realizedPnl, currency),
    allocations: presentAllocations(effects?.allocations ?? [], currency),
    lots: presentLots(lots, after.reliefMethod, currency),
    reconciliationStatus: after.reconciliationStatus,
    correction: correction && presentCorrection(preview, correction, currency),
  };
}

function presentCorrection(
  { after: estimate, effects }: TradePreview,
  correction: PreviewedCorrection,
  currency: CurrencyCode,
) {
  if (correction.type === 'REFUSED') {
    const { reason, message } = correction;
    return { ...NO_CORRECTION, refusal: reason, message, restatedTotal: moneyOf(0n, currency) };
  }
  const { after, restatements, ownRestatement, replayedCount } = correction;
  const gain = ownRestatement?.after ?? effects?.realizedPnl ?? null;
  return {
    refusal: null,
    message: null,
    after: presentFigures(after, currency),
    delta: presentFigures(figuresBetween(figuresOf(estimate), after), currency),
    realizedPnl: gain === null ? null : moneyOf(gain, currency),
    restatedGains: restatements
      .slice(0, MAX_RESTATED_GAINS_SHOWN)
      .map((each) => presentRestatement(each, currency)),
    restatedCount: restatements.length,
    restatedTotal: moneyOf(
      restatements.reduce((sum, each) => sum + each.after - each.before, 0n),
      currency,
    ),
    replayedCount,
  };
}

const NO_CORRECTION = {
  after: null,
  delta: null,
  realizedPnl: null,
  restatedGains: [],
  restatedCount: 0,
  replayedCount: 0,
};

function presentRestatement(
  { tradeId, version, before, after }: Restatement,
  currency: CurrencyCode,
) {
  return {
    tradeId,
    eventVersion: version,
    before: moneyOf(before, currency),
    after: moneyOf(after, currency),
  };
}

/** One for each method, in the same order whatever became of the trade. */
export function presentComparisons(compared: ComparedMethods) {
  if (compared.type === 'REFUSED') {
    const { message } = compared;
    return LOT_RELIEF_METHODS.map((method) => ({
      ...notApplicable('TRADE_REFUSED', message),
      method,
      inForce: false,
    }));
  }
  const { comparisons, methodInForce, key } = compared;
  return comparisons.map((each) => ({
    ...presentComparison(each, key.currency),
    method: each.method,
    inForce: each.method === methodInForce,
  }));
}

type NotApplicable =
  Extract<ReliefComparison, { readonly isApplicable: false }>['reason'] | 'TRADE_REFUSED';

function notApplicable(reason: NotApplicable, message: string) {
  return {
    applicable: false,
    reason,
    message,
    allocations: [],
    realizedPnl: null,
    shortTermGain: null,
    longTermGain: null,
    remainingCostBasis: null,
    lotCount: null,
  };
}

function presentComparison(comparison: ReliefComparison, currency: CurrencyCode) {
  if (!comparison.isApplicable) return notApplicable(comparison.reason, comparison.message);
  const { effects, gainByTerm, after } = comparison;
  return {
    applicable: true,
    reason: null,
    message: null,
    allocations: presentAllocations(effects.allocations, currency),
    realizedPnl: moneyOf(effects.realizedPnl, currency),
    shortTermGain: gainByTerm && moneyOf(gainByTerm.shortTerm, currency),
    longTermGain: gainByTerm && moneyOf(gainByTerm.longTerm, currency),
    remainingCostBasis: moneyOf(after.costBasis, currency),
    lotCount: after.lotCount,
  };
}

function changeOf(before: Figures, after: Figures, currency: CurrencyCode) {
  return {
    before: presentFigures(before, currency),
    after: presentFigures(after, currency),
    delta: presentFigures(figuresBetween(before, after), currency),
  };
}

function presentLots(lots: readonly TaxLot[], method: LotReliefMethod, currency: CurrencyCode) {
  return inReliefOrder(method, lots).map((lot) => ({ ...lot, currency }));
}

function presentAllocations(allocations: readonly Allocation[], currency: CurrencyCode) {
  return allocations.map((each) => ({ ...each, currency }));
}
