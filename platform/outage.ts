/** Tells a dependency that is away from work that is wrong: only the first may pass by waiting. */

import { PlatformError } from './errors.ts';

const OUTAGE_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UPSTREAM_UNAVAILABLE',
  'TIMEOUT',
  // Of postgres.js.
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  // Of the Postgres server: shutdown, crash, starting up, too many connections.
  '57P01',
  '57P02',
  '57P03',
  '53300',
]);
const MAX_CAUSES = 5;

export function isOutage(error: unknown): boolean {
  let each: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && each instanceof Error; depth += 1) {
    if (OUTAGE_CODES.has(codeOf(each))) return true;
    each = each.cause;
  }
  return false;
}

function codeOf(error: Error): string {
  if (error instanceof PlatformError) return error.code;
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}
