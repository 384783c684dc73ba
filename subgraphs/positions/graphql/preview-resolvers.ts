/** What trades would do. */

import { compareReliefMethods } from '../use-cases/compare-relief-methods.ts';
import { previewTrade } from '../use-cases/preview-trade.ts';
import { presentComparisons, presentPreview } from './present-preview.ts';
import { tradeRequestOf } from './record-resolvers.ts';
import type { Resolvers } from './types.generated.ts';

export const previewResolvers = {
  Query: {
    previewTrade: async (_root, { trade }, { deps }) =>
      presentPreview(await previewTrade(deps, tradeRequestOf(trade))),

    compareReliefMethods: async (_root, { trade }, { deps }) =>
      presentComparisons(await compareReliefMethods(deps, tradeRequestOf(trade))),
  },
} satisfies Resolvers;
