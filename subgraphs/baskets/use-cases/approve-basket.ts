/** A checker approves what waits for it; the last one needed sends it to the market. */

import type { VendorPlan } from '../domain/basket.ts';
import type { IndexCalendar } from '../domain/basket-command.ts';
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

export interface ApproveBasketDeps extends ListingDeps {
  readonly calendar: IndexCalendar;
}

export function approveBasket(
  deps: ApproveBasketDeps,
  request: CommandRequest,
  code: string,
): Promise<CommandOutcome> {
  const { vendors, calendar } = deps;
  return submitCommand(deps, {
    request,
    code: normalizedCode(code),
    content: '',
    command: { type: 'ApproveBasket', vendors, calendar },
  });
}
