/** The whole platform in this process: database, parts, subgraphs, gateway, in that order. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Gateway } from '../gateway/gateway-options.ts';
import { configuredLimits } from '../gateway/limits/configured-limits.ts';
import { openSafelist, type Safelist } from '../gateway/limits/safelist.ts';
import { startGateway } from '../gateway/start-gateway.ts';
import { followSupergraphFile } from '../gateway/supergraph-file.ts';
import type { Config } from '#platform/config';
import { StartupError } from '#platform/errors';
import { createInternalTokens, internalSecretFor } from '#platform/identity/internal-tokens';
import { createTokenVerifier } from '#platform/identity/tokens';
import type { Logger } from '#platform/logger';
import { type OpenedParts, openParts } from '#platform/parts';
import type { Shutdown } from '#platform/shutdown';
import type { Subgraph } from '#platform/subgraph';
import { openDatabase } from './database.ts';
import { SUBGRAPH_BUILDERS, SUBGRAPH_NAMES } from './subgraphs.ts';
import { withVendors } from './vendors.ts';

export interface RunningPlatform {
  /** Of GraphQL. */
  readonly url: string;
  /** Of the emulated vendors; empty without any. */
  readonly emulatorUrls: readonly string[];
  /** Settles with a sentence when the platform cannot go on. */
  readonly lost: Promise<string>;
}

const SUPERGRAPH_FILE = join(import.meta.dirname, '../schema/supergraph.graphql');

/** Everything opened is added to `shutdown`, also when the start fails half-way. */
export async function startPlatform(options: {
  readonly config: Config;
  readonly logger: Logger;
  readonly shutdown: Shutdown;
}): Promise<RunningPlatform> {
  const { logger, shutdown } = options;
  await requireFreePort(options.config);
  const safelist = openSafelist({ ...options.config.registeredOperations, logger });
  await shutdown.add('safelist', async () => safelist.close());
  const config = await withVendors(options.config, {
    logger,
    shutdown,
    firstPort: options.config.port === 0 ? 0 : options.config.port + 1,
  });
  const database = await openDatabase({ config, logger, mayJoinRunning: false });
  await shutdown.add('database', () => database.close());
  const parts = await openParts({ config, databaseUrl: database.url, logger });
  await shutdown.add('parts', () => parts.close());
  const builders = await Promise.all(
    localSubgraphs(config).map((name) => SUBGRAPH_BUILDERS[name]()),
  );
  const subgraphs = builders.map((build) => build(parts));
  for (const subgraph of subgraphs) {
    await shutdown.add(subgraph.name, () => subgraph.stop());
    await subgraph.start();
  }
  const gateway = await openGateway({ parts, subgraphs, safelist });
  await shutdown.add('gateway', () => gateway.stop());
  if (!config.isProduction) {
    const unwatch = followSupergraphFile({ file: SUPERGRAPH_FILE, gateway, logger });
    await shutdown.add('supergraph file', unwatch);
  }
  return { url: gateway.url, emulatorUrls: emulatorUrlsOf(config), lost: database.lost };
}

function emulatorUrlsOf({ emulatedVendors, vendors }: Config): readonly string[] {
  return emulatedVendors.length === 0 ? [] : vendors.map(({ url }) => url);
}

/** Said before anything is started, not after the minutes that a first import may take. */
async function requireFreePort({ host, port }: Config): Promise<void> {
  const probe = createServer().listen(port, host);
  try {
    await once(probe, 'listening');
  } catch (cause) {
    throw new StartupError(
      `Port ${port} of ${host} cannot be used: stop what uses it, or set PORT to another one.`,
      { cause },
    );
  }
  probe.close();
  await once(probe, 'close');
}

/** Those without a URL of their own run in this process. */
function localSubgraphs(config: Config) {
  return SUBGRAPH_NAMES.filter((name) => config.subgraphUrls[name] === undefined);
}

async function openGateway(options: {
  readonly parts: OpenedParts;
  readonly subgraphs: readonly Subgraph[];
  readonly safelist: Safelist;
}): Promise<Gateway> {
  const { parts, subgraphs, safelist } = options;
  const { config, clock } = parts;
  const secret = internalSecretFor({ ...config, secret: config.internalTokenSecret });
  return startGateway({
    ...config,
    supergraphSdl: readFileSync(SUPERGRAPH_FILE, 'utf8'),
    subgraphs,
    internalTokens: createInternalTokens(secret, clock),
    verifyToken: await createTokenVerifier({ ...config, ...config.identity, clock }),
    limits: configuredLimits(config.gatewayLimits),
    rateLimiter: parts.rateLimiter,
    safelist,
    readyChecks: {
      database: async () => {
        await parts.sql`select 1`;
      },
    },
    clock,
    logger: parts.logger,
    metrics: parts.metrics,
    newId: parts.newId,
  });
}
