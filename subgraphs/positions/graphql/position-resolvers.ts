/** Positions, their lots and their events. */

import { divide } from '#kernel/decimal';
import { notional } from '#kernel/money';
import { connectionOf, type PageRequest, pageRequest } from '#platform/connection';
import { PlatformError } from '#platform/errors';
import { inReliefOrder } from '../domain/lot-relief.ts';
import { unitCost } from '../domain/tax-lot.ts';
import { findKey, findPositionAt } from '../use-cases/find-position.ts';
import type { Context } from './context.ts';
import type { PositionParent, TaxLotParent } from './parents.ts';
import { moneyOf, presentPosition, presentSummary } from './present.ts';
import type { Resolvers } from './types.generated.ts';

const POSITION_PAGE = { list: 'positions', defaultFirst: 50, keyParts: 1 };
const LOT_PAGE = { list: 'lots', defaultFirst: 100, keyParts: 1 };
const EVENT_PAGE = { list: 'events', defaultFirst: 100, keyParts: 1 };

export const positionResolvers = {
  Query: {
    position: async (_root, { key: asked, effectiveAt, knownAt }, { deps, loaders }) => {
      const key = await findKey(deps, {
        ...asked,
        currency: asked.currency ?? null,
        contractId: asked.contractId ?? null,
      });
      if (key === undefined) return null;
      const asOf = {
        effectiveAt: effectiveAt ?? deps.clock.today(),
        knownAtMs: knownAt ?? deps.clock.nowMs(),
      };
      if ((effectiveAt ?? knownAt ?? null) === null) {
        const summary = await loaders.positionByKey.load(key.text);
        return summary && presentSummary(summary, { ...asOf, isCurrent: true });
      }
      const position = await findPositionAt(deps, key, {
        effectiveAt: effectiveAt ?? undefined,
        knownAtMs: knownAt ?? undefined,
      });
      return position === undefined
        ? null
        : presentPosition(key, position, { ...asOf, isCurrent: false });
    },

    positions: async (_root, { filter, ...args }, { deps }) => {
      const page = pageRequest(args, POSITION_PAGE);
      const rows = await deps.positions.list(filter ?? {}, page);
      const asOf = now(deps);
      return connectionOf(rows, page, {
        keyOf: ({ key }) => [key.text],
        nodeOf: (row) => presentSummary(row, asOf),
      });
    },
  },

  Position: {
    __resolveReference: async ({ id }, { deps, loaders }) => {
      const summary = await loaders.positionByKey.load(id);
      return summary && presentSummary(summary, now(deps));
    },
    id: ({ key }) => key.text,
    bookId: ({ key }) => key.bookId,
    accountId: ({ key }) => key.accountId,
    contractId: ({ key }) => key.contractId,
    instrument: ({ key }) => ({ id: key.instrumentId }),
    costBasis: ({ key, costBasis }) => moneyOf(costBasis, key.currency),
    averageCost: ({ quantity, costBasis }) =>
      quantity === 0n ? null : divide(costBasis, quantity),
    realizedPnl: ({ key, realizedPnl }) => moneyOf(realizedPnl, key.currency),
    marketValue: async (position, _args, context) => {
      const value = await marketValueOf(position, context);
      return value === null ? null : moneyOf(value, position.key.currency);
    },
    unrealizedPnl: async (position, _args, context) => {
      const value = await marketValueOf(position, context);
      return value === null ? null : moneyOf(value - position.costBasis, position.key.currency);
    },
    knownAt: ({ knownAtMs }) => knownAtMs,
    lots: (position, _args, context) => lotsOf(position, context),

    lotsConnection: async (position, args, context) => {
      const page = pageRequest(args, LOT_PAGE);
      const lots = await lotsOf(position, context);
      const start = afterIndex(page);
      const rows = lots
        .slice(start, start + page.first + 1)
        .map((lot, index) => ({ lot, end: start + index + 1 }));
      return connectionOf(rows, page, {
        keyOf: ({ end }) => [String(end)],
        nodeOf: ({ lot }) => lot,
      });
    },

    events: async ({ key }, args, { deps }) => {
      const page = pageRequest(args, EVENT_PAGE);
      afterIndex(page);
      const rows = await deps.positions.events(key, page);
      return connectionOf(rows, page, {
        keyOf: ({ version }) => [String(version)],
        nodeOf: (row) => ({ ...row, key }),
      });
    },
  },

  TaxLot: {
    id: ({ lotId }) => lotId,
    unitCost: (lot) => unitCost(lot),
    costBasis: ({ costBasis, currency }) => moneyOf(costBasis, currency),
  },
} satisfies Resolvers;

function now({ clock }: Context['deps']) {
  return { effectiveAt: clock.today(), knownAtMs: clock.nowMs(), isCurrent: true };
}

async function lotsOf(
  { key, version, lots, reliefMethod }: PositionParent,
  { loaders }: Context,
): Promise<readonly TaxLotParent[]> {
  const open = lots ?? (await loaders.lots.load({ key, version }));
  const { currency } = key;
  return inReliefOrder(reliefMethod, open).map((lot) => ({ ...lot, currency }));
}

async function marketValueOf(
  { key, quantity, isCurrent }: PositionParent,
  { loaders }: Context,
): Promise<bigint | null> {
  if (!isCurrent) return null;
  if (quantity === 0n) return 0n;
  const last = await loaders.lastPrice.load(key.symbol);
  return last === null || last.currency !== key.currency ? null : notional(last.price, quantity);
}

/** The number in the cursor of a list that is counted through; 0 for the start. */
function afterIndex(page: PageRequest): number {
  const [text] = page.after ?? ['0'];
  const index = Number(text);
  if (Number.isSafeInteger(index) && index >= 0 && index <= MAX_INDEX) return index;
  throw new PlatformError('BAD_USER_INPUT', 'after: expected a cursor of this list');
}

/** What an integer column holds. */
const MAX_INDEX = 2_147_483_647;
