/** Backtests, what they found, and how far they are. */

import { connectionOf, pageRequest } from '#platform/connection';
import { instantText } from '#platform/instant-column';
import type { BacktestDocument } from '../domain/backtest-document.ts';
import type { BacktestRow } from '../store/backtests.ts';
import { findBacktest, firstOf, listBacktests, weightsAround } from '../use-cases/find-backtest.ts';
import { watchBacktest } from '../use-cases/watch-backtest.ts';
import type { Context } from './context.ts';
import {
  presentContributions,
  presentLevels,
  presentPeriods,
  presentRebalances,
} from './present-backtest.ts';
import type { Resolvers } from './types.generated.ts';

const BACKTEST_PAGE = { list: 'backtests', defaultFirst: 10, keyParts: 2 };

export const backtestResolvers = {
  Query: {
    backtest: (_root, { id }, { deps }) => findBacktest(deps, id),
  },

  Subscription: {
    backtestProgress: {
      subscribe: (_root, { id }, { deps }) => watchBacktest(deps, id),
      resolve: (row: BacktestRow) => row,
    },
  },

  Basket: {
    backtests: async ({ id }, args, { deps }) => {
      const page = pageRequest(args, BACKTEST_PAGE);
      const rows = await listBacktests(deps, id, page);
      return connectionOf(rows, page, {
        keyOf: (row) => [instantText(row.queuedAtMs), row.id],
        nodeOf: (row) => row,
      });
    },
  },

  Backtest: {
    basket: ({ basketId }, _args, { loaders }) => loaders.basketById.load(basketId),
    from: ({ params }) => params.from,
    to: ({ params }) => params.to,
    rebalance: ({ params }) => params.rebalance,
    execution: ({ params }) => params.execution,
    missingPrices: ({ params }) => params.missingPrices,
    costBps: ({ params }) => params.costBps,
    benchmarkSymbol: ({ params }) => params.benchmarkSymbol,
    inputsHash: ({ inputsHash }) => inputsHash ?? '',
    queuedAt: ({ queuedAtMs }) => queuedAtMs,
    startedAt: ({ startedAtMs }) => startedAtMs,
    endedAt: ({ endedAtMs }) => endedAtMs,
    metrics: (row, _args, context) => fromResult(row, context, ({ metrics }) => metrics),
    benchmarkMetrics: (row, _args, context) =>
      fromResult(row, context, ({ benchmarkMetrics }) => benchmarkMetrics),
    levels: (row, { first }, context) =>
      fromResult(row, context, (document) => firstOf(presentLevels(document), first ?? 1)),
    drawdowns: (row, _args, context) => fromResult(row, context, ({ drawdowns }) => drawdowns),
    monthlyReturns: (row, _args, context) =>
      fromResult(row, context, ({ months }) => presentPeriods(months)),
    yearlyReturns: (row, _args, context) =>
      fromResult(row, context, ({ years }) => presentPeriods(years)),
    rebalances: (row, { first }, context) =>
      fromResult(row, context, (document, inputsHash) =>
        firstOf(presentRebalances({ document, inputsHash }), first ?? 1),
      ),
    contributions: (row, _args, context) => fromResult(row, context, presentContributions),
    warnings: (row, _args, context) => fromResult(row, context, ({ warnings }) => warnings),
  },

  BacktestRebalance: {
    weights: ({ result, number }, _args, { deps }) => weightsAround(deps, result, number),
  },
} satisfies Resolvers;

/** Empty without a result. */
async function fromResult<Item>(
  { inputsHash, status }: BacktestRow,
  { loaders }: Context,
  itemsOf: (document: BacktestDocument, inputsHash: string) => readonly Item[],
): Promise<readonly Item[]> {
  const hasResult = status === 'COMPLETED' || status === 'SUPERSEDED';
  if (inputsHash === null || !hasResult) return [];
  const document = await loaders.backtestResult.load(inputsHash);
  return document === null ? [] : itemsOf(document, inputsHash);
}
