/** Halts a live basket for stale prices, a market-wide halt, or a jump of its level. */

import { platformAsks } from './ask-basket.ts';
import type { CommandOutcome, SystemDeps } from './submit-command.ts';

export function autoSuspend(
  deps: SystemDeps,
  { code, reason }: { readonly code: string; readonly reason: string },
): Promise<CommandOutcome> {
  return platformAsks(deps, code, { type: 'AutoSuspend', reason }, reason);
}
