/** Refusals as HTTP has them: a status, and when to come back. */

import { HeaderMap } from '@apollo/server';
import { GraphQLError } from 'graphql';

const BAD_REQUEST = 400;
const FORBIDDEN = 403;
const TOO_MANY_REQUESTS = 429;
const MS_PER_SECOND = 1_000;

/** Apollo Server takes `http` out again, and answers by it. */
export function withHttpStatus(refusal: GraphQLError): GraphQLError {
  const isTooFast = refusal.extensions['code'] === 'RATE_LIMITED';
  const headers = new HeaderMap();
  if (isTooFast) headers.set('retry-after', String(retryAfterSeconds(refusal)));
  const isForbidden = refusal.extensions['code'] === 'FORBIDDEN';
  const status = isTooFast ? TOO_MANY_REQUESTS : isForbidden ? FORBIDDEN : BAD_REQUEST;
  // An object of Apollo Server's: another library declares `http` in a form of its own.
  const http: object = { status, headers };
  const extensions = { ...refusal.extensions, http };
  return new GraphQLError(refusal.message, { extensions });
}

/** Whole seconds, as the header has it. */
function retryAfterSeconds({ extensions }: GraphQLError): number {
  const waitMs = extensions['retryAfterMs'];
  return typeof waitMs === 'number' ? Math.ceil(waitMs / MS_PER_SECOND) : 1;
}
