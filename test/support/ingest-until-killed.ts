// A process that ingests ticks until it is killed; a line of output per answered batch says the
// last source sequence that was promised to be stored.
//
//     node --import tsx test/support/ingest-until-killed.ts DATABASE_URL SYMBOL

import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { decimal } from '#kernel/decimal';
import { createInProcessBroadcast } from '#platform/broadcast/in-process-broadcast';
import { createInProcessCache } from '#platform/cache/in-process-cache';
import { systemClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { createTickInstrumentRepository } from '../../subgraphs/market-data/store/tick-instruments.ts';
import { createTickPastRepository } from '../../subgraphs/market-data/store/tick-past.ts';
import { createTickRepository } from '../../subgraphs/market-data/store/tick-repository.ts';
import { createLiveMarketData } from '../../subgraphs/market-data/workers/live-market-data.ts';

const BATCH = 50;

const [url = '', symbol = ''] = process.argv.slice(2);
const sql = openPool({ url, maxConnections: 2, applicationName: 'ingest-until-killed' });
const live = createLiveMarketData({
  ticks: createTickRepository(sql),
  past: createTickPastRepository(sql),
  instruments: createTickInstrumentRepository(sql),
  addInstruments: () => Promise.resolve(),
  broadcast: createInProcessBroadcast({ logger: silentLogger }),
  cache: createInProcessCache(),
  clock: systemClock,
  newId: randomUUID,
  logger: silentLogger,
  metrics: new Registry(),
  config: { feed: { kind: 'none' } },
});
await live.start();
for (let first = 1; ; first += BATCH) {
  const ticks = Array.from({ length: BATCH }, (_each, index) => ({
    symbol,
    price: decimal('100'),
    bid: null,
    ask: null,
    size: null,
    currency: null,
    eventTimeMs: Date.now(),
    recordedEventTimeMs: null,
    source: 'killed',
    sourceSequence: `${first + index}`,
    isSimulated: false,
  }));
  await live.ingest(ticks);
  process.stdout.write(`${first + BATCH - 1}\n`);
}
