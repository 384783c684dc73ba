/**
 * For the test of a killed worker: a process of its own that takes the lease and hangs in the first
 * timer it carries out, until it is killed. Arguments: database URL, epoch milliseconds of its now.
 */

import { Registry } from 'prom-client';
import { pause } from '#platform/backoff';
import { fixedClock } from '#platform/clock';
import { createPostgresLease } from '#platform/lease/postgres-lease';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { createTimerStore } from '../store/timers.ts';
import { startTimers } from './timers.ts';

const [url = '', nowMs = ''] = process.argv.slice(2);
const sql = openPool({ url, maxConnections: 3, applicationName: 'hanging-timers' });
startTimers({
  timers: createTimerStore(sql),
  lease: createPostgresLease({ sql, logger: silentLogger }),
  clock: fixedClock(Number(nowMs)),
  pause,
  logger: silentLogger,
  metrics: new Registry(),
  leaseTtlMs: 1_000,
  fire: ({ kind, code }) => {
    process.stdout.write(`${kind} ${code}\n`);
    return new Promise(() => undefined);
  },
});
