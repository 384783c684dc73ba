/** Events of positions, and the streams of changes. */

import { divide } from '#kernel/decimal';
import { invariant } from '#platform/errors';
import { type Change, watchChanges } from '../use-cases/watch-changes.ts';
import type { LotAllocationParent, PositionEventParent } from './parents.ts';
import { keyOfChange, moneyOf, presentChanged } from './present.ts';
import type { Resolvers } from './types.generated.ts';

export const eventResolvers = {
  Subscription: {
    positionChanged: {
      subscribe: (_root, { filter, after }, { deps }) =>
        watchChanges(deps, filter ?? {}, after ?? null),
      resolve: (change: Change) => change,
    },
  },

  PositionChange: {
    position: (change) => presentChanged(change),
    event: async (change, _args, { loaders }) => {
      const key = keyOfChange(change);
      const recorded = await loaders.event.load({ key, version: change.event.eventVersion });
      invariant(recorded, `event ${change.event.eventVersion} of ${key.text} is stored`);
      return { ...recorded, key };
    },
  },

  PositionEvent: {
    id: ({ key, version }) => `${key.text}#${version}`,
    type: ({ event }) => event.type,
    effect: ({ event }) => event.effect,
    effectiveDate: ({ event }) => event.trade.effectiveDate,
    recordedAt: ({ recordedAtMs }) => recordedAtMs,
    executedAt: ({ event }) => event.trade.executedAtMs,
    tradeId: ({ event }) => event.trade.tradeId,
    uti: ({ event }) => event.uti,
    clOrdId: ({ event }) => event.trade.clOrdId,
    side: ({ event }) => event.trade.side,
    quantity: ({ event }) => event.trade.quantity,
    price: (parent) => money(parent, parent.event.trade.price),
    fees: (parent) => money(parent, parent.event.trade.fees),
    classification: ({ event }) => event.classification,
    reliefMethod: ({ event }) => event.reliefMethod,
    realizedPnl: (parent) => money(parent, parent.event.realizedPnl),
    allocations: ({ key, event }) =>
      event.allocations.map((each): LotAllocationParent => ({ ...each, currency: key.currency })),
  },

  LotAllocation: {
    lot: ({ lotId }) => lotId,
    unitCost: ({ basisOut, takenQuantity }) => {
      const unit = divide(basisOut, takenQuantity);
      return unit < 0n ? 0n - unit : unit;
    },
    basisOut: ({ basisOut, currency }) => moneyOf(basisOut, currency),
    proceeds: ({ proceeds, currency }) => moneyOf(proceeds, currency),
    gain: ({ gain, currency }) => moneyOf(gain, currency),
  },
} satisfies Resolvers;

function money({ key }: PositionEventParent, value: bigint) {
  return moneyOf(value, key.currency);
}
