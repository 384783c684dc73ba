/** What became of a backtest, as its worker says. Saying it twice changes nothing. */

import { platformAsks } from './ask-basket.ts';
import type { CommandOutcome, SystemDeps } from './submit-command.ts';

interface BacktestReport {
  readonly code: string;
  readonly backtestId: string;
  /** The content it was run for. */
  readonly versionHash: string;
}

/** Refused with BACKTEST_NOT_CURRENT or ILLEGAL_TRANSITION when the basket has gone on since. */
export function reportBacktestCompleted(
  deps: SystemDeps,
  { code, ...report }: BacktestReport,
): Promise<CommandOutcome> {
  return platformAsks(deps, code, { type: 'CompleteBacktest', ...report });
}

export function reportBacktestErrored(
  deps: SystemDeps,
  { code, ...report }: BacktestReport & { readonly reason: string },
): Promise<CommandOutcome> {
  return platformAsks(deps, code, { type: 'FailBacktest', ...report }, report.reason);
}
