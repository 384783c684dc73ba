/**
 * For the crash test: a process of its own that fills open orders of AAPL by small ticks, until it
 * is killed. Argument: database URL.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { readConfig } from '#platform/config';
import { openOrders } from './orders-test-support.ts';

const TICK_EVERY_MS = 4;
const [url = ''] = process.argv.slice(2);
const platform = await openOrders({ url, config: readConfig({ LOG_LEVEL: 'silent' }) });
for (;;) {
  await platform.tick('AAPL', '99', { bid: '98.9', ask: '99.1', size: '1' });
  await delay(TICK_EVERY_MS);
}
