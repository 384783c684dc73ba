/** What changed in a position between two instants, for the same business date. */

import { PlatformError } from '#platform/errors';
import { foldAsOf } from '../domain/fold.ts';
import type { Position } from '../domain/position.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { BusinessDate } from '#kernel/business-date';
import { type FindPositionDeps, hasCounted, requirePast } from './find-position.ts';

export interface DiffAsked {
  /** Null: whatever was recorded by each instant. */
  readonly effectiveAt: BusinessDate | null;
  readonly knownFromMs: number;
  readonly knownToMs: number;
}

export interface PositionDiff extends DiffAsked {
  readonly key: PositionKey;
  /** Null when nothing had counted by then. */
  readonly from: Position | null;
  readonly to: Position | null;
  /** Of the last events known; what lies between them was recorded in between. */
  readonly fromVersion: number;
  readonly toVersion: number;
}

/** Undefined when nothing was recorded by the later instant. */
export async function diffPosition(
  { knownHistory, replays, clock }: Pick<FindPositionDeps, 'knownHistory' | 'replays' | 'clock'>,
  key: PositionKey,
  asked: DiffAsked,
): Promise<PositionDiff | undefined> {
  const { effectiveAt, knownFromMs, knownToMs } = asked;
  requirePast('knownTo', knownToMs, clock);
  if (knownFromMs > knownToMs) {
    throw new PlatformError('BAD_USER_INPUT', 'knownFrom: expected an instant up to knownTo');
  }
  const [fromVersion, toVersion] = await Promise.all([
    knownHistory.lastVersion(key, knownFromMs),
    knownHistory.lastVersion(key, knownToMs),
  ]);
  if (toVersion === 0) return undefined;
  const foldUpTo = async (upTo: number, knownAtMs: number): Promise<Position | null> => {
    if (upTo === 0) return null;
    const { from, events } = await knownHistory.load(key, { upTo, effectiveAt, knownAtMs });
    const position = { ...foldAsOf(events, { effectiveAt, from }), version: upTo };
    return hasCounted(position, effectiveAt) ? position : null;
  };
  return replays.run(async () => {
    const from = await foldUpTo(fromVersion, knownFromMs);
    const to = await foldUpTo(toVersion, knownToMs);
    return { ...asked, key, from, to, fromVersion, toVersion };
  });
}
