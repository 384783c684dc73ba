/**
 * For the crash test: a process of its own that fills open orders of AAPL by small ticks, until it
 * is killed. Arguments: database URL, configuration as JSON.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '#platform/config';
import { openOrders } from './orders-test-support.ts';

const TICK_EVERY_MS = 4;
const [url = '', config = ''] = process.argv.slice(2);
const platform = await openOrders({ url, config: JSON.parse(config) as Config });
for (;;) {
  await platform.tick('AAPL', '99', { bid: '98.9', ask: '99.1', size: '1' });
  await delay(TICK_EVERY_MS);
}
