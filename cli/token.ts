/** `npm run -s token -- trader`: prints a token for this machine, and nothing else. */

import { stderr, stdout } from 'node:process';
import { Command } from 'commander';
import { isRole, ROLES } from '#kernel/roles';
import { systemClock } from '#platform/clock';
import { readConfig } from '#platform/config';
import { StartupError } from '#platform/errors';
import { createTokenIssuer } from '#platform/identity/tokens';

const SECONDS_PER_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const MAX_TTL_SECONDS = 366 * 86_400;
const MAX_USER_LENGTH = 128;
const MAX_SHOWN_CHARACTERS = 40;
const CONTROL_CHARACTER = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

const program = new Command('token')
  .description('Prints a token for this machine; production takes none of them.')
  .argument('[role]', `one of ${ROLES.join(' ')}`)
  .option('--user <name>', "who it is for (default: the role's name)")
  .option('--ttl <duration>', 'how long it lasts, such as 90s, 15m, 12h or 30d', '30d')
  .action(async (role: string | undefined, options: { user?: string; ttl: string }) => {
    stdout.write(`${await tokenFor(role ?? '', options)}\n`);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function tokenFor(role: string, { user, ttl }: { user?: string; ttl: string }) {
  if (!isRole(role)) {
    throw new StartupError(`Name one of the roles ${ROLES.join(', ')}; "${role}" is none.`);
  }
  const name = readUser(user ?? role);
  const config = readConfig();
  const { isProduction, dataDir, identity } = config;
  const issue = await createTokenIssuer({ isProduction, dataDir, ...identity, clock: systemClock });
  return issue({ role, user: name, ttlSeconds: readTtl(ttl) });
}

function readUser(text: string): string {
  const isName =
    text.trim() !== '' && text.length <= MAX_USER_LENGTH && !CONTROL_CHARACTER.test(text);
  if (!isName) {
    const found = JSON.stringify(text.slice(0, MAX_SHOWN_CHARACTERS));
    throw new StartupError(
      `Give --user as 1 to ${MAX_USER_LENGTH} characters of one line; it was ${found}.`,
    );
  }
  return text;
}

function readTtl(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const seconds = Number(digits) * (SECONDS_PER_UNIT[unit] ?? 0);
  if (seconds <= 0 || seconds > MAX_TTL_SECONDS) {
    throw new StartupError(`Give --ttl as 90s, 15m, 12h or 30d, up to 366d; it was "${text}".`);
  }
  return seconds;
}
