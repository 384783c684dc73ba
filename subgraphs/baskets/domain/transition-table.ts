/** The life cycle of a basket as data: 15 states, 33 events, 35 numbered rows. */

import { type VersionEvent, type VersionStatus, versionStatusAfter } from './version-table.ts';

export const BASKET_STATES = [
  'DRAFT',
  'BACKTESTING',
  'BACKTESTED',
  'BACKTEST_FAILED',
  'PENDING_APPROVAL',
  'APPROVED',
  'REJECTED',
  'LISTING',
  'LISTING_FAILED',
  'ACTIVE',
  'REBALANCING',
  'SUSPENDED',
  'DELISTING',
  'DELISTED',
  'CANCELLED',
] as const;
export type BasketState = (typeof BASKET_STATES)[number];

/** The states in which a level is computed; a preview counts. */
const PRICED_STATES: ReadonlySet<BasketState> = new Set<BasketState>([
  'DRAFT',
  'BACKTESTED',
  'PENDING_APPROVAL',
  'APPROVED',
  'LISTING',
  'LISTING_FAILED',
  'ACTIVE',
  'SUSPENDED',
  'DELISTING',
]);

export const isPriced = (state: BasketState): boolean => PRICED_STATES.has(state);

/** Maker (owner or delegate), checker, operations, risk officer, the platform itself. */
export type Actor = 'M' | 'C' | 'O' | 'R' | 'SYS';

export interface TransitionRow {
  readonly number: number;
  /** Empty for the creation. */
  readonly from: readonly BasketState[];
  readonly event: string;
  /** SAME: stays where it is. PRIOR: back to where it came from. */
  readonly to: BasketState | 'SAME' | 'PRIOR';
  readonly who: readonly Actor[];
}

const row = <Event extends string>(
  number: number,
  from: readonly BasketState[],
  event: Event,
  to: TransitionRow['to'],
  ...who: readonly Actor[]
) => ({ number, from, event, to, who });

export const TRANSITIONS = [
  row(1, [], 'CREATE_BASKET', 'DRAFT', 'M'),
  row(2, ['DRAFT'], 'EDIT_BASKET', 'DRAFT', 'M'),
  row(3, ['DRAFT', 'BACKTESTED', 'BACKTEST_FAILED'], 'TRIGGER_BACKTEST', 'BACKTESTING', 'M'),
  row(4, ['BACKTESTING'], 'BACKTEST_COMPLETED', 'BACKTESTED', 'SYS'),
  row(5, ['BACKTESTING'], 'BACKTEST_ERRORED', 'BACKTEST_FAILED', 'SYS'),
  row(6, ['BACKTESTING'], 'BACKTEST_TIMEOUT', 'BACKTEST_FAILED', 'SYS'),
  row(7, ['BACKTESTING'], 'CANCEL_BACKTEST', 'DRAFT', 'M'),
  row(8, ['BACKTESTED', 'BACKTEST_FAILED', 'REJECTED'], 'EDIT_BASKET', 'DRAFT', 'M'),
  row(9, ['BACKTESTED'], 'SUBMIT_FOR_APPROVAL', 'PENDING_APPROVAL', 'M'),
  row(10, ['PENDING_APPROVAL'], 'WITHDRAW_SUBMISSION', 'BACKTESTED', 'M'),
  row(11, ['PENDING_APPROVAL'], 'APPROVE_BASKET', 'LISTING', 'C'),
  row(12, ['PENDING_APPROVAL'], 'APPROVE_BASKET', 'APPROVED', 'C'),
  row(13, ['PENDING_APPROVAL'], 'REQUEST_CHANGES', 'DRAFT', 'C'),
  row(14, ['PENDING_APPROVAL'], 'REJECT_BASKET', 'REJECTED', 'C'),
  row(15, ['PENDING_APPROVAL'], 'APPROVAL_EXPIRED', 'BACKTESTED', 'SYS'),
  row(16, ['APPROVED'], 'LAUNCH_DUE', 'LISTING', 'SYS'),
  row(17, ['APPROVED'], 'REVOKE_APPROVAL', 'PENDING_APPROVAL', 'C'),
  row(18, ['LISTING'], 'VENDOR_LISTED', 'LISTING', 'SYS'),
  row(19, ['LISTING'], 'VENDOR_LISTING_FAILED', 'LISTING', 'SYS'),
  row(20, ['LISTING'], 'LISTING_COMPLETED', 'ACTIVE', 'SYS'),
  row(21, ['LISTING'], 'LISTING_EXHAUSTED', 'LISTING_FAILED', 'SYS'),
  row(22, ['LISTING_FAILED'], 'RETRY_LISTING', 'LISTING', 'O'),
  row(23, ['LISTING_FAILED'], 'RETURN_TO_DRAFT', 'DRAFT', 'M'),
  row(24, ['ACTIVE'], 'SCHEDULE_REBALANCE', 'ACTIVE', 'M', 'C'),
  row(25, ['ACTIVE'], 'START_REBALANCE', 'REBALANCING', 'SYS'),
  row(26, ['REBALANCING'], 'REBALANCE_APPLIED', 'ACTIVE', 'SYS'),
  row(27, ['REBALANCING'], 'REBALANCE_FAILED', 'ACTIVE', 'SYS'),
  row(28, ['ACTIVE', 'SUSPENDED'], 'CORPORATE_ACTION_APPLIED', 'SAME', 'SYS'),
  row(29, ['ACTIVE', 'REBALANCING'], 'AUTO_SUSPEND', 'SUSPENDED', 'SYS'),
  row(30, ['ACTIVE'], 'SUSPEND', 'SUSPENDED', 'O', 'R'),
  row(31, ['SUSPENDED'], 'RESUME', 'ACTIVE', 'O'),
  row(32, ['ACTIVE', 'SUSPENDED'], 'REQUEST_DELISTING', 'DELISTING', 'M', 'C'),
  row(33, ['DELISTING'], 'CANCEL_DELISTING', 'PRIOR', 'M', 'C'),
  row(34, ['DELISTING'], 'DELISTING_COMPLETED', 'DELISTED', 'SYS'),
  row(
    35,
    ['DRAFT', 'BACKTESTED', 'BACKTEST_FAILED', 'REJECTED', 'APPROVED', 'LISTING_FAILED'],
    'CANCEL_BASKET',
    'CANCELLED',
    'M',
  ),
] as const satisfies readonly TransitionRow[];

