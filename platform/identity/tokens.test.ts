import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fixedClock } from '../clock.ts';
import { createInternalTokens, internalSecretFor } from './internal-tokens.ts';
import { openLocalKey, openLocalSecret } from './local-keys.ts';
import { createTokenIssuer, createTokenVerifier, type TokenSettings } from './tokens.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const HOUR_SECONDS = 3_600;
const folders: string[] = [];
let clock = fixedClock(NOW);

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'plumbline-keys-'));
  folders.push(made);
  return made;
}

function settings(over: Partial<TokenSettings> = {}): TokenSettings {
  return {
    isProduction: false,
    dataDir: folder(),
    jwksFile: undefined,
    issuer: 'plumbline-local',
    audience: 'plumbline',
    clock,
    ...over,
  };
}

beforeEach(() => {
  clock = fixedClock(NOW);
});
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
});

describe('GW-3 tokens', () => {
  test('carry user, role and the scopes of the role', async () => {
    const mine = settings();
    const issue = await createTokenIssuer(mine);
    const verify = await createTokenVerifier(mine);
    const token = await issue({ role: 'trader', user: 'ann', ttlSeconds: HOUR_SECONDS });
    const { identity, expiresAtMs } = await verify(token);
    expect(identity).toMatchObject({ user: 'ann', roles: ['trader'], isService: false });
    expect(identity.scopes).toContain('orders:write');
    expect(identity.scopes).not.toContain('baskets:approve');
    expect(expiresAtMs).toBe(NOW + HOUR_SECONDS * 1_000);
  });

  test.each(['feed', 'partner'] as const)('of the role %s belong to a program', async (role) => {
    const mine = settings();
    const token = await (await createTokenIssuer(mine))({ role, user: role, ttlSeconds: 60 });
    const { identity } = await (await createTokenVerifier(mine))(token);
    expect(identity.isService).toBe(true);
  });

  test('are refused once expired, also when they were verified before', async () => {
    const mine = settings();
    const issue = await createTokenIssuer(mine);
    const token = await issue({ role: 'viewer', user: 'v', ttlSeconds: 60 });
    const verify = await createTokenVerifier(mine);
    await verify(token);
    clock.advance(60_001);
    await expect(verify(token)).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('expired') as string,
    });
  });

  test('of another key, another issuer or none at all are refused', async () => {
    const mine = settings();
    const verify = await createTokenVerifier(mine);
    const foreign = await (
      await createTokenIssuer(settings())
    )({
      role: 'admin',
      user: 'eve',
      ttlSeconds: 60,
    });
    const wrongIssuer = await (
      await createTokenIssuer({ ...mine, issuer: 'else' })
    )({
      role: 'admin',
      user: 'eve',
      ttlSeconds: 60,
    });
    const unsigned = `${btoa('{"alg":"none"}')}.${btoa('{"sub":"eve","roles":["admin"]}')}.`;
    for (const token of [foreign, wrongIssuer, unsigned, 'x.y.z', '', 'a'.repeat(9_000)]) {
      await expect(verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  test('with a role we do not know carry no scope', async () => {
    const mine = settings();
    const { kid, privateKey } = await openLocalKey(mine.dataDir);
    const token = await new SignJWT({ roles: ['emperor', 7] })
      .setProtectedHeader({ alg: 'EdDSA', kid })
      .setSubject('eve')
      .setIssuer(mine.issuer)
      .setAudience(mine.audience)
      .setExpirationTime(NOW / 1_000 + 60)
      .sign(privateKey);
    const { identity } = await (await createTokenVerifier(mine))(token);
    expect(identity).toMatchObject({ roles: [], scopes: [] });
  });
});

describe('keys', () => {
  test('are one, for their owner only, when many processes start at once', async () => {
    const dataDir = folder();
    const keys = await Promise.all(Array.from({ length: 8 }, () => openLocalKey(dataDir)));
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(1);
    expect(readdirSync(join(dataDir, 'keys'))).toEqual(['token-signing-key.json']);
    expect(statSync(join(dataDir, 'keys/token-signing-key.json')).mode & 0o777).toBe(0o600);
    expect(openLocalSecret(dataDir)).toBe(openLocalSecret(dataDir));
  });

  test('that are damaged stop the start with what to do', async () => {
    const dataDir = folder();
    await openLocalKey(dataDir);
    writeFileSync(join(dataDir, 'keys/token-signing-key.json'), '{"kty":');
    await expect(openLocalKey(dataDir)).rejects.toThrow(/^Delete .*token-signing-key.json/);
  });

  test('of this machine are never used in production', async () => {
    const production = settings({ isProduction: true });
    await expect(createTokenIssuer(production)).rejects.toThrow(/identity provider/);
    await expect(createTokenVerifier(production)).rejects.toThrow(/^Set JWKS_FILE/);
    expect(readdirSync(production.dataDir)).toEqual([]);
    expect(() =>
      internalSecretFor({ secret: undefined, dataDir: production.dataDir, isProduction: true }),
    ).toThrow(/INTERNAL_TOKEN_SECRET/);
  });

  test('of an identity provider are read from JWKS_FILE', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const dataDir = folder();
    const jwksFile = join(dataDir, 'jwks.json');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'a' };
    writeFileSync(jwksFile, JSON.stringify({ keys: [jwk] }));
    const production = settings({ isProduction: true, dataDir, jwksFile });
    const token = await new SignJWT({ roles: ['approver'] })
      .setProtectedHeader({ alg: 'ES256', kid: 'a' })
      .setSubject('bob')
      .setIssuer(production.issuer)
      .setAudience(production.audience)
      .setExpirationTime(NOW / 1_000 + 60)
      .sign(privateKey);
    const { identity } = await (await createTokenVerifier(production))(token);
    expect(identity).toMatchObject({ user: 'bob', roles: ['approver'] });
    writeFileSync(jwksFile, 'nothing');
    await expect(createTokenVerifier(production)).rejects.toThrow(/JWKS_FILE/);
  });
});

describe('internal tokens', () => {
  const secret = 's'.repeat(32);

  test('carry identity, correlation id and deadline for a minute', async () => {
    const { sign, verify } = createInternalTokens(secret, clock);
    const identity = { user: 'ann', roles: ['viewer'], scopes: [], isService: false } as const;
    const token = await sign({ identity, correlationId: 'c', deadlineAtMs: NOW + 5 });
    expect(await verify(token)).toMatchObject({
      identity: { user: 'ann', roles: ['viewer'] },
      correlationId: 'c',
      deadlineAtMs: NOW + 5,
    });
    clock.advance(61_000);
    await expect(verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('of another secret, and tokens of people, are refused', async () => {
    const { verify } = createInternalTokens(secret, clock);
    const other = createInternalTokens('o'.repeat(32), clock);
    const claims = { identity: null, correlationId: 'c', deadlineAtMs: NOW };
    const mine = settings();
    const issue = await createTokenIssuer(mine);
    const person = await issue({ role: 'admin', user: 'a', ttlSeconds: 60 });
    for (const token of [await other.sign(claims), person, '']) {
      await expect(verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
    expect(() => createInternalTokens('short', clock)).toThrow(/at least 32/);
  });
});
