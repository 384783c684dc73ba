/** A checker approves what waits for it; the last one needed sends it to the market. */

import type { VendorPlan } from '../domain/basket.ts';
import type { BasketReader } from '../store/basket-reader.ts';
import { type CalendarDeps, calendarOfBasket } from './load-calendar.ts';
import { normalizedCode } from './load-reference.ts';
import {
  type CommandOutcome,
  type CommandRequest,
  submitCommand,
  type SubmitDeps,
} from './submit-command.ts';

export interface ListingDeps extends SubmitDeps {
  /** Where baskets are listed. */
  readonly vendors: readonly VendorPlan[];
}

export interface ApproveBasketDeps extends ListingDeps, CalendarDeps {
  readonly reader: Pick<BasketReader, 'symbolsInHand'>;
}

export async function approveBasket(
  deps: ApproveBasketDeps,
  request: CommandRequest,
  text: string,
): Promise<CommandOutcome> {
  const { vendors } = deps;
  const code = normalizedCode(text);
  const calendar = await calendarOfBasket(deps, code);
  return submitCommand(deps, {
    request,
    code,
    content: '',
    command: { type: 'ApproveBasket', vendors, calendar },
  });
}
