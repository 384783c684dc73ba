/** Runs on the threads of the cold path: loads histories by a pool of its own, and replays them. */

import { payload, text } from '#kernel/topics/reading';
import { openPool } from '#platform/postgres';
import { createGuard } from '#platform/retry';
import { onThread, threadData } from '#platform/worker-thread';
import { createHistoryStore } from '../store/history.ts';
import { calculateCorrection, type CalculationTask } from '../use-cases/calculate-correction.ts';
import { CONNECTIONS_PER_THREAD, LOADING } from './recalculation-limits.ts';

const store = createHistoryStore(
  openPool({
    url: text(payload(threadData()), 'databaseUrl'),
    maxConnections: CONNECTIONS_PER_THREAD,
    applicationName: 'plumbline-positions-cold',
    statementTimeoutMs: LOADING.timeoutMs,
  }),
);
const guard = createGuard({ name: 'the history of positions', ...LOADING });
const history: typeof store = {
  pendingOf: (key) => guard.run(() => store.pendingOf(key)),
  load: (key, bound) => guard.run(() => store.load(key, bound)),
};

export const handle = onThread((task: CalculationTask) => calculateCorrection({ history }, task));
