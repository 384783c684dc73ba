import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { systemClock } from '#platform/clock';
import { createTokenVerifier } from '#platform/identity/tokens';

const dataDir = mkdtempSync(join(tmpdir(), 'plumbline-token-'));
const ROOT = join(import.meta.dirname, '..');
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

function run(args: readonly string[], environment: Record<string, string> = {}) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const env = { PATH: '/usr/bin:/bin', DATA_DIR: dataDir, ...environment };
    const command = ['--import', 'tsx', 'cli/token.ts', ...args];
    execFile(process.execPath, command, { cwd: ROOT, env }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err });
    });
  });
}

test('prints exactly one line, a token of the role and user asked for', async () => {
  const { code, out, err } = await run(['trader', '--user', 'ann', '--ttl', '90s']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^\S+\n$/);
  const verify = await createTokenVerifier({
    isProduction: false,
    dataDir,
    jwksFile: undefined,
    issuer: 'plumbline-local',
    audience: 'plumbline',
    clock: systemClock,
  });
  const { identity } = await verify(out.trim());
  expect(identity).toMatchObject({ user: 'ann', roles: ['trader'] });
});

test.each([
  ['a role that is none', ['king'], {}, /"king" is none/],
  ['no role', [], {}, /Name one of the roles/],
  ['a duration that is none', ['viewer', '--ttl', 'soon'], {}, /--ttl/],
  ['an empty user', ['trader', '--user', ''], {}, /--user.*was ""/],
  ['a blank user', ['trader', '--user', '  '], {}, /--user/],
  ['a user of two lines', ['trader', '--user', 'a\nb'], {}, /--user.*was "a\\nb"/],
  ['a user that is too long', ['trader', '--user', 'u'.repeat(129)], {}, /1 to 128 characters/],
  ['a folder nobody can make', ['viewer'], { DATA_DIR: '/proc/plumbline' }, /set DATA_DIR/],
  ['production', ['viewer'], { NODE_ENV: 'production' }, /identity provider/],
])('answers %s with one sentence and exit code 1', async (_name, args, environment, expected) => {
  const { code, out, err } = await run(args, environment);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(expected);
  expect(err.trim().split('\n')).toHaveLength(1);
});
