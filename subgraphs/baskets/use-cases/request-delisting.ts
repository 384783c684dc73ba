/** Asks for a basket to be taken off the market, or confirms what another person asked for. */

import type { BusinessDate } from '#kernel/business-date';
import type { BasketReader } from '../store/basket-reader.ts';
import { type CalendarDeps, calendarOfBasket } from './load-calendar.ts';
import { normalizedCode } from './load-reference.ts';
import {
  type CommandOutcome,
  type CommandRequest,
  submitCommand,
  type SubmitDeps,
} from './submit-command.ts';

export interface RequestDelistingDeps extends SubmitDeps, CalendarDeps {
  readonly reader: Pick<BasketReader, 'symbolsInHand'>;
}

export async function requestDelisting(
  deps: RequestDelistingDeps,
  request: CommandRequest,
  { code: text, lastDate }: { readonly code: string; readonly lastDate: BusinessDate | null },
): Promise<CommandOutcome> {
  const { clock } = deps;
  const code = normalizedCode(text);
  const calendar = await calendarOfBasket(deps, code);
  return submitCommand(deps, {
    request,
    code,
    content: JSON.stringify([lastDate]),
    command: { type: 'RequestDelisting', lastDate, today: clock.today(), calendar },
  });
}
