/** What all servers of the bench have in common. */

import { systemClock } from '#platform/clock';
import { createInternalTokens } from '#platform/identity/internal-tokens';

export const HOST = '127.0.0.1';
export const REQUEST_TIMEOUT_MS = 10_000;
const SECRET = 'a secret of the bench, of no use elsewhere';
export const BENCH_TOKENS = createInternalTokens(SECRET, systemClock);
