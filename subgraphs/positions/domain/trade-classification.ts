import type { BusinessDate } from '#kernel/business-date';

export const TRADE_CLASSIFICATIONS = ['CURRENT_DATED', 'FORWARD_DATED', 'BACKDATED'] as const;
export type TradeClassification = (typeof TRADE_CLASSIFICATIONS)[number];

/**
 * How a trade's effective date lies to the position. Equal dates keep the order of arrival, so a
 * second trade of the newest day is current.
 *
 * `latestInLots` is the largest effective date among the events already in the lots, null without
 * history. Bookings for a later day do not count: one of them would turn every trade of today into
 * a backdated one.
 */
export function classifyTrade(dates: {
  readonly effectiveDate: BusinessDate;
  readonly latestInLots: BusinessDate | null;
  readonly today: BusinessDate;
}): TradeClassification {
  const { effectiveDate, latestInLots, today } = dates;
  if (latestInLots !== null && effectiveDate < latestInLots) return 'BACKDATED';
  return effectiveDate > today ? 'FORWARD_DATED' : 'CURRENT_DATED';
}
