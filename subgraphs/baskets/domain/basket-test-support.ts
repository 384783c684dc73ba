// People, commands and histories for tests of the life cycle: every state is reached by commands.

import { businessDate } from '#kernel/business-date';
import { type Decimal, decimal } from '#kernel/decimal';
import { currencyCode, price, quantity } from '#kernel/money';
import { type Role, scopesOf } from '#kernel/roles';
import type { BacktestParams } from './backtest-params.ts';
import type { Basket, IndexBase } from './basket.ts';
import { indexCalendar } from './basket-calendar.ts';
import { type Caller, SYSTEM } from './basket-caller.ts';
import type { Asked, BasketCommand } from './basket-command.ts';
import { decide } from './basket-decider.ts';
import { evolve } from './basket-evolve.ts';
import type { BasketFact } from './basket-fact.ts';
import { NO_RULE, type ReferenceData } from './composition.ts';
import { divisor, level } from './index-level.ts';
import type { BasketEvent, BasketState } from './transition-table.ts';

export const person = (actor: string, ...roles: readonly Role[]): Caller => ({
  actor,
  onBehalfOf: null,
  roles,
  scopes: scopesOf(roles),
  isService: false,
});
export const inNameOf = (caller: Caller, onBehalfOf: string): Caller => ({ ...caller, onBehalfOf });

export const mia = person('mia', 'portfolio_manager');
export const max = person('max', 'portfolio_manager');
export const carl = person('carl', 'approver');
export const cora = person('cora', 'approver');
export const otto = person('otto', 'operations');
export const rita = person('rita', 'risk_officer');
export { SYSTEM };

/** Friday, an hour before noon UTC. */
export const NOW = Date.parse('2026-11-20T11:00:00Z');
export const TODAY = businessDate('2026-11-20');
export const CLOSE = Date.parse('2026-11-20T22:00:00Z');
export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;
export const calendar = indexCalendar({ closeMinuteUtc: 22 * 60, days: 'WEEKDAYS' });

export const reference: ReferenceData = {
  instruments: new Map(
    ['A', 'B', 'C'].map((symbol) => [
      symbol,
      { symbol, instrumentId: `ins_${symbol}`, currency: currencyCode('USD') },
    ]),
  ),
  fx: new Map(),
  market: null,
};
export const hash = (text: string) => `#${text}`;
export const fixed = (...pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([symbol, weight]) => ({ symbol, weight: decimal(weight) }));

export const params: BacktestParams = {
  from: businessDate('2011-11-21'),
  to: businessDate('2026-11-19'),
  rebalance: 'MONTHLY',
  execution: 'NEXT_CLOSE',
  missingPrices: 'REFUSE',
  costBps: decimal('5'),
  benchmarkSymbol: null,
  maxCarriedSessions: 5,
  leastStartWeight: decimal('0'),
};

export const THOUSAND = level(decimal('1000'));
export const base: IndexBase = {
  units: [quantity(decimal('6000')), quantity(decimal('4000'))],
  divisor: divisor(10n ** 27n),
  level: THOUSAND,
  basedAtMs: NOW,
};
export const vendors = [
  { vendor: 'bloomberg', isMandatory: true },
  { vendor: 'refinitiv', isMandatory: false },
];

