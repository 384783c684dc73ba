/**
 * The positions subgraph as a process of its own, to be killed. Loads everything and waits for one
 * line of settings, so that a spare can take over within milliseconds; then serves, and says
 * `READY url`. Ends with whoever started it.
 *
 *     node --import tsx test/support/positions-server.ts
 */

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { readConfig } from '#platform/config';
import { serveSubgraph } from '#platform/graphql/endpoint';
import { createPostgresEventLog } from '#platform/event-log/postgres-event-log';
import { createInternalTokens } from '#platform/identity/internal-tokens';
import { createLogger } from '#platform/logger';
import { openParts } from '#platform/parts';
import { buildPositions } from '../../subgraphs/positions/main.ts';
import {
  FIRE_SECRET,
  GROUP_TTL_MS,
  type ProcessSettings,
  REQUEST_LIMIT_MS,
} from './positions-process.ts';

const lines = createInterface({ input: process.stdin });
process.stdin.once('end', () => process.exit(1));
process.stdout.write('LOADED\n');
const [line] = (await once(lines, 'line')) as [string];
const { databaseUrl, redisUrl } = JSON.parse(line) as ProcessSettings;

const config = readConfig({ REDIS_URL: redisUrl, FEED: 'none' });
const logger = createLogger('error', { write: (text) => void process.stderr.write(text) });
const opened = await openParts({ config, databaseUrl, logger });
// Whoever is killed keeps its partitions of a topic for that long: here not for five seconds.
const eventLog =
  redisUrl === undefined
    ? createPostgresEventLog({ ...opened, url: databaseUrl, groupTtlMs: GROUP_TTL_MS })
    : opened.eventLog;
const parts = { ...opened, eventLog };
const subgraph = buildPositions(parts);
await subgraph.start();
const endpoint = await serveSubgraph(subgraph, {
  ...parts,
  host: '127.0.0.1',
  port: 0,
  requestTimeoutMs: REQUEST_LIMIT_MS,
  internalTokens: createInternalTokens(FIRE_SECRET, parts.clock),
  readyChecks: {},
});
process.stdout.write(`READY ${endpoint.url}\n`);
