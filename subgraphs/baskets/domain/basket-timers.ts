/** What falls due without anybody asking: it follows from where the basket stands. */

import type { Basket } from './basket.ts';
import type { BasketEvent } from './transition-table.ts';

export const TIMER_KINDS = [
  'BACKTEST_TIMEOUT',
  'APPROVAL_EXPIRED',
  'LAUNCH_DUE',
  'LISTING_EXHAUSTED',
  'START_REBALANCE',
  'REBALANCE_FAILED',
  'DELISTING_COMPLETED',
] as const satisfies readonly BasketEvent[];
export type TimerKind = (typeof TIMER_KINDS)[number];

export interface Timer {
  readonly kind: TimerKind;
  readonly dueAtMs: number;
  /** Version it is about; null for the basket as a whole. */
  readonly versionNumber: number | null;
}

/** At most one of a kind. */
export function timersOf(basket: Basket): readonly Timer[] {
  const { state, backtest, approval, launchAtMs, listing, rebalance, delisting } = basket;
  const timer = (kind: TimerKind, dueAtMs: number | null | undefined, about?: number | null) =>
    dueAtMs === null || dueAtMs === undefined
      ? []
      : [{ kind, dueAtMs, versionNumber: about ?? null }];
  const isWaiting = approval !== null && !approval.isGranted;
  return [
    ...(state === 'BACKTESTING'
      ? timer('BACKTEST_TIMEOUT', backtest?.deadlineMs, backtest?.versionNumber)
      : []),
    ...(isWaiting ? timer('APPROVAL_EXPIRED', approval.expiresAtMs, approval.versionNumber) : []),
    ...(state === 'APPROVED' ? timer('LAUNCH_DUE', launchAtMs, approval?.versionNumber) : []),
    ...(state === 'LISTING' ? timer('LISTING_EXHAUSTED', listing?.deadlineMs) : []),
    ...(state === 'ACTIVE'
      ? timer('START_REBALANCE', rebalance?.dueAtMs, rebalance?.versionNumber)
      : []),
    ...(state === 'REBALANCING'
      ? timer('REBALANCE_FAILED', rebalance?.started?.deadlineMs, rebalance?.versionNumber)
      : []),
    ...(state === 'DELISTING' ? timer('DELISTING_COMPLETED', delisting?.dueAtMs) : []),
  ];
}
