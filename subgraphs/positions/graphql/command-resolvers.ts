/** What operations does to trades that are recorded. */

import { beforeDeadline } from '#platform/deadline';
import type { PositionKey } from '../domain/position-key.ts';
import type { Position } from '../domain/position.ts';
import type { CommandOrigin } from '../store/event-codec.ts';
import { amendTrade } from '../use-cases/amend-trade.ts';
import { bustTrade } from '../use-cases/bust-trade.ts';
import { electLots } from '../use-cases/elect-lots.ts';
import type { Context } from './context.ts';
import type { PositionParent } from './parents.ts';
import { presentPosition, presentSummary } from './present.ts';
import type { Resolvers } from './types.generated.ts';

const SOURCE = 'graphql';

export const commandResolvers = {
  Mutation: {
    bustTrade: (_root, { input }, context) =>
      inTime('busting a trade', context, bustTrade(context.deps, input, originOf(context))),

    amendTrade: (_root, { input }, context) =>
      inTime(
        'amending a trade',
        context,
        amendTrade(
          context.deps,
          {
            tradeId: input.tradeId,
            amendmentId: input.amendmentId,
            reason: input.reason,
            side: input.side ?? null,
            quantity: input.quantity ?? null,
            price: input.price ?? null,
            fees: input.fees ?? null,
            effectiveDate: input.effectiveDate ?? null,
            executedAtMs: input.executedAt ?? null,
          },
          originOf(context),
        ),
      ),

    electLots: (_root, { input }, context) =>
      inTime('electing lots', context, electLots(context.deps, input, originOf(context))),
  },

  BustTradeResult: {
    __resolveType: ({ type }) => (type === 'CHANGED' ? 'TradeBusted' : 'BustRefused'),
  },
  AmendTradeResult: {
    __resolveType: ({ type }) => (type === 'CHANGED' ? 'TradeAmended' : 'AmendmentRefused'),
  },
  ElectLotsResult: {
    __resolveType: ({ type }) => (type === 'CHANGED' ? 'LotsElected' : 'ElectionRefused'),
  },

  TradeBusted: {
    duplicate: ({ position }) => position === null,
    position: (changed, _args, context) => positionAfter(changed, context),
  },
  TradeAmended: {
    duplicate: ({ position }) => position === null,
    position: (changed, _args, context) => positionAfter(changed, context),
  },
  LotsElected: {
    duplicate: ({ position }) => position === null,
    position: (changed, _args, context) => positionAfter(changed, context),
  },
} satisfies Resolvers;

export function originOf({ request }: Context): CommandOrigin {
  return {
    source: SOURCE,
    user: request.identity?.user ?? 'anonymous',
    correlationId: request.correlationId,
    causationId: null,
  };
}

export function inTime<T>(stage: string, { deps, request }: Context, work: Promise<T>): Promise<T> {
  const { deadlineAtMs } = request;
  return beforeDeadline(work, { stage, deadlineAtMs, clock: deps.clock });
}

/** Right after the command; of one that was carried out before, the position now. */
async function positionAfter(
  { key, position }: { readonly key: PositionKey; readonly position: Position | null },
  { deps: { clock }, loaders }: Context,
): Promise<PositionParent> {
  const asOf = { effectiveAt: clock.today(), knownAtMs: clock.nowMs(), isCurrent: true };
  if (position !== null) return presentPosition(key, position, asOf);
  const summary = await loaders.positionByKey.load(key.text);
  if (summary === null) throw new Error(`invariant broken: ${key.text} has events`);
  return presentSummary(summary, asOf);
}
