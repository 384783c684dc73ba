/** Who asks, and under which correlation id, from the headers of a request. */

import type { IncomingHttpHeaders } from 'node:http';
import type { VerifiedToken, VerifyToken } from '#platform/identity/tokens';

export const CORRELATION_HEADER = 'x-correlation-id';
/** What is put into logs and errors is short and plain. */
const CORRELATION_ID = /^[\w.:-]{1,64}$/;
const BEARER = /^Bearer +(\S+)$/i;
/** As the explorer sends it before a token is put there: nobody, rather than a bad token. */
const BLANK = /^(Bearer)?\s*$/i;

/** The caller's own id when it is presentable, otherwise a new one. */
export function correlationIdOf(headers: IncomingHttpHeaders, newId: () => string): string {
  const given = headers[CORRELATION_HEADER];
  return typeof given === 'string' && CORRELATION_ID.test(given) ? given : newId();
}

/** The token of an `authorization` value; a value of any other form is no token and is refused. */
export function bearerToken(authorization: string): string {
  return BEARER.exec(authorization)?.[1] ?? '';
}

/** Null without a token. Throws UNAUTHENTICATED for a token that is not accepted. */
export async function verifiedCaller(
  authorization: string | undefined,
  verifyToken: VerifyToken | 'off',
): Promise<VerifiedToken | null> {
  if (authorization === undefined || verifyToken === 'off') return null;
  if (BLANK.test(authorization)) return null;
  return verifyToken(bearerToken(authorization));
}
