/** The stream of corrections: what changed, by how much, and which gains with it. */

import { utcDateOf } from '#kernel/business-date';
import { amount, currencyCode, quantity } from '#kernel/money';
import type { FiguresOfPosition } from '#kernel/topics/position-fields';
import { LOT_RELIEF_METHODS } from '../domain/lot-relief.ts';
import { type Correction, watchCorrections } from '../use-cases/watch-corrections.ts';
import type { PositionParent } from './parents.ts';
import { keyOfChange, moneyOf } from './present.ts';
import type { Resolvers } from './types.generated.ts';

export const correctionResolvers = {
  Subscription: {
    positionCorrected: {
      subscribe: (_root, { filter, after }, { deps }) =>
        watchCorrections(deps, filter ?? {}, after ?? null),
      resolve: (correction: Correction) => correction,
    },
  },

  PositionCorrection: {
    position: (correction) => presentCorrected(correction),
    version: ({ event }) => event.eventVersion,
    causedBy: ({ event }) => event.causedBy,
    beforeTrade: (correction) => figuresOf(correction, correction.event.beforeTrade),
    before: (correction) => figuresOf(correction, correction.event.before),
    after: (correction) => figuresOf(correction, correction.event.after),
    delta: (correction) => figuresOf(correction, deltaOf(correction)),
    restatedGains: ({ event }) =>
      event.restatedGains.map((each) => ({
        tradeId: each.tradeId,
        eventVersion: each.eventVersion,
        before: moneyOf(each.before, currencyCode(event.currency)),
        after: moneyOf(each.after, currencyCode(event.currency)),
      })),
    replayedCount: ({ event }) => event.replayedCount,
    correctedAt: ({ recordedAtMs }) => recordedAtMs,
  },
} satisfies Resolvers;

/** The position right after the correction. */
function presentCorrected(correction: Correction): PositionParent {
  const { event, recordedAtMs } = correction;
  const { after } = event;
  return {
    key: keyOfChange(correction),
    version: event.eventVersion,
    quantity: quantity(after.quantity),
    costBasis: amount(after.costBasis),
    realizedPnl: amount(after.realizedPnl),
    reliefMethod: LOT_RELIEF_METHODS.find((each) => each === event.reliefMethod) ?? 'FIFO',
    reconciliationStatus: event.reconciliationStatus,
    statusReason: null,
    lots: null,
    effectiveAt: utcDateOf(recordedAtMs),
    knownAtMs: recordedAtMs,
    isCurrent: true,
  };
}

function figuresOf({ event }: Correction, figures: FiguresOfPosition) {
  const currency = currencyCode(event.currency);
  return {
    quantity: figures.quantity,
    costBasis: moneyOf(figures.costBasis, currency),
    realizedPnl: moneyOf(figures.realizedPnl, currency),
    lotCount: figures.lotCount,
  };
}

function deltaOf({ event: { before, after } }: Correction): FiguresOfPosition {
  return {
    quantity: quantity(after.quantity - before.quantity),
    costBasis: amount(after.costBasis - before.costBasis),
    realizedPnl: amount(after.realizedPnl - before.realizedPnl),
    lotCount: after.lotCount - before.lotCount,
  };
}
