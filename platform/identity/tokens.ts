/** Tokens of people and programs: issued locally for demos, verified everywhere the same way. */

import { readFileSync } from 'node:fs';
import {
  createLocalJWKSet,
  errors as joseErrors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  SignJWT,
} from 'jose';
import { LRUCache } from 'lru-cache';
import { isRole, type Role, scopesOf } from '#kernel/roles';
import type { Clock } from '../clock.ts';
import { PlatformError, StartupError } from '../errors.ts';
import type { Identity } from '../request-context.ts';
import { openLocalKey } from './local-keys.ts';

export interface VerifiedToken {
  readonly identity: Identity;
  /** Epoch milliseconds. */
  readonly expiresAtMs: number;
}

/** Throws UNAUTHENTICATED saying what is wrong with the token. */
export type VerifyToken = (token: string) => Promise<VerifiedToken>;

export interface TokenRequest {
  readonly role: Role;
  readonly user: string;
  readonly ttlSeconds: number;
}

export interface TokenSettings {
  readonly isProduction: boolean;
  readonly dataDir: string;
  readonly jwksFile: string | undefined;
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
}

const MAX_VERIFIED_TOKENS = 10_000;
const MAX_TOKEN_LENGTH = 8_192;
/** Asymmetric only: a shared secret could sign as well as verify. */
const ALGORITHMS = ['EdDSA', 'ES256', 'ES384', 'ES512', 'RS256', 'RS384', 'RS512', 'PS256'];
/** Roles of programs; whoever holds one never approves. */
const SERVICE_ROLES: readonly Role[] = ['feed', 'partner'];

/** Verifies with JWKS_FILE when it is set; otherwise with the local key, never in production. */
export async function createTokenVerifier(settings: TokenSettings): Promise<VerifyToken> {
  const { issuer, audience, clock } = settings;
  const keys = await verificationKeys(settings);
  const verified = new LRUCache<string, VerifiedToken>({ max: MAX_VERIFIED_TOKENS });
  return async (token) => {
    const known = verified.get(token);
    if (known && known.expiresAtMs > clock.nowMs()) return known;
    verified.delete(token);
    if (token.length > MAX_TOKEN_LENGTH) throw refused('it is too long', undefined);
    const options = {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      currentDate: new Date(clock.nowMs()),
      requiredClaims: ['exp', 'sub'],
    };
    const { payload } = await jwtVerify(token, keys, options).catch((error: unknown) => {
      throw refused(reasonOf(error), error);
    });
    const result = { identity: identityOf(payload), expiresAtMs: (payload.exp ?? 0) * 1_000 };
    verified.set(token, result);
    return result;
  };
}

export type IssueToken = (request: TokenRequest) => Promise<string>;

/** Signs with the local key; tokens are for this machine only. */
export async function createTokenIssuer(settings: TokenSettings): Promise<IssueToken> {
  if (settings.isProduction) {
    throw new StartupError('Ask your identity provider: production takes no local tokens.');
  }
  if (settings.jwksFile !== undefined) {
    throw new StartupError(
      'Unset JWKS_FILE or ask your identity provider: tokens are verified with its keys only.',
    );
  }
  const { kid, privateKey } = await openLocalKey(settings.dataDir);
  return ({ role, user, ttlSeconds }) => {
    const nowSeconds = Math.floor(settings.clock.nowMs() / 1_000);
    return new SignJWT({ roles: [role] })
      .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT' })
      .setSubject(user)
      .setIssuer(settings.issuer)
      .setAudience(settings.audience)
      .setIssuedAt(nowSeconds)
      .setExpirationTime(nowSeconds + ttlSeconds)
      .sign(privateKey);
  };
}

/** Roles we do not know carry nothing. */
export function identityFrom(user: string, roleNames: readonly unknown[]): Identity {
  const roles = roleNames.flatMap((name) =>
    typeof name === 'string' && isRole(name) ? [name] : [],
  );
  const isService = roles.some((role) => SERVICE_ROLES.includes(role));
  return { user, roles, scopes: scopesOf(roles), isService };
}

function identityOf(payload: JWTPayload): Identity {
  const roles = payload['roles'];
  return identityFrom(payload.sub ?? '', Array.isArray(roles) ? roles : []);
}

async function verificationKeys(settings: TokenSettings): Promise<JWTVerifyGetKey> {
  const { jwksFile, isProduction, dataDir } = settings;
  if (jwksFile !== undefined) return readJwks(jwksFile);
  if (isProduction) {
    throw new StartupError(
      "Set JWKS_FILE to your identity provider's public keys: production takes no local tokens.",
    );
  }
  const { publicJwk } = await openLocalKey(dataDir);
  return createLocalJWKSet({ keys: [publicJwk] });
}

function readJwks(file: string): JWTVerifyGetKey {
  try {
    return createLocalJWKSet(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new StartupError(`Set JWKS_FILE to a JSON Web Key Set: ${file} is not one.`, { cause });
  }
}

function refused(reason: string, cause: unknown): PlatformError {
  return new PlatformError('UNAUTHENTICATED', `the token is not accepted: ${reason}`, { cause });
}

function reasonOf(error: unknown): string {
  if (error instanceof joseErrors.JWTExpired) return 'it has expired';
  if (error instanceof joseErrors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  if (error instanceof joseErrors.JWKSNoMatchingKey) return 'it was signed with another key';
  if (error instanceof joseErrors.JWTClaimValidationFailed) return `its ${error.claim} is wrong`;
  return 'it is no valid JSON Web Token';
}
