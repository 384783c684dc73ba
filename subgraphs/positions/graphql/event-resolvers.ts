/** Events of positions, and the streams of changes. */

import { divide } from '#kernel/decimal';
import { invariant } from '#platform/errors';
import { allocationsIn, effectsIn, gainIn, tradeIdIn, tradeIn } from '../domain/event-contents.ts';
import type { LotReliefMethod } from '../domain/lot-relief.ts';
import { effectiveDateOf, latenessOf, type PositionEvent } from '../domain/position-event.ts';
import { type Change, keyOfChange, watchChanges } from '../use-cases/watch-changes.ts';
import type { LotAllocationParent, PositionEventParent } from './parents.ts';
import { moneyOf, presentChanged } from './present.ts';
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
    event: async (change) => {
      const key = keyOfChange(change);
      const recorded = await change.recorded();
      invariant(recorded, `event ${change.event.eventVersion} of ${key.text} is stored`);
      return { ...recorded, key };
    },
  },

  PositionEvent: {
    id: ({ key, version }) => `${key.text}#${version}`,
    type: ({ event }) => event.type,
    effect: ({ event }) => effectsIn(event)?.effect ?? null,
    effectiveDate: ({ event }) => effectiveDateOf(event),
    recordedAt: ({ recordedAtMs }) => recordedAtMs,
    executedAt: ({ event }) => tradeIn(event)?.executedAtMs ?? null,
    tradeId: ({ event }) => tradeIdIn(event),
    uti: ({ event }) => ('uti' in event ? event.uti : null),
    clOrdId: ({ event }) => tradeIn(event)?.clOrdId ?? null,
    side: ({ event }) => tradeIn(event)?.side ?? null,
    quantity: ({ event }) => tradeIn(event)?.quantity ?? null,
    price: (parent) => moneyOrNull(parent, tradeIn(parent.event)?.price),
    fees: (parent) => moneyOrNull(parent, tradeIn(parent.event)?.fees),
    tipDate: ({ event }) => latenessOf(event)?.tipDate ?? null,
    classification: ({ event }) => ('classification' in event ? event.classification : null),
    reliefMethod: ({ event }) => methodIn(event),
    realizedPnl: (parent) => moneyOrNull(parent, gainIn(parent.event)),
    allocations: ({ key, event }) =>
      allocationsIn(event).map((each): LotAllocationParent => ({
        ...each,
        currency: key.currency,
      })),
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

function moneyOrNull({ key }: PositionEventParent, value: bigint | null | undefined) {
  return value === null || value === undefined ? null : moneyOf(value, key.currency);
}

function methodIn(event: PositionEvent): LotReliefMethod | null {
  if ('reliefMethod' in event) return event.reliefMethod;
  return event.type === 'LOT_METHOD_CHANGED' ? event.method : null;
}
