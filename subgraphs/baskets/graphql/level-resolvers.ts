/** Moves, closes, performance and restatements of levels, and the corporate actions behind them. */

import { divideHalfEven, ONE } from '#kernel/decimal';
import type { BasketLevelRestated } from '#kernel/topics/basket-level-restated';
import { PlatformError } from '#platform/errors';
import type { TailEvent } from '#platform/event-log/tail-reader';
import { announceCorporateAction } from '../use-cases/announce-corporate-action.ts';
import { checkedCodes } from '../use-cases/check-codes.ts';
import { explainLevelMove } from '../use-cases/explain-level-move.ts';
import type { RestatementRow } from '../store/restatements.ts';
import type { Resolvers } from './types.generated.ts';

const MAX_ROWS = 500;

function checkedFirst(first: number): number {
  if (first >= 1 && first <= MAX_ROWS) return first;
  throw new PlatformError('BAD_USER_INPUT', `first: expected 1 to ${MAX_ROWS}, was ${first}`);
}

export const levelResolvers = {
  Mutation: {
    announceCorporateAction: async (_root, { input }, { levelDeps, request }) => {
      const { newShares, oldShares, amount, finalPrice, otherSymbol, ...rest } = input;
      const { confirmPrice, ...wanted } = rest;
      const result = await announceCorporateAction(
        levelDeps,
        {
          ...wanted,
          isPriceConfirmed: confirmPrice ?? false,
          newShares: newShares ?? null,
          oldShares: oldShares ?? null,
          amount: amount ?? null,
          finalPrice: finalPrice ?? null,
          otherSymbol: otherSymbol ?? null,
        },
        request.identity?.user ?? 'unknown',
      );
      if (!result.ok) {
        const { reason, message } = result;
        return { __typename: 'IndexActionRefused' as const, reason, message };
      }
      const { actionId, exDate } = result.action;
      const { description } = result;
      return { __typename: 'CorporateActionAnnounced' as const, actionId, exDate, description };
    },
  },

  Subscription: {
    basketLevelRestated: {
      subscribe: (_root, { codes, after }, { levelDeps }) => {
        const wanted = new Set(checkedCodes(codes));
        return levelDeps.restated.follow({
          after: after ?? null,
          wants: ({ code }) => wanted.has(code),
        });
      },
      resolve: ({ event, sequence }: TailEvent<BasketLevelRestated>) => {
        const { recordedAtMs, ...restated } = event;
        return { ...restated, sequence, recordedAt: recordedAtMs };
      },
    },
  },

  Basket: {
    levelMove: async ({ id }, { from, to }, { levelDeps }) => {
      const range = { fromMs: from, toMs: to ?? null };
      const move = await explainLevelMove(levelDeps, id, range);
      if (move === null) return null;
      return {
        ...move,
        from: move.from.atMs,
        to: move.to.atMs,
        fromLevel: move.from.level,
        toLevel: move.to.level,
      };
    },

    dailyLevels: async ({ id }, { from, to, first }, { levelDeps }) => {
      const range = { from: from ?? null, to: to ?? null, first: checkedFirst(first) };
      const rows = await levelDeps.daily.daily(id, range);
      return rows.map(({ recordedAtMs, ...row }) => ({ ...row, recordedAt: recordedAtMs }));
    },

    performance: async ({ id }, { period, first }, { levelDeps }) => {
      const rows = await levelDeps.rollups.newest(id, { period, first: checkedFirst(first) });
      return rows.map((row) => {
        const before = row.previousClose ?? row.open;
        return { ...row, return: divideHalfEven(row.close * ONE, before) - ONE };
      });
    },

    restatements: async ({ id, code }, { first }, { levelDeps }) => {
      const rows = await levelDeps.daily.restatements(id, checkedFirst(first));
      return rows.map((row) => presentRestatement(code, row));
    },
  },
} satisfies Resolvers;

function presentRestatement(code: string, { recordedAtMs, ...row }: RestatementRow) {
  return { ...row, code, sequence: null, recordedAt: recordedAtMs };
}
