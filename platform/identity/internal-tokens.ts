/**
 * What the gateway tells a subgraph in another process about the caller, signed with a secret the
 * two share. Subgraphs accept nothing else, so that nobody reaches them around the gateway.
 */

import { createSecretKey } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { PlatformError, StartupError } from '../errors.ts';
import type { Identity } from '../request-context.ts';
import { openLocalSecret } from './local-keys.ts';
import { identityFrom } from './tokens.ts';

export interface InternalClaims {
  readonly identity: Identity | null;
  readonly correlationId: string;
  /** Epoch milliseconds. */
  readonly deadlineAtMs: number;
}

export interface InternalTokens {
  readonly sign: (claims: InternalClaims) => Promise<string>;
  /** Throws UNAUTHENTICATED for anything the gateway did not sign a moment ago. */
  readonly verify: (token: string) => Promise<InternalClaims>;
}

const ISSUER = 'plumbline-gateway';
const AUDIENCE = 'plumbline-subgraph';
/** Long enough for a queue of requests, short enough to be worthless when found in a log. */
const LIFETIME_SECONDS = 60;
const MS_PER_SECOND = 1_000;
const MIN_SECRET_LENGTH = 32;
/** Requests send one token with all their fetches, and each check of it takes 74 us of CPU. */
export const MAX_VERIFIED_TOKENS = 1_000;

const internalClaims = z.object({
  user: z.string().nullable(),
  roles: z.array(z.string()),
  correlationId: z.string(),
  deadlineAtMs: z.number(),
});

export function createInternalTokens(secret: string, clock: Clock): InternalTokens {
  if (secret.length < MIN_SECRET_LENGTH) {
    throw new StartupError(`Give INTERNAL_TOKEN_SECRET at least ${MIN_SECRET_LENGTH} characters.`);
  }
  const key = createSecretKey(Buffer.from(secret));
  const verified = new LRUCache<string, Verified>({ max: MAX_VERIFIED_TOKENS });
  return {
    sign: ({ identity, correlationId, deadlineAtMs }) => {
      const nowSeconds = Math.floor(clock.nowMs() / MS_PER_SECOND);
      const user = identity?.user ?? null;
      return new SignJWT({ user, roles: identity?.roles ?? [], correlationId, deadlineAtMs })
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setExpirationTime(nowSeconds + LIFETIME_SECONDS)
        .sign(key);
    },
    verify: async (token) => {
      const known = verified.get(token);
      if (known !== undefined && clock.nowMs() < known.expiresAtMs) return known.claims;
      const options = {
        issuer: ISSUER,
        audience: AUDIENCE,
        algorithms: ['HS256'],
        currentDate: new Date(clock.nowMs()),
        requiredClaims: ['exp'],
      };
      const { payload } = await jwtVerify(token, key, options).catch((cause: unknown) => {
        throw notFromGateway(cause);
      });
      const claims = internalClaims.safeParse(payload);
      if (!claims.success) throw notFromGateway(claims.error);
      const { user, roles, correlationId, deadlineAtMs } = claims.data;
      const identity = user === null ? null : identityFrom(user, roles);
      const told = { identity, correlationId, deadlineAtMs };
      verified.set(token, { claims: told, expiresAtMs: (payload.exp ?? 0) * MS_PER_SECOND });
      return told;
    },
  };
}

interface Verified {
  readonly claims: InternalClaims;
  readonly expiresAtMs: number;
}

/** INTERNAL_TOKEN_SECRET, or outside production the secret kept in the data folder. */
export function internalSecretFor(settings: {
  readonly secret: string | undefined;
  readonly dataDir: string;
  readonly isProduction: boolean;
}): string {
  if (settings.secret !== undefined) return settings.secret;
  if (settings.isProduction) {
    throw new StartupError('Set INTERNAL_TOKEN_SECRET to the secret the subgraphs share.');
  }
  return openLocalSecret(settings.dataDir);
}

function notFromGateway(cause: unknown): PlatformError {
  return new PlatformError('UNAUTHENTICATED', 'subgraphs answer to the gateway only', { cause });
}
