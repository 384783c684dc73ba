/** Positions, their lots and their events. */

import { utcDateOf } from '#kernel/business-date';
import { divide } from '#kernel/decimal';
import { connectionOf, pageRequest } from '#platform/connection';
import { invariant } from '#platform/errors';
import { projectedQuantity } from '../domain/position.ts';
import { inReliefOrder } from '../domain/lot-relief.ts';
import { unitCost } from '../domain/tax-lot.ts';
import { findKey, findPositionAt, type TimesAsked } from '../use-cases/find-position.ts';
import type { Context } from './context.ts';
import { versionAfter } from './cursors.ts';
import type { PositionParent, TaxLotParent } from './parents.ts';
import { type AsOf, keyAskedOf, moneyOf, presentPosition, presentSummary } from './present.ts';
import type { Resolvers } from './types.generated.ts';

const POSITION_PAGE = { list: 'positions', defaultFirst: 50, keyParts: 1 };
const LOT_PAGE = { list: 'lots', defaultFirst: 100, keyParts: 1 };
const EVENT_PAGE = { list: 'events', defaultFirst: 100, keyParts: 1 };

export const positionResolvers = {
  Query: {
    position: async (_root, { key: asked, effectiveAt, knownAt }, { deps, loaders }) => {
      const key = await findKey(deps, keyAskedOf(asked));
      if (key === undefined) return null;
      if ((effectiveAt ?? knownAt ?? null) === null) {
        const summary = await loaders.positionByKey.load(key.text);
        return summary && presentSummary(summary, deps.clock.today());
      }
      const times = { effectiveAt: effectiveAt ?? null, knownAtMs: knownAt ?? null };
      const position = await findPositionAt(deps, key, times);
      return position === undefined ? null : presentPosition(key, position, asOf(deps, times));
    },

    positions: async (_root, { filter, ...args }, { deps }) => {
      const page = pageRequest(args, POSITION_PAGE);
      const rows = await deps.positions.list(filter ?? {}, page);
      const today = deps.clock.today();
      return connectionOf(rows, page, {
        keyOf: ({ key }) => [key.text],
        nodeOf: (row) => presentSummary(row, today),
      });
    },
  },

  Position: {
    __resolveReference: async ({ id }, { deps, loaders }) => {
      const summary = await loaders.positionByKey.load(id);
      return summary && presentSummary(summary, deps.clock.today());
    },
    id: ({ key }) => key.text,
    bookId: ({ key }) => key.bookId,
    accountId: ({ key }) => key.accountId,
    contractId: ({ key }) => key.contractId,
    instrument: ({ key }) => ({ id: key.instrumentId }),
    projectedQuantity: ({ quantity, pendingForward }) =>
      pendingForward && projectedQuantity({ quantity, pendingForward }),
    costBasis: ({ key, costBasis }) => moneyOf(costBasis, key.currency),
    averageCost: ({ quantity, costBasis }) =>
      quantity === 0n ? null : divide(costBasis, quantity),
    realizedPnl: ({ key, realizedPnl }) => moneyOf(realizedPnl, key.currency),
    knownAt: ({ knownAtMs, ...position }, _args, context) =>
      knownAtMs ?? lastRecordedAtOf(position, context),
    lots: (position, _args, context) => lotsOf(position, context),

    lotsConnection: async (position, args, context) => {
      const page = pageRequest(args, LOT_PAGE);
      const lots = await lotsOf(position, context);
      const start = versionAfter(page);
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
      versionAfter(page);
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

/** The newest figures as known at an instant are those of its day. */
function asOf({ clock }: Context['deps'], { effectiveAt, knownAtMs }: TimesAsked): AsOf {
  const day = effectiveAt ?? utcDateOf(knownAtMs ?? clock.nowMs());
  const isCurrent = knownAtMs === null && day >= clock.today();
  return { effectiveAt: day, knownAtMs, isCurrent };
}

async function lastRecordedAtOf(
  { key, version }: Pick<PositionParent, 'key' | 'version'>,
  { loaders }: Context,
): Promise<number> {
  const last = await loaders.event.load({ key, version });
  invariant(last, `event ${version} of ${key.text} is there`);
  return last.recordedAtMs;
}

async function lotsOf(
  { key, version, lots, reliefMethod }: PositionParent,
  { loaders }: Context,
): Promise<readonly TaxLotParent[]> {
  const open = lots ?? (await loaders.lots.load({ key, version }));
  const { currency } = key;
  return inReliefOrder(reliefMethod, open).map((lot) => ({ ...lot, currency }));
}
