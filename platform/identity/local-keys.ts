/**
 * The key that signs tokens on a machine of one's own: made once in DATA_DIR/keys, readable by its
 * owner only. Never used in production, where tokens come from an identity provider.
 */

import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  calculateJwkThumbprint,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import { z } from 'zod';
import { StartupError } from '../errors.ts';
import { makeFolder } from '../folder.ts';

const SIGNING_KEY_FILE = 'token-signing-key.json';
const INTERNAL_SECRET_FILE = 'internal-token-secret';
const INTERNAL_SECRET_BYTES = 48;
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

const okpKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
  kid: z.string(),
});

export interface LocalKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** Reads the key of this data folder, or makes it; two processes at once end up with one key. */
export async function openLocalKey(dataDir: string): Promise<LocalKey> {
  const text = readExisting(dataDir, SIGNING_KEY_FILE) ?? (await createSigningKey(dataDir));
  const parsed = okpKey.safeParse(asJson(text));
  if (!parsed.success) {
    throw new StartupError(
      `Delete ${join(dataDir, 'keys', SIGNING_KEY_FILE)} and start again: it holds no Ed25519 key.`,
    );
  }
  const { kty, crv, x, d, kid } = parsed.data;
  const privateKey = await importJWK({ kty, crv, x, d }, 'EdDSA');
  if (privateKey instanceof Uint8Array) throw new TypeError('an Ed25519 key is no byte string');
  return { kid, privateKey, publicJwk: { kty, crv, x, kid, alg: 'EdDSA', use: 'sig' } };
}

/** The secret gateway and subgraphs of one machine share when INTERNAL_TOKEN_SECRET is not set. */
export function openLocalSecret(dataDir: string): string {
  return (
    readExisting(dataDir, INTERNAL_SECRET_FILE) ??
    publish(dataDir, INTERNAL_SECRET_FILE, randomBytes(INTERNAL_SECRET_BYTES).toString('base64url'))
  );
}

async function createSigningKey(dataDir: string): Promise<string> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return publish(dataDir, SIGNING_KEY_FILE, JSON.stringify({ ...jwk, kid }));
}

function readExisting(dataDir: string, name: string): string | undefined {
  try {
    return readFileSync(join(dataDir, 'keys', name), 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unusable(dataDir, error);
  }
}

/** A link is made or it is there already: whoever comes second reads what the first one wrote. */
function publish(dataDir: string, name: string, text: string): string {
  const folder = join(dataDir, 'keys');
  const file = join(folder, name);
  const draft = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`;
  try {
    makeFolder(dataDir);
    makeFolder(folder, OWNER_ONLY_FOLDER);
    writeFileSync(draft, text, { mode: OWNER_ONLY_FILE, flag: 'wx' });
    try {
      linkSync(draft, file);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    rmSync(draft);
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unusable(dataDir, error);
  }
}

function unusable(dataDir: string, cause: unknown): StartupError {
  const why = codeOf(cause) ?? 'unknown';
  return new StartupError(
    `Make ${join(dataDir, 'keys')} readable and writable for this user, or set DATA_DIR (${why}).`,
    { cause },
  );
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
