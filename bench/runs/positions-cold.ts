/**
 * The cold path of positions: from the arrival of a late trade to its correction seen by a
 * subscriber, on a position of 10,000 events, against the plain SELECT of its events in the same
 * run; what the hot path keeps of its rate while positions are recalculated without pause; and how
 * long a position at another time takes.
 */

import { withFreshDatabase } from '../fresh-database.ts';
import { measureCorrections } from '../positions/cold-corrections.ts';
import { measureHotRate } from '../positions/cold-hot-rate.ts';
import { measureOtherTimes } from '../positions/cold-other-times.ts';
import { historyOf, openColdWorld } from '../positions/cold-world.ts';
import type { Figure } from '../report.ts';

const EVENTS = 10_000;
const ACCOUNTS = ['ACC-0', 'ACC-1'] as const;

export function run(): Promise<readonly Figure[]> {
  return withFreshDatabase(async (url) => {
    const world = await openColdWorld(url);
    try {
      for (const account of ACCOUNTS) await world.record(historyOf(account, EVENTS));
      return [
        ...(await measureOtherTimes(world, ACCOUNTS[0], EVENTS)),
        ...(await measureCorrections(world, ACCOUNTS, EVENTS)),
        ...(await measureHotRate(world)),
      ];
    } finally {
      await world.close();
    }
  });
}
