/** Tries the listing again with the vendors that do not list the basket. */

import type { ListingDeps } from './approve-basket.ts';
import { normalizedCode } from './load-reference.ts';
import { type CommandOutcome, type CommandRequest, submitCommand } from './submit-command.ts';

export function retryListing(
  deps: ListingDeps,
  request: CommandRequest,
  code: string,
): Promise<CommandOutcome> {
  const { vendors } = deps;
  const command = { type: 'RetryListing' as const, vendors };
  return submitCommand(deps, { request, code: normalizedCode(code), content: '', command });
}
