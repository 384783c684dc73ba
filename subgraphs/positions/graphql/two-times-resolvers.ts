/** Positions at other times than now, and what changed between two of them. */

import { utcDateOf } from '#kernel/business-date';
import { connectionOf, pageRequest } from '#platform/connection';
import { figuresBetween, figuresOrNone } from '../domain/position-diff.ts';
import type { Position } from '../domain/position.ts';
import { diffPosition } from '../use-cases/diff-position.ts';
import { findKey } from '../use-cases/find-position.ts';
import { versionAfter } from './cursors.ts';
import type { PositionDiffParent, PositionParent } from './parents.ts';
import { keyAskedOf, presentFigures, presentPosition } from './present.ts';
import type { Resolvers } from './types.generated.ts';

const EVENT_PAGE = { list: 'diff-events', defaultFirst: 100, keyParts: 1 };

export const twoTimesResolvers = {
  Query: {
    positionDiff: async (_root, { key: asked, effectiveAt, knownFrom, knownTo }, { deps }) => {
      const key = await findKey(deps, keyAskedOf(asked));
      if (key === undefined) return null;
      const diff = await diffPosition(deps, key, {
        effectiveAt: effectiveAt ?? null,
        knownFromMs: knownFrom,
        knownToMs: knownTo,
      });
      return diff ?? null;
    },
  },

  PositionDiff: {
    knownFrom: ({ knownFromMs }) => knownFromMs,
    knownTo: ({ knownToMs }) => knownToMs,
    from: (diff) => presentAt(diff, diff.from, diff.knownFromMs),
    to: (diff) => presentAt(diff, diff.to, diff.knownToMs),
    before: ({ key, from }) => presentFigures(figuresOrNone(from), key.currency),
    after: ({ key, to }) => presentFigures(figuresOrNone(to), key.currency),
    delta: ({ key, from, to }) =>
      presentFigures(figuresBetween(figuresOrNone(from), figuresOrNone(to)), key.currency),

    events: async ({ key, fromVersion, toVersion }, args, { deps }) => {
      const page = pageRequest(args, EVENT_PAGE);
      const after = Math.max(fromVersion, versionAfter(page));
      const rows = await deps.positions.events(key, { ...page, after: [String(after)] });
      return connectionOf(
        rows.filter(({ version }) => version <= toVersion),
        page,
        {
          keyOf: ({ version }) => [String(version)],
          nodeOf: (row) => ({ ...row, key }),
        },
      );
    },
  },
} satisfies Resolvers;

function presentAt(
  { key, effectiveAt }: PositionDiffParent,
  position: Position | null,
  knownAtMs: number,
): PositionParent | null {
  if (position === null) return null;
  const day = effectiveAt ?? utcDateOf(knownAtMs);
  return presentPosition(key, position, { effectiveAt: day, knownAtMs, isCurrent: false });
}
