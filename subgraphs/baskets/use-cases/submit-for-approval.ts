/** Lays the backtested version before the checkers. */

import type { BacktestQueueReader } from '../store/backtest-requests.ts';
import type { BasketReader } from '../store/basket-reader.ts';
import type { ReferenceDataReader } from '../store/reference-data.ts';
import { type CalendarDeps, calendarOf } from './load-calendar.ts';
import { loadReference, normalizedCode } from './load-reference.ts';
import {
  type CommandOutcome,
  type CommandRequest,
  submitCommand,
  type SubmitDeps,
} from './submit-command.ts';

export interface SubmitForApprovalDeps extends SubmitDeps, CalendarDeps {
  readonly reader: Pick<BasketReader, 'currentSymbols'>;
  readonly reference: ReferenceDataReader;
  readonly backtestQueue: Pick<BacktestQueueReader, 'supersededLast'>;
}

export async function submitForApproval(
  deps: SubmitForApprovalDeps,
  request: CommandRequest,
  text: string,
): Promise<CommandOutcome> {
  const code = normalizedCode(text);
  const symbols = await deps.reader.currentSymbols(code);
  const [reference, superseded, calendar] = await Promise.all([
    loadReference(deps.reference, symbols),
    deps.backtestQueue.supersededLast(code),
    calendarOf(deps, symbols),
  ]);
  const command = { type: 'SubmitForApproval' as const, reference, superseded, calendar };
  return submitCommand(deps, { request, code, content: '', command });
}
