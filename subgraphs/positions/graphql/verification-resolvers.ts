/** The check of a position against its history. */

import { findKey } from '../use-cases/find-position.ts';
import { verifyPosition } from '../use-cases/verify-position.ts';
import { keyAskedOf } from './present.ts';
import type { Resolvers } from './types.generated.ts';

export const verificationResolvers = {
  Query: {
    verifyPosition: async (_root, { key: asked }, { deps }) => {
      const key = await findKey(deps, keyAskedOf(asked));
      if (key === undefined) return NOTHING_TO_VERIFY;
      const verification = await verifyPosition(deps, key);
      const { version, eventsReplayed, differences, differenceCount } = verification;
      const { isChainIntact, brokenAtVersion, lastHash, tookMs } = verification;
      return {
        positionId: key.text,
        version,
        matches: differenceCount === 0,
        differences,
        differenceCount,
        eventsReplayed,
        chainIntact: isChainIntact,
        brokenAtVersion,
        lastHash,
        tookMs: Math.round(tookMs),
      };
    },
  },
} satisfies Resolvers;

const NOTHING_TO_VERIFY = {
  positionId: null,
  version: 0,
  matches: true,
  differences: [],
  differenceCount: 0,
  eventsReplayed: 0,
  chainIntact: true,
  brokenAtVersion: null,
  lastHash: null,
  tookMs: 0,
};
