/** `npm start`: the whole platform in one process, one screen of what to do with it. */

import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stderr, stdout } from 'node:process';
import { pino } from 'pino';
import { ROLES } from '#kernel/roles';
import { systemClock } from '#platform/clock';
import { type Config, readConfig } from '#platform/config';
import { StartupError } from '#platform/errors';
import { createTokenIssuer } from '#platform/identity/tokens';
import { createLogger, type Logger } from '#platform/logger';
import { bannerOf } from './banner.ts';
import { type RunningPlatform, startPlatform } from './platform.ts';

const DEMO_TOKEN_SECONDS = 24 * 3_600;
/** After a signal: what is not finished by then is ended. */
const STOP_LIMIT_MS = 15_000;

let platform: RunningPlatform | undefined;
let isStopping = false;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => void stopAndExit(0));
}

try {
  const config = readConfig();
  const logger = await openLog(config);
  platform = await startPlatform({ config, logger });
  void platform.lost.then((sentence) => {
    stderr.write(`${sentence}\n`);
    return stopAndExit(1);
  });
  const seconds = process.uptime();
  stdout.write(bannerOf({ url: platform.url, config, tokens: await demoTokens(config), seconds }));
  if (isStopping) await stopAndExit(0);
} catch (error) {
  stderr.write(`${error instanceof StartupError ? error.message : describe(error)}\n`);
  process.exit(1);
}

async function stopAndExit(code: number): Promise<void> {
  if (isStopping && platform === undefined) process.exit(code);
  isStopping = true;
  if (platform === undefined) return;
  const running = platform;
  platform = undefined;
  setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
  await running.stop();
  stdout.write('Plumbline has stopped.\n');
  process.exit(code);
}

/** The screen stays clear: logs go to a file of the data folder. */
async function openLog(config: Config): Promise<Logger> {
  const folder = join(config.dataDir, 'logs');
  try {
    mkdirSync(folder, { recursive: true });
    const file = pino.destination({ dest: join(folder, 'plumbline.log'), sync: false });
    await once(file, 'ready');
    return createLogger(config.logLevel, file);
  } catch (cause) {
    throw new StartupError(
      `The data folder ${config.dataDir} cannot be written: make it writable for this user, ` +
        'or set DATA_DIR to another one.',
      { cause },
    );
  }
}

async function demoTokens(config: Config): Promise<ReadonlyMap<string, string>> {
  const { isProduction, dataDir, identity } = config;
  if (isProduction || identity.jwksFile !== undefined) return new Map();
  const issue = await createTokenIssuer({ isProduction, dataDir, ...identity, clock: systemClock });
  const tokens = ROLES.map(
    async (role) =>
      [role, await issue({ role, user: role, ttlSeconds: DEMO_TOKEN_SECONDS })] as const,
  );
  return new Map(await Promise.all(tokens));
}

function describe(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `Plumbline could not start, and this looks like a defect of its own: ${text}`;
}
