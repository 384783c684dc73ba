/**
 * The positions subgraph as a process of its own, to be killed. Loads everything and waits for one
 * line `{"databaseUrl": …, "redisUrl": …}`, so that a spare can take over within milliseconds; then
 * serves, and says `READY url`. Ends with whoever started it.
 *
 *     node --import tsx test/support/positions-server.ts
 */

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { readConfig } from '#platform/config';
import { serveSubgraph } from '#platform/graphql/endpoint';
import { createInternalTokens } from '#platform/identity/internal-tokens';
import { createLogger } from '#platform/logger';
import { openParts } from '#platform/parts';
import { buildPositions } from '../../subgraphs/positions/main.ts';
import { FIRE_SECRET, REQUEST_LIMIT_MS } from './positions-process.ts';

const lines = createInterface({ input: process.stdin });
process.stdin.once('end', () => process.exit(1));
process.stdout.write('LOADED\n');
const [line] = (await once(lines, 'line')) as [string];
const { databaseUrl, redisUrl } = JSON.parse(line) as { databaseUrl: string; redisUrl?: string };

const config = readConfig({ REDIS_URL: redisUrl, FEED: 'none' });
const logger = createLogger('error', { write: (text) => void process.stderr.write(text) });
const parts = await openParts({ config, databaseUrl, logger });
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
