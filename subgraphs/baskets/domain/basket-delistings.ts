/** Commands that take a live basket off the market: one person asks, another confirms. */

import { utcDateOf } from '#kernel/business-date';
import { accept, refuse } from '#kernel/decision';
import { type Basket, isOffAllVendors } from './basket.ts';
import { nextTradingDay } from './basket-approvals.ts';
import { handOf, makerIsChecker, peopleOf, roleFault } from './basket-caller.ts';
import type { Asked, CommandOf } from './basket-command.ts';
import type { BasketDecision } from './basket-decision.ts';

/** Longer ahead is a slip of the pen. */
const MAX_DAYS_AHEAD_MS = 366 * 86_400_000;

export function requestDelisting(
  basket: Basket,
  command: CommandOf<'RequestDelisting'>,
  asked: Asked,
): BasketDecision {
  const { delisting } = basket;
  return delisting === null
    ? askToDelist(basket, command, asked)
    : confirmDelisting(basket, command, asked);
}

function askToDelist(
  basket: Basket,
  { lastDate, today, calendar }: CommandOf<'RequestDelisting'>,
  asked: Asked,
): BasketDecision {
  const fault = roleFault(basket, ['M'], asked.by);
  if (fault) return fault;
  const { by, atMs } = asked;
  const last = lastDate ?? nextTradingDay(today, { atMs, calendar });
  const isTooFar = calendar.closesAtMs(last) - atMs > MAX_DAYS_AHEAD_MS;
  if (last < today || isTooFar || !calendar.isIndexDay(last)) {
    return refuse(
      'INVALID_LAST_DATE',
      `expected a day of the index within a year from ${today} on, was ${last}`,
    );
  }
  const number = basket.delistings + 1;
  return accept({ type: 'DelistingRequested', number, by: handOf(by), lastDate: last });
}

function confirmDelisting(
  basket: Basket,
  { lastDate, calendar }: CommandOf<'RequestDelisting'>,
  { by, atMs }: Asked,
): BasketDecision {
  const { delisting } = basket;
  if (delisting === null) return refuse('NOT_DUE', 'nobody asked for it');
  const fault = makerIsChecker(peopleOf(delisting.requestedBy), by) ?? roleFault(basket, ['C'], by);
  if (fault) return fault;
  if (lastDate !== null && lastDate !== delisting.lastDate) {
    return refuse(
      'INVALID_LAST_DATE',
      `expected ${delisting.lastDate}, as asked for, was ${lastDate}`,
    );
  }
  const dueAtMs = Math.max(atMs, calendar.closesAtMs(delisting.lastDate));
  return accept({ type: 'DelistingConfirmed', by: handOf(by), dueAtMs });
}

/** Row 33: until the last day is over. */
export function cancelDelisting(basket: Basket, asked: Asked): BasketDecision {
  const { delisting } = basket;
  const { by, atMs } = asked;
  if (delisting === null || delisting.dueAtMs === null || atMs >= delisting.dueAtMs) {
    return refuse(
      'INVALID_LAST_DATE',
      `expected a last day after ${utcDateOf(atMs)}, was ${delisting?.lastDate ?? 'none'}`,
    );
  }
  const { cancelRequestedBy } = delisting;
  if (cancelRequestedBy === null) {
    const fault = roleFault(basket, ['M'], by);
    return fault ?? accept({ type: 'DelistingCancelRequested', by: handOf(by) });
  }
  const fault = makerIsChecker(peopleOf(cancelRequestedBy), by) ?? roleFault(basket, ['C'], by);
  return fault ?? accept({ type: 'DelistingCancelled', by: handOf(by) });
}

export function completeDelisting(
  { delisting, listing }: Basket,
  { isForced }: CommandOf<'CompleteDelisting'>,
  { atMs }: Asked,
): BasketDecision {
  if (delisting?.dueAtMs === undefined || delisting.dueAtMs === null || atMs < delisting.dueAtMs) {
    return refuse('NOT_DUE', `the last day is ${delisting?.lastDate ?? 'not set'}`);
  }
  if (listing && !isForced && !isOffAllVendors(listing)) {
    const open = listing.vendors
      .filter(({ status }) => status !== 'DELISTED')
      .map(({ vendor }) => vendor);
    return refuse(
      'VENDORS_NOT_DONE',
      `expected every vendor to take it off, not yet: ${open.join(', ')}`,
    );
  }
  return accept({ type: 'DelistingCompleted', isForced, atMs });
}
