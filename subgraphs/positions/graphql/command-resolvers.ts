/** What operations does to trades that are recorded, and to all positions of an instrument. */

import { beforeDeadline } from '#platform/deadline';
import type { PositionKey } from '../domain/position-key.ts';
import type { Position } from '../domain/position.ts';
import type { CommandOrigin } from '../store/event-codec.ts';
import type { PositionResult } from '../use-cases/act-on-positions.ts';
import { amendTrade } from '../use-cases/amend-trade.ts';
import { applyCorporateAction, type AskedAction } from '../use-cases/apply-corporate-action.ts';
import { bustTrade } from '../use-cases/bust-trade.ts';
import { electLots } from '../use-cases/elect-lots.ts';
import { resetPrices } from '../use-cases/reset-prices.ts';
import type { Context } from './context.ts';
import type { PositionParent } from './parents.ts';
import { presentDecided, presentSummary } from './present.ts';
import type { ApplyCorporateActionInput, Resolvers } from './types.generated.ts';

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

    applyCorporateAction: (_root, { input }, context) =>
      inTime(
        'applying a corporate action',
        context,
        applyCorporateAction(context.deps, askedActionOf(input), originOf(context)),
      ),

    resetPrices: (_root, { input }, context) =>
      inTime(
        'resetting prices',
        context,
        resetPrices(
          context.deps,
          { ...input, contractId: input.contractId ?? null, after: input.after ?? null },
          originOf(context),
        ),
      ),
  },

  ApplyCorporateActionResult: {
    __resolveType: ({ type }) =>
      type === 'DONE' ? 'CorporateActionApplied' : 'CorporateActionRefused',
  },
  ResetPricesResult: {
    __resolveType: ({ type }) => (type === 'DONE' ? 'PricesReset' : 'ResetPricesRefused'),
  },
  CorporateActionApplied: { appliedCount: ({ results }) => appliedCount(results) },
  PricesReset: { appliedCount: ({ results }) => appliedCount(results) },
  PositionActedOn: { position: (acted, _args, context) => positionAfter(acted, context) },

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

function askedActionOf(input: ApplyCorporateActionInput): AskedAction {
  const { type, actionId, symbol, effectiveDate } = input;
  return {
    actionId,
    type,
    symbol,
    effectiveDate,
    otherSymbol: otherSymbolOf(input),
    numerator: input.numerator ?? null,
    denominator: input.denominator ?? null,
    cashPerUnit: input.cashPerUnit ?? null,
    parentPrice: input.parentPrice ?? null,
    childPrice: input.childPrice ?? null,
    acquirerPrice: input.acquirerPrice ?? null,
    lotSize: input.lotSize ?? null,
    cashInLieuPrice: input.cashInLieuPrice ?? null,
    after: input.after ?? null,
  };
}

function otherSymbolOf(input: ApplyCorporateActionInput): string | null {
  switch (input.type) {
    case 'SPIN_OFF':
      return input.childSymbol ?? null;
    case 'MERGER':
      return input.acquirerSymbol ?? null;
    case 'SYMBOL_CHANGE':
      return input.newSymbol ?? null;
    case 'SPLIT':
    case 'STOCK_DIVIDEND':
    case 'CASH_MERGER':
    case 'RETURN_OF_CAPITAL':
      return null;
  }
}

function appliedCount(results: readonly PositionResult[]): number {
  return results.filter(({ outcome }) => outcome === 'APPLIED').length;
}

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
  const today = clock.today();
  if (position !== null) return presentDecided(key, position, today);
  const summary = await loaders.positionByKey.load(key.text);
  if (summary === null) throw new Error(`invariant broken: ${key.text} has events`);
  return presentSummary(summary, today);
}
