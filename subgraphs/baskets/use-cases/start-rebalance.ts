/** After the close of the effective date: freezes the level and the closes it was made of. */

import type { OfficialClose } from '../domain/basket.ts';
import type { Level } from '../domain/index-level.ts';
import { platformAsks } from './ask-basket.ts';
import type { CommandOutcome, SystemDeps } from './submit-command.ts';

export function startRebalance(
  deps: SystemDeps,
  {
    code,
    ...start
  }: {
    readonly code: string;
    readonly versionNumber: number;
    /** Of every name of the effective and of the new version. */
    readonly closes: readonly OfficialClose[];
    /** The closing level. */
    readonly level: Level;
  },
): Promise<CommandOutcome> {
  return platformAsks(deps, code, { type: 'StartRebalance', ...start });
}
