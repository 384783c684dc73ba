/**
 * `npm run gateway -- --supergraph FILE --port N`: the gateway alone, against any supergraph. No
 * database, no Redis, no tokens, no limits; subgraphs are reached at the URLs the file names.
 */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stderr, stdout } from 'node:process';
import { Command } from 'commander';
import { systemClock } from '#platform/clock';
import { readConfig } from '#platform/config';
import { StartupError } from '#platform/errors';
import { createLogger } from '#platform/logger';
import { createMetrics } from '#platform/metrics';
import type { Gateway } from './gateway-options.ts';
import { startGateway } from './start-gateway.ts';
import { followSupergraphFile } from './supergraph-file.ts';

const MAX_PORT = 65_535;

const program = new Command('gateway')
  .description('Serves a supergraph file, with no database, no tokens and no limits.')
  .requiredOption('--supergraph <file>', 'the composed supergraph SDL')
  .option('--port <number>', 'port to listen on; 0 takes any free one', '4000')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .action(run);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

interface Options {
  readonly supergraph: string;
  readonly port: string;
  readonly host: string;
}

async function run({ supergraph, port, host }: Options): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config.logLevel);
  const gateway = await startAlone(readSupergraphFile(supergraph), {
    host,
    port: readPort(port),
    requestTimeoutMs: config.requestTimeoutMs,
    stopDelayMs: config.stopDelayMs,
    logger,
    corsOrigins: config.corsOrigins,
  }).catch((error: unknown) => {
    throw notServed(supergraph, error);
  });
  stdout.write(`Gateway ready at ${gateway.url}\n`);
  const unwatch = config.isProduction
    ? () => Promise.resolve()
    : followSupergraphFile({ file: supergraph, gateway, logger });
  const stop = (): void => {
    void unwatch().then(() => gateway.stop());
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

type Given = Pick<
  Parameters<typeof startGateway>[0],
  'host' | 'port' | 'requestTimeoutMs' | 'stopDelayMs' | 'logger' | 'corsOrigins'
>;

function startAlone(supergraphSdl: string, given: Given): Promise<Gateway> {
  return startGateway({
    ...given,
    supergraphSdl,
    subgraphs: [],
    subgraphUrls: {},
    internalTokens: 'none',
    verifyToken: 'off',
    limits: 'off',
    isProduction: false,
    apollo: { key: undefined, graphRef: undefined },
    readyChecks: {},
    examples: [],
    clock: systemClock,
    metrics: createMetrics(),
    newId: randomUUID,
  });
}

function readSupergraphFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const message = `Name a readable file with --supergraph: ${file} is not one.`;
    throw new StartupError(message, { cause });
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= MAX_PORT) return port;
  throw new StartupError(`Give --port as a number from 0 to ${MAX_PORT}; it was "${text}".`);
}

function notServed(file: string, cause: unknown): StartupError {
  if (cause instanceof StartupError) return cause;
  const why = cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : String(cause);
  return new StartupError(`Give a supergraph that can be served: ${file} is none (${why}).`, {
    cause,
  });
}