export type BasketEvent = (typeof TRANSITIONS)[number]['event'];

/** The distinct events, in order of their first row. */
export const BASKET_EVENTS: readonly BasketEvent[] = [
  ...new Set(TRANSITIONS.map(({ event }) => event)),
];

/** The rows of a cell of the table; none when the event is not allowed in the state. */
export function transitionsOf(state: BasketState, event: BasketEvent): readonly TransitionRow[] {
  const rows: readonly TransitionRow[] = TRANSITIONS;
  return rows.filter((each) => each.event === event && each.from.includes(state));
}

/**
 * What makers and checkers do with the version of a live basket that is on its way: the machine of
 * versions decides, and the basket stays where it is.
 */
export const EVENTS_OF_PENDING_VERSION = {
  WITHDRAW_SUBMISSION: 'WITHDRAW',
  APPROVE_BASKET: 'APPROVE',
  REQUEST_CHANGES: 'REQUEST_CHANGES',
  REJECT_BASKET: 'REJECT',
  APPROVAL_EXPIRED: 'EXPIRE',
  REVOKE_APPROVAL: 'REVOKE',
} as const satisfies Partial<Record<BasketEvent, VersionEvent>>;

function eventOfPendingVersion(event: BasketEvent): VersionEvent | undefined {
  const events: Partial<Record<BasketEvent, VersionEvent>> = EVENTS_OF_PENDING_VERSION;
  return events[event];
}

export interface Standing {
  readonly state: BasketState;
  /** Of the version on its way to a live basket; null without one. */
  readonly pendingStatus: VersionStatus | null;
}

/** Who may ask for the event; nobody when neither machine has a row for it. */
export function whoMay({ state, pendingStatus }: Standing, event: BasketEvent): readonly Actor[] {
  const [row] = transitionsOf(state, event);
  if (row) return row.who;
  const versionEvent = eventOfPendingVersion(event);
  if (versionEvent === undefined || pendingStatus === null) return [];
  // An approval schedules the rebalance, and row 24 begins in ACTIVE.
  const isOpen = state === 'ACTIVE' || (state === 'SUSPENDED' && versionEvent !== 'APPROVE');
  if (!isOpen || versionStatusAfter(pendingStatus, versionEvent) === undefined) return [];
  return TRANSITIONS.find((each) => each.event === event)?.who ?? [];
}

/** All that can happen now, whoever asks. */
export function openEvents(standing: Standing): readonly BasketEvent[] {
  return BASKET_EVENTS.filter((event) => whoMay(standing, event).length > 0);
}
