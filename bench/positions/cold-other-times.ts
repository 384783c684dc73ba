/** A position on two clocks, against the position now. */

import { systemClock } from '#platform/clock';
import { createKnownHistory } from '../../subgraphs/positions/store/known-history.ts';
import { createPositionRepository } from '../../subgraphs/positions/store/positions.ts';
import { findKey, findPositionAt } from '../../subgraphs/positions/use-cases/find-position.ts';
import { createReplaySlots } from '../../subgraphs/positions/use-cases/replay-slots.ts';
import { type Figure, median } from '../report.ts';
import { type ColdWorld, dayOf } from './cold-world.ts';

const ROUNDS = 41;
const WARM_UP = 5;

export async function measureOtherTimes(
  world: ColdWorld,
  accountId: string,
  events: number,
): Promise<readonly Figure[]> {
  const { sql } = world;
  const positions = createPositionRepository(sql);
  const deps = {
    instruments: world.recording.instruments,
    knownHistory: createKnownHistory(sql),
    replays: createReplaySlots(),
    clock: systemClock,
  };
  const key = await findKey(deps, {
    bookId: 'COLD',
    accountId,
    symbol: 'AAPL',
    currency: null,
    contractId: null,
  });
  if (key === undefined) throw new Error('the instrument is not known');
  const knownAtMs = systemClock.nowMs();

  const now = await medianMs(async () => (await positions.byKeys([key.text])).get(key.text));
  const times = await medianMs((round) =>
    findPositionAt(deps, key, {
      effectiveAt: dayOf(Math.floor((events * (round + 1)) / (ROUNDS + 2))),
      knownAtMs,
    }),
  );
  const what = `position(effectiveAt, knownAt) of ${events.toLocaleString('en-US')} events`;
  return [
    {
      what,
      value: times,
      unit: 'ms',
      target: '< 50 ms, aim < 10 ms',
      reference: { what: 'the same position now', value: now },
    },
  ];
}

async function medianMs(work: (round: number) => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAtMs = performance.now();
    if ((await work(round)) === undefined) throw new Error('expected a position');
    taken.push(performance.now() - startedAtMs);
  }
  return median(taken.slice(WARM_UP));
}
