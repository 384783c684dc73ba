/** Publishes the subgraphs' schemas to Apollo Studio; needs APOLLO_KEY and APOLLO_GRAPH_REF. */

import { readFileSync } from 'node:fs';
import { stderr, stdout } from 'node:process';
import { Command } from 'commander';
import { readConfig } from '#platform/config';
import { PlatformError, StartupError } from '#platform/errors';
import type { SubgraphName } from '#platform/subgraph';
import { publishToStudio, type StudioSubgraph } from '../gateway/studio.ts';

const NAMES: readonly SubgraphName[] = ['market-data', 'baskets', 'positions', 'orders', 'risk'];
const shared = readText('../schema/shared.graphql');

const program = new Command('publish-schema')
  .description("Publishes the subgraphs' schemas to Apollo Studio.")
  .option('--revision <name>', 'what this version is called, such as a commit', 'unnamed')
  .action(async ({ revision }: { revision: string }) => {
    const config = readConfig();
    const { key, graphRef } = config.apollo;
    if (key === undefined || graphRef === undefined) {
      throw new StartupError('Set APOLLO_KEY and APOLLO_GRAPH_REF to publish to Apollo Studio.');
    }
    const subgraphs = NAMES.map((name) => subgraphOf(name, config.subgraphUrls[name]));
    for (const each of await publishToStudio({ key, graphRef, subgraphs, revision })) {
      const outcome = each.wasCreated ? 'created' : 'updated';
      stdout.write(`${each.name}: ${[outcome, ...each.problems].join('; ')}\n`);
    }
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof StartupError || error instanceof PlatformError)) throw error;
  stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function subgraphOf(name: SubgraphName, url: string | undefined): StudioSubgraph {
  const sdl = `${readText(`../subgraphs/${name}/${name}.graphql`)}\n${shared}`;
  return { name, sdl, url: url ?? `http://${name}/graphql` };
}

function readText(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}