/** A command that its row lets through, where the basket stands as in the histories below. */
export const COMMANDS = {
  CREATE_BASKET: {
    type: 'CreateBasket',
    basketId: 'bsk_1',
    code: 'TECH',
    name: 'Technology',
    currency: currencyCode('USD'),
    weighting: 'FIXED',
    rule: NO_RULE,
    baseLevel: decimal('1000'),
    constituents: fixed(['A', '0.6'], ['B', '0.4']),
    notional: null,
    launchAtMs: null,
    delegates: null,
    reference,
    hash,
  },
  EDIT_BASKET: {
    type: 'EditBasket',
    name: null,
    weighting: null,
    rule: null,
    constituents: fixed(['A', '0.5'], ['C', '0.5']),
    notional: null,
    launchAtMs: null,
    delegates: null,
    reference,
    hash,
  },
  TRIGGER_BACKTEST: {
    type: 'TriggerBacktest',
    backtestId: 'bt_1',
    params,
    today: TODAY,
    gaps: new Map(),
    reference,
    queued: 0,
  },
  BACKTEST_COMPLETED: { type: 'CompleteBacktest', backtestId: 'bt_1', versionHash: '' },
  BACKTEST_ERRORED: { type: 'FailBacktest', backtestId: 'bt_1', versionHash: '', reason: 'x' },
  BACKTEST_TIMEOUT: { type: 'TimeOutBacktest' },
  CANCEL_BACKTEST: { type: 'CancelBacktest' },
  SUBMIT_FOR_APPROVAL: { type: 'SubmitForApproval', reference, calendar, superseded: null },
  WITHDRAW_SUBMISSION: { type: 'WithdrawSubmission' },
  APPROVE_BASKET: { type: 'ApproveBasket', vendors, calendar },
  REQUEST_CHANGES: { type: 'RequestChanges' },
  REJECT_BASKET: { type: 'RejectBasket' },
  APPROVAL_EXPIRED: { type: 'ExpireApproval' },
  LAUNCH_DUE: { type: 'Launch', vendors, reference },
  REVOKE_APPROVAL: { type: 'RevokeApproval', calendar },
  VENDOR_LISTED: {
    type: 'ReportVendor',
    vendor: 'bloomberg',
    status: 'LISTED',
    vendorId: 'BBG1',
    reason: null,
  },
  VENDOR_LISTING_FAILED: {
    type: 'ReportVendor',
    vendor: 'bloomberg',
    status: 'FAILED',
    vendorId: null,
    reason: 'timeout',
  },
  LISTING_COMPLETED: { type: 'CompleteListing', level: THOUSAND },
  LISTING_EXHAUSTED: { type: 'ExhaustListing', reason: null },
  RETRY_LISTING: { type: 'RetryListing', vendors },
  RETURN_TO_DRAFT: { type: 'ReturnToDraft' },
  SCHEDULE_REBALANCE: {
    type: 'RebalanceBasket',
    weighting: null,
    rule: null,
    constituents: fixed(['A', '0.5'], ['C', '0.5']),
    effectiveDate: TODAY,
    calendar,
    reference,
    hash,
  },
  START_REBALANCE: {
    type: 'StartRebalance',
    versionNumber: 2,
    level: THOUSAND,
    closes: ['A', 'B', 'C'].map((symbol) => ({ symbol, price: price(decimal('100')) })),
  },
  REBALANCE_APPLIED: {
    type: 'ApplyRebalance',
    versionNumber: 2,
    base,
    reweighed: null,
    levelBefore: THOUSAND,
    levelAfter: THOUSAND,
  },
  REBALANCE_FAILED: { type: 'FailRebalance', versionNumber: 2, reason: 'no closes' },
  CORPORATE_ACTION_APPLIED: {
    type: 'ApplyCorporateAction',
    action: {
      actionId: 'ca_1',
      kind: 'SPLIT',
      symbol: 'A',
      exDate: TODAY,
      description: 'A splits 2:1',
    },
    base: { ...base, units: [quantity(decimal('12000')), quantity(decimal('4000'))] },
    constituents: null,
    levelBefore: THOUSAND,
    levelAfter: THOUSAND,
    hash,
  },
  AUTO_SUSPEND: { type: 'AutoSuspend', reason: 'stale weight 0.31' },
  SUSPEND: { type: 'Suspend' },
  RESUME: { type: 'Resume', standingCause: null },
  REQUEST_DELISTING: { type: 'RequestDelisting', lastDate: null, today: TODAY, calendar },
  CANCEL_DELISTING: { type: 'CancelDelisting' },
  DELISTING_COMPLETED: { type: 'CompleteDelisting', isForced: false },
  CANCEL_BASKET: { type: 'CancelBasket' },
} as const satisfies Readonly<Record<BasketEvent, BasketCommand>>;

export interface Step {
  readonly command: BasketCommand;
  readonly asked: Asked;
}

export const asked = (by: Caller, changes: Partial<Asked> = {}): Asked => ({
  by,
  atMs: NOW,
  comment: 'because',
  seenVersion: null,
  seenRevision: null,
  ...changes,
});

