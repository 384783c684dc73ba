/** Trades come in. */

import { beforeDeadline } from '#platform/deadline';
import type { TradeRequest } from '../domain/trade.ts';
import { recordTrades, type SentTrade } from '../use-cases/record-trades.ts';
import type { Context } from './context.ts';
import { presentPosition, presentSummary } from './present.ts';
import type { Resolvers, TradeInput } from './types.generated.ts';

const SOURCE = 'graphql';

export const recordResolvers = {
  Mutation: {
    recordTrades: async (_root, { input }, context) => {
      const { deps, request } = context;
      const sent = input.trades.map((trade) => sentTradeOf(trade, context));
      const results = await beforeDeadline(recordTrades(deps, sent), {
        stage: 'recording trades',
        deadlineAtMs: request.deadlineAtMs,
        clock: deps.clock,
      });
      return { results };
    },
  },

  RecordTradeResult: {
    __resolveType: (result) => (result.type === 'RECORDED' ? 'TradeRecorded' : 'TradeRefused'),
  },

  TradeRecorded: {
    duplicate: ({ position }) => position === null,

    position: async ({ key, position }, _args, { deps, loaders }) => {
      const { clock } = deps;
      const asOf = { effectiveAt: clock.today(), knownAtMs: clock.nowMs(), isCurrent: true };
      if (position !== null) return presentPosition(key, position, asOf);
      const summary = await loaders.positionByKey.load(key.text);
      if (summary === null) throw new Error(`invariant broken: ${key.text} has a trade`);
      return presentSummary(summary, asOf);
    },
  },
} satisfies Resolvers;

function sentTradeOf(input: TradeInput, { request }: Context): SentTrade {
  const { tradeId, bookId, accountId, symbol, side, quantity, price, effectiveDate } = input;
  const trade: TradeRequest = {
    tradeId,
    bookId,
    accountId,
    symbol,
    side,
    quantity,
    price,
    currency: input.currency ?? null,
    fees: input.fees ?? null,
    effectiveDate,
    executedAtMs: input.executedAt ?? null,
    contractId: input.contractId ?? null,
    clOrdId: null,
  };
  return {
    request: trade,
    origin: {
      source: SOURCE,
      user: request.identity?.user ?? 'anonymous',
      correlationId: request.correlationId,
      causationId: null,
    },
  };
}
