/** The stream of corrections: what changed, by how much, and which gains with it. */

import { utcDateOf } from '#kernel/business-date';
import { amount, currencyCode, quantity } from '#kernel/money';
import type { GainRestated } from '#kernel/topics/position-corrected';
import type { FiguresOfPosition } from '#kernel/topics/position-fields';
import { invariant } from '#platform/errors';
import { LOT_RELIEF_METHODS } from '../domain/lot-relief.ts';
import { retryCorrection } from '../use-cases/retry-corrections.ts';
import { keyOfChange } from '../use-cases/watch-changes.ts';
import { type Correction, watchCorrections } from '../use-cases/watch-corrections.ts';
import { inTime } from './command-resolvers.ts';
import type { Context } from './context.ts';
import type { PositionParent } from './parents.ts';
import { MAX_RESTATED_GAINS_SHOWN } from './present-preview.ts';
import { keyAskedOf, moneyOf, presentSummary } from './present.ts';
import type { Resolvers } from './types.generated.ts';

export const correctionResolvers = {
  Subscription: {
    positionCorrected: {
      subscribe: (_root, { filter, after }, { deps }) =>
        watchCorrections(deps, filter ?? {}, after ?? null),
      resolve: (correction: Correction) => correction,
    },
  },

  Mutation: {
    retryCorrection: (_root, { input }, context) => {
      const { deps, request } = context;
      const { correlationId, signal } = request;
      const user = request.identity?.user ?? 'anonymous';
      const origin = { user, correlationId, causationId: correlationId };
      const asked = retryCorrection(deps, keyAskedOf(input), { origin, signal });
      return inTime('recalculating a position', context, asked);
    },
  },

  RetryCorrectionResult: {
    __resolveType: ({ type }) =>
      type === 'RETRIED' ? 'CorrectionRetried' : 'RetryCorrectionRefused',
  },

  CorrectionRetried: {
    position: ({ summary }, _args, { deps }) => presentSummary(summary, deps.clock.today()),
  },

  PositionCorrection: {
    position: (correction) => presentCorrected(correction),
    version: ({ event }) => event.eventVersion,
    causedBy: ({ event }) => event.causedBy,
    beforeTrade: (correction) => figuresOf(correction, correction.event.beforeTrade),
    before: (correction) => figuresOf(correction, correction.event.before),
    after: (correction) => figuresOf(correction, correction.event.after),
    delta: (correction) => figuresOf(correction, deltaOf(correction)),
    restatedGains: async (correction, _args, context) => {
      const { event } = correction;
      const gains =
        event.restatedCount === event.restatedGains.length
          ? event.restatedGains
          : await storedGainsOf(correction, context);
      return gains.map((each) => ({
        tradeId: each.tradeId,
        eventVersion: each.eventVersion,
        before: moneyOf(each.before, currencyCode(event.currency)),
        after: moneyOf(each.after, currencyCode(event.currency)),
      }));
    },
    restatedCount: ({ event }) => event.restatedCount,
    restatedTotal: ({ event }) => moneyOf(event.restatedTotal, currencyCode(event.currency)),
    replayedCount: ({ event }) => event.replayedCount,
    correctedAt: ({ recordedAtMs }) => recordedAtMs,
  },
} satisfies Resolvers;

/** More than the record of the topic tells: as the event has them. */
async function storedGainsOf(
  correction: Correction,
  { loaders }: Context,
): Promise<readonly GainRestated[]> {
  const key = keyOfChange(correction);
  const recorded = await loaders.event.load({ key, version: correction.event.eventVersion });
  invariant(
    recorded?.event.type === 'HISTORICAL_POSITION_CORRECTED',
    `event ${correction.event.eventVersion} of ${key.text} is a correction`,
  );
  return recorded.event.restatements
    .slice(0, MAX_RESTATED_GAINS_SHOWN)
    .map(({ version, tradeId, before, after }) => ({
      tradeId,
      eventVersion: version,
      before,
      after,
    }));
}

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
    pendingForward: null,
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
