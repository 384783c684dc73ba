/** Does a change again on what somebody else has left, when both had started from the same. */

import { PlatformError } from '#platform/errors';

/** The others win by committing, so each round somebody gets on. */
export const MAX_CONFLICT_RETRIES = 10;

export async function retryOnConflict<T>(change: () => Promise<T>): Promise<T> {
  for (let retries = 0; ; retries += 1) {
    try {
      return await change();
    } catch (error) {
      const isConflict = error instanceof PlatformError && error.code === 'VERSION_CONFLICT';
      if (!isConflict || retries >= MAX_CONFLICT_RETRIES) throw error;
    }
  }
}