/** The usual command for an event; `with` changes it, the rest is who, when and what was seen. */
export function step(
  event: BasketEvent,
  by: Caller,
  {
    with: changes = {},
    ...rest
  }: Partial<Asked> & { readonly with?: Readonly<Record<string, unknown>> } = {},
): Step {
  const command = { ...COMMANDS[event], ...changes } as BasketCommand;
  return { command, asked: asked(by, rest) };
}

/** Backtests carry the hash of what they were run for: filled in from the basket. */
function fitted(basket: Basket | null, command: BasketCommand): BasketCommand {
  const isReport = command.type === 'CompleteBacktest' || command.type === 'FailBacktest';
  if (!isReport || command.versionHash !== '') return command;
  return { ...command, versionHash: basket?.backtest?.versionHash ?? '' };
}

export function attempt(basket: Basket | null, { command, asked: by }: Step) {
  return decide(basket, fitted(basket, command), by);
}

/** Facts of the steps; a refused one is a mistake of the test. */
export function factsAfter(...steps: readonly Step[]): readonly BasketFact[] {
  let basket: Basket | null = null;
  const facts: BasketFact[] = [];
  for (const each of steps) {
    const decision = attempt(basket, each);
    if (!decision.ok)
      throw new Error(`${each.command.type}: ${decision.reason}: ${decision.message}`);
    facts.push(...decision.events);
    basket = decision.events.reduce<Basket | null>(evolve, basket);
  }
  return facts;
}

export function after(...steps: readonly Step[]): Basket {
  const basket = factsAfter(...steps).reduce<Basket | null>(evolve, null);
  if (basket === null) throw new Error('a history begins with CREATE_BASKET');
  return basket;
}

const created = [step('CREATE_BASKET', mia)];
const backtesting = [...created, step('TRIGGER_BACKTEST', mia)];
const backtested = [...backtesting, step('BACKTEST_COMPLETED', SYSTEM)];
const pending = [...backtested, step('SUBMIT_FOR_APPROVAL', mia)];
const listing = [...pending, step('APPROVE_BASKET', carl)];
const active = [...listing, step('VENDOR_LISTED', SYSTEM), step('LISTING_COMPLETED', SYSTEM)];
const scheduled = [...active, step('SCHEDULE_REBALANCE', mia), step('APPROVE_BASKET', carl)];
const delisting = [...active, step('REQUEST_DELISTING', mia), step('REQUEST_DELISTING', carl)];

const LAUNCH_AT = NOW + DAY;

/** The shortest way into each state, by commands alone. */
export const HISTORIES: Readonly<Record<BasketState, readonly Step[]>> = {
  DRAFT: created,
  BACKTESTING: backtesting,
  BACKTESTED: backtested,
  BACKTEST_FAILED: [...backtesting, step('BACKTEST_ERRORED', SYSTEM)],
  PENDING_APPROVAL: pending,
  APPROVED: [
    step('CREATE_BASKET', mia, { with: { launchAtMs: LAUNCH_AT } }),
    ...pending.slice(1),
    step('APPROVE_BASKET', carl),
  ],
  REJECTED: [...pending, step('REJECT_BASKET', carl)],
  LISTING: listing,
  LISTING_FAILED: [
    ...listing,
    step('VENDOR_LISTING_FAILED', SYSTEM, { with: { status: 'REJECTED' } }),
    step('LISTING_EXHAUSTED', SYSTEM, { with: { reason: 'rejected' } }),
  ],
  ACTIVE: active,
  REBALANCING: [...scheduled, step('START_REBALANCE', SYSTEM, { atMs: CLOSE })],
  SUSPENDED: [...active, step('SUSPEND', otto)],
  DELISTING: delisting,
  DELISTED: [
    ...delisting,
    step('DELISTING_COMPLETED', otto, { atMs: CLOSE, with: { isForced: true } }),
  ],
  CANCELLED: [...created, step('CANCEL_BASKET', mia)],
};
export const SCHEDULED = scheduled;

export const notionalOf = (text: string): Decimal => decimal(text);
