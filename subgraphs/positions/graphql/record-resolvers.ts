/** Trades come in. */

import type { Scope } from '#kernel/roles';
import { beforeDeadline } from '#platform/deadline';
import { PlatformError } from '#platform/errors';
import type { TradeRequest } from '../domain/trade.ts';
import { recordTrades, type SentTrade } from '../use-cases/record-trades.ts';
import type { Context } from './context.ts';
import { presentDecided, presentSummary } from './present.ts';
import type { Resolvers, TradeInput } from './types.generated.ts';

const SOURCE = 'graphql';
const OVERRIDE_SCOPE: Scope = 'positions:correct';

export const recordResolvers = {
  Mutation: {
    recordTrades: async (_root, { input }, context) => {
      const { deps, request } = context;
      requireOverrideRight(input.trades, context);
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
    contractStatus: ({ uti }) => (uti === null ? 'CONTRACT_PENDING' : 'GENERATED'),

    position: async ({ key, position }, _args, { deps, loaders }) => {
      const today = deps.clock.today();
      if (position !== null) return presentDecided(key, position, today);
      const summary = await loaders.positionByKey.load(key.text);
      if (summary === null) throw new Error(`invariant broken: ${key.text} has a trade`);
      return presentSummary(summary, today);
    },
  },
} satisfies Resolvers;

/** Who records trades may not open closed books. */
function requireOverrideRight(trades: readonly TradeInput[], { request }: Context): void {
  const isOverriding = trades.some(({ overrideReason = null }) => overrideReason !== null);
  if (!isOverriding || request.identity?.scopes.includes(OVERRIDE_SCOPE) === true) return;
  throw new PlatformError('FORBIDDEN', `overrideReason: expected the scope ${OVERRIDE_SCOPE}`);
}

export function tradeRequestOf(input: TradeInput): TradeRequest {
  const { tradeId, bookId, accountId, symbol, side, quantity, price, effectiveDate } = input;
  return {
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
    electedLots: input.electedLots ?? null,
    overrideReason: input.overrideReason ?? null,
  };
}

function sentTradeOf(input: TradeInput, { request }: Context): SentTrade {
  return {
    request: tradeRequestOf(input),
    origin: {
      source: SOURCE,
      user: request.identity?.user ?? 'anonymous',
      correlationId: request.correlationId,
      causationId: null,
    },
  };
}
