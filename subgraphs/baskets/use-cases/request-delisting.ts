/** Asks for a basket to be taken off the market, or confirms what another person asked for. */

import type { BusinessDate } from '#kernel/business-date';
import type { IndexCalendar } from '../domain/basket-command.ts';
import { normalizedCode } from './load-reference.ts';
import {
  type CommandOutcome,
  type CommandRequest,
  submitCommand,
  type SubmitDeps,
} from './submit-command.ts';

export interface RequestDelistingDeps extends SubmitDeps {
  readonly calendar: IndexCalendar;
}

export function requestDelisting(
  deps: RequestDelistingDeps,
  request: CommandRequest,
  { code, lastDate }: { readonly code: string; readonly lastDate: BusinessDate | null },
): Promise<CommandOutcome> {
  const { calendar, clock } = deps;
  return submitCommand(deps, {
    request,
    code: normalizedCode(code),
    content: JSON.stringify([lastDate]),
    command: { type: 'RequestDelisting', lastDate, today: clock.today(), calendar },
  });
}
