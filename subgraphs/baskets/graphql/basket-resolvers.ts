/** Baskets, their versions, levels and audit trail. */

import { connectionOf, pageRequest } from '#platform/connection';
import { invariant } from '#platform/errors';
import { allowedEvents } from '../domain/basket-caller.ts';
import { VOLATILITY_CONVENTION } from '../domain/weighing.ts';
import { constituentChanges, turnoverOf } from '../domain/version-changes.ts';
import type { DelistingRow } from '../store/approval-reader.ts';
import { listBaskets } from '../use-cases/list-baskets.ts';
import { normalizedCode } from '../use-cases/load-reference.ts';
import { watchLevels } from '../use-cases/watch-levels.ts';
import { type ToldTransition, watchTransitions } from '../use-cases/watch-transitions.ts';
import type { PublishedLevel } from '../workers/level-hub.ts';
import { callerOf } from './command-request.ts';
import { presentPublished, presentStored, shownFactor } from './present.ts';
import type { Context } from './context.ts';
import type { Resolvers } from './types.generated.ts';

const BASKET_PAGE = { list: 'baskets', defaultFirst: 50, keyParts: 1 };
const LEVEL_PAGE = { list: 'levels', defaultFirst: 100, keyParts: 1 };
const TRANSITION_PAGE = { list: 'transitions', defaultFirst: 100, keyParts: 1 };

/** Who waits for a second person: only until it is confirmed, or somebody wants it off. */
function whoAsked({ requestedBy, confirmedBy, cancelRequestedBy }: DelistingRow) {
  if (confirmedBy === null) return [requestedBy];
  return cancelRequestedBy === null ? [] : [cancelRequestedBy];
}

export const basketResolvers = {
  Query: {
    basket: (_root, { code }, { loaders }) => loaders.basketByCode.load(normalizedCode(code)),

    baskets: async (_root, { filter, ...args }, { deps }) => {
      const page = pageRequest(args, BASKET_PAGE);
      const rows = await listBaskets(deps, filter ?? {}, page);
      return connectionOf(rows, page, { keyOf: (row) => [row.code], nodeOf: (row) => row });
    },
  },

  Subscription: {
    basketLevels: {
      subscribe: (_root, { codes }, { deps }) => watchLevels(deps, codes),
      resolve: (published: PublishedLevel) => presentPublished(published),
    },
    basketStateChanged: {
      subscribe: (_root, { codes, after }, { deps }) =>
        watchTransitions(deps, { codes: codes ?? null, after: after ?? null }),
      resolve: async ({ sequence, event }: ToldTransition, _args: unknown, { deps }: Context) => ({
        ...(await deps.audit.one(event.basketId, event.number)),
        sequence,
      }),
    },
  },

  Basket: {
    __resolveReference: ({ id }, { loaders }) => loaders.basketById.load(id),

    allowedEvents: async ({ createdBy: owner, ...basket }, _args, { request, loaders }) => {
      const number = basket.pendingVersion ?? basket.currentVersion;
      const [makers, delisting] = await Promise.all([
        loaders.makers.load({ basketId: basket.id, number }),
        loaders.delisting.load(basket.id),
      ]);
      const askedToDelist = delisting ? whoAsked(delisting) : [];
      return allowedEvents({ ...basket, owner, makers, askedToDelist }, callerOf(request, null));
    },

    version: async ({ id, code, currentVersion }, _args, { loaders }) => {
      const versions = await loaders.versions.load(id);
      const version = versions.find(({ number }) => number === currentVersion) ?? versions.at(-1);
      invariant(version, `basket ${code} has a version`);
      return version;
    },

    versions: ({ id }, _args, { loaders }) => loaders.versions.load(id),

    pendingVersion: async ({ id, pendingVersion }, _args, { loaders }) => {
      if (pendingVersion === null) return null;
      const versions = await loaders.versions.load(id);
      return versions.find(({ number }) => number === pendingVersion) ?? null;
    },

    launchAt: ({ launchAtMs }) => launchAtMs,
    delisting: ({ id }, _args, { loaders }) => loaders.delisting.load(id),
    level: (basket, _args, { loaders }) => loaders.level.load(basket),
    createdAt: ({ createdAtMs }) => createdAtMs,

    levels: async (basket, { from, to, ...args }, { deps }) => {
      const page = pageRequest(args, LEVEL_PAGE);
      const range = { fromMs: from ?? null, toMs: to ?? null };
      const rows = await deps.levels.inRange(basket.id, range, page);
      return connectionOf(rows, page, {
        keyOf: (row) => [String(row.slotAtMs)],
        nodeOf: (row) => presentStored(basket, row),
      });
    },

    transitions: async ({ id }, { withRefused, ...args }, { deps }) => {
      const page = pageRequest(args, TRANSITION_PAGE);
      const rows = await deps.audit.page(id, page, { withRefused });
      return connectionOf(rows, page, {
        keyOf: (row) => [String(row.number)],
        nodeOf: (row) => row,
      });
    },
  },

  BasketVersion: {
    constituents: (version, _args, { loaders }) => loaders.constituents.load(version),
    createdAt: ({ createdAtMs }) => createdAtMs,
    effectiveAt: ({ effectiveAtMs }) => effectiveAtMs,
    makers: (version, _args, { loaders }) => loaders.makers.load(version),
    approvals: (version, _args, { loaders }) => loaders.approvals.load(version),

    changes: async (version, { since: asked }, { loaders }) => {
      const since = asked ?? version.number - 1;
      const versions = await loaders.versions.load(version.basketId);
      const former = versions.find(({ number }) => number === since);
      if (!former) return null;
      const [before, after] = await Promise.all([
        loaders.constituents.load(former),
        loaders.constituents.load(version),
      ]);
      const constituents = constituentChanges(before, after);
      return { since, constituents, turnover: turnoverOf(constituents) };
    },
  },

  Weighing: {
    inputs: ({ names }) => names,
    volatilityConvention: ({ volatilityWindow }) =>
      volatilityWindow === null ? null : VOLATILITY_CONVENTION,
  },

  WeighingInput: {
    fx: ({ fx }) => fx && shownFactor(fx),
    freeFloatFactor: ({ freeFloat }) => freeFloat,
  },

  BasketApproval: {
    submittedAt: ({ submittedAtMs }) => submittedAtMs,
    expiresAt: ({ expiresAtMs }) => expiresAtMs,
  },

  GivenApproval: { at: ({ atMs }) => atMs },
  BasketDelisting: { completedAt: ({ completedAtMs }) => completedAtMs },

  Constituent: {
    instrument: ({ instrumentId }) => ({ id: instrumentId }),
  },

  BasketLevel: {
    basket: ({ basketId }, _args, { loaders }) => loaders.basketById.load(basketId),
  },

  BasketTransition: {
    id: ({ basketId, number }) => `${basketId}:${number}`,
    basket: ({ basketId }, _args, { loaders }) => loaders.basketById.load(basketId),
    at: ({ recordedAtMs }) => recordedAtMs,
    sequence: ({ sequence }) => sequence ?? null,
  },
} satisfies Resolvers;
