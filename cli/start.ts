/** `npm start`: the whole platform in one process, one screen of what to do with it. */

import { stdout } from 'node:process';
import { ROLES } from '#kernel/roles';
import { systemClock } from '#platform/clock';
import type { Config } from '#platform/config';
import { createTokenIssuer } from '#platform/identity/tokens';
import { bannerOf } from './banner.ts';
import { runCommand } from './command.ts';
import { startPlatform } from './platform.ts';

const DEMO_TOKEN_SECONDS = 24 * 3_600;

await runCommand('plumbline', async ({ config, logger, shutdown, giveUp }) => {
  const { url, emulatorUrls, lost } = await startPlatform({ config, logger, shutdown });
  void lost.then(giveUp);
  const seconds = process.uptime();
  stdout.write(bannerOf({ url, emulatorUrls, config, tokens: await demoTokens(config), seconds }));
});

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
