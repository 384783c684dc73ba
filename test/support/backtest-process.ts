/**
 * Baskets as a process of its own, to be killed: `startBacktestProcess` forks this very file, which
 * then runs the backtests of a database until its end.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { readConfig } from '#platform/config';
import { createLogger } from '#platform/logger';
import { openParts } from '#platform/parts';
import { buildBaskets } from '../../subgraphs/baskets/main.ts';

const FILE = fileURLToPath(import.meta.url);

export interface BacktestProcess {
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** `variables` of the environment, on top of no feed and no vendors. */
export async function startBacktestProcess(
  databaseUrl: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<BacktestProcess> {
  const given = ['run', databaseUrl, JSON.stringify(variables)];
  const child = fork(FILE, given, { execArgv: ['--import', 'tsx'] });
  const ended = once(child, 'exit').then(() => {
    throw new Error('the process ended before it could run backtests');
  });
  await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  return { kill: () => killed(child) };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const [verb, databaseUrl, variables = '{}'] = process.argv.slice(2);
if (verb === 'run' && databaseUrl !== undefined) {
  const given = JSON.parse(variables) as Record<string, string>;
  const config = readConfig({ FEED: 'none', VENDORS: 'none', ...given });
  const logger = createLogger('error', { write: (text) => void process.stderr.write(text) });
  const subgraph = buildBaskets(await openParts({ config, databaseUrl, logger }));
  await subgraph.start();
  process.on('disconnect', () => process.exit());
  process.send?.('READY');
}
