/**
 * `npm run subgraph -- NAME --port N`: one subgraph in a process of its own. The gateway reaches it
 * when SUBGRAPH_<NAME>_URL names it. Processes share DATABASE_URL, REDIS_URL and the secret.
 */

import { stdout } from 'node:process';
import { Command, Option } from 'commander';
import { serveSubgraph } from '#platform/graphql/endpoint';
import { createInternalTokens, internalSecretFor } from '#platform/identity/internal-tokens';
import { openParts } from '#platform/parts';
import type { SubgraphName } from '#platform/subgraph';
import { type CommandParts, runCommand } from './command.ts';
import { openDatabase } from './database.ts';
import { SUBGRAPH_BUILDERS, SUBGRAPH_NAMES } from './subgraphs.ts';
import { withVendors } from './vendors.ts';

const program = new Command('subgraph')
  .description('Serves one subgraph for a gateway in another process.')
  .argument('<name>', `one of ${SUBGRAPH_NAMES.join(' ')}`, subgraphName)
  .addOption(new Option('--port <number>', 'where it listens').argParser(Number).default(0));
program.parse();

const [name] = program.processedArgs as [SubgraphName];
const { port } = program.opts<{ port: number }>();
await runCommand(name, (parts) => serve(name, port, parts));

async function serve(
  subgraphName: SubgraphName,
  listenPort: number,
  { logger, shutdown, giveUp, ...given }: CommandParts,
): Promise<void> {
  const needsVendors = subgraphName === 'baskets';
  const config = needsVendors
    ? await withVendors(given.config, { logger, shutdown, firstPort: 0 })
    : given.config;
  const database = await openDatabase({ config, logger, mayJoinRunning: true });
  await shutdown.add('database', () => database.close());
  void database.lost.then(giveUp);
  const parts = await openParts({ config, databaseUrl: database.url, logger });
  await shutdown.add('parts', () => parts.close());
  const build = await SUBGRAPH_BUILDERS[subgraphName]();
  const subgraph = build(parts);
  await shutdown.add('subgraph', () => subgraph.stop());
  await subgraph.start();
  const secret = internalSecretFor({ ...config, secret: config.internalTokenSecret });
  const endpoint = await serveSubgraph(subgraph, {
    ...parts,
    host: config.host,
    port: listenPort,
    requestTimeoutMs: config.requestTimeoutMs,
    stopDelayMs: config.stopDelayMs,
    internalTokens: createInternalTokens(secret, parts.clock),
    readyChecks: {
      database: async () => {
        await parts.sql`select 1`;
      },
    },
  });
  await shutdown.add('endpoint', () => endpoint.stop());
  stdout.write(`${subgraphName} is ready at ${endpoint.url}\n`);
}

function subgraphName(text: string): SubgraphName {
  const found = SUBGRAPH_NAMES.find((each) => each === text);
  if (found === undefined) return program.error(`Name one of ${SUBGRAPH_NAMES.join(', ')}.`);
  return found;
}
