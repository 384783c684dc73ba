/** The whole platform in this process on a database of its own, with clients for each role. */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPlatform } from '../../cli/platform.ts';
import type { Role } from '#kernel/roles';
import { systemClock } from '#platform/clock';
import { readConfig } from '#platform/config';
import { createTokenIssuer } from '#platform/identity/tokens';
import { silentLogger } from '#platform/logger';
import { Shutdown } from '#platform/shutdown';
import { createTestDatabase } from './database.ts';
import { type GraphqlClient, graphqlClient } from './graphql-client.ts';

const ROOT = join(import.meta.dirname, '../..');
const DEMO_SECONDS = 3_600;

export interface TestPlatform {
  readonly url: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The user has the name of the role when none is given. */
  as(
    role: Role,
    options?: { readonly ttlSeconds?: number; readonly user?: string },
  ): Promise<GraphqlClient>;
  /** First endpoints of the emulated vendors: Bloomberg-style, Refinitiv-style. */
  readonly emulatorUrls: readonly string[];
  /** Runs a command of `cli/` as a user would; answers with what it printed. */
  command(file: string, ...parameters: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** `variables` go on top of an empty environment: no feed, no sample data. */
export async function startTestPlatform(
  variables: Readonly<Record<string, string>> = {},
  prepare: (platform: Pick<TestPlatform, 'command'>) => Promise<void> = async () => undefined,
): Promise<TestPlatform> {
  const database = await createTestDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'plumbline-e2e-'));
  const environment = {
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: database.ownerUrl,
    FEED: 'none',
    SAMPLE_DATA: 'none',
    ...variables,
  };
  const command = async (file: string, ...parameters: readonly string[]) => {
    const run = promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', join('cli', file), ...parameters],
      { cwd: ROOT, env: { ...process.env, ...environment } },
    );
    return (await run).stdout;
  };
  await prepare({ command });
  const config = readConfig(environment);
  const shutdown = new Shutdown({ logger: silentLogger, exit: () => undefined });
  const platform = await startPlatform({ config, logger: silentLogger, shutdown });
  const clients: GraphqlClient[] = [];
  return {
    url: platform.url,
    emulatorUrls: platform.emulatorUrls,
    environment,
    command,
    as: async (role, { ttlSeconds = DEMO_SECONDS, user = role } = {}) => {
      const issue = await createTokenIssuer({ ...config, ...config.identity, clock: systemClock });
      const token = await issue({ role, user, ttlSeconds });
      const client = graphqlClient(platform.url, token);
      clients.push(client);
      return client;
    },
    stop: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await shutdown.stop();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
