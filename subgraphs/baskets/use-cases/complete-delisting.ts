/** The end of a basket: its last day is over and no vendor has it any longer. */

import { platformAsks } from './ask-basket.ts';
import type { CommandOutcome, SystemDeps } from './submit-command.ts';

/** Refused with NOT_DUE or VENDORS_NOT_DONE while it is too early: ask again then. */
export function completeDelisting(
  deps: SystemDeps,
  { code }: { readonly code: string },
): Promise<CommandOutcome> {
  return platformAsks(deps, code, { type: 'CompleteDelisting', isForced: false });
}
