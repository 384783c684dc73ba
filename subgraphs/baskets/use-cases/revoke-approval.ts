/** Takes an approval back before the launch: the version goes before the checkers once more. */

import type { BasketReader } from '../store/basket-reader.ts';
import { type CalendarDeps, calendarOfBasket } from './load-calendar.ts';
import { normalizedCode } from './load-reference.ts';
import {
  type CommandOutcome,
  type CommandRequest,
  submitCommand,
  type SubmitDeps,
} from './submit-command.ts';

export interface RevokeApprovalDeps extends SubmitDeps, CalendarDeps {
  readonly reader: Pick<BasketReader, 'symbolsInHand'>;
}

export async function revokeApproval(
  deps: RevokeApprovalDeps,
  request: CommandRequest,
  text: string,
): Promise<CommandOutcome> {
  const code = normalizedCode(text);
  const calendar = await calendarOfBasket(deps, code);
  const command = { type: 'RevokeApproval' as const, calendar };
  return submitCommand(deps, { request, code, content: '', command });
}
