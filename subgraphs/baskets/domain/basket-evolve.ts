/** What a fact makes of a basket. Facts never fail: one that does not fit the basket is a bug. */

import {
  type ApprovalRequest,
  type Basket,
  type BasketVersion,
  currentVersion,
  type IndexBase,
  pendingVersion,
  type VersionContent,
  versionInHand,
} from './basket.ts';
import { peopleOf } from './basket-caller.ts';
import { advanced, advancedIfOpen, based, moved, union } from './basket-change.ts';
import { evolveDelisting, evolveLive, evolveRebalance } from './basket-evolve-live.ts';
import {
  type ApprovalFact,
  type BacktestFact,
  type BasketFact,
  type FactOf,
  isApprovalFact,
  isBacktestFact,
  isDelistingFact,
  isListingFact,
  isRebalanceFact,
  type ListingFact,
  type Submission,
} from './basket-fact.ts';
import { listingFrom, vendorReported } from './basket-listing.ts';

/** Null is the basket that does not exist yet. */
export function evolve(basket: Basket | null, fact: BasketFact): Basket {
  if (fact.type === 'BasketCreated') return created(fact);
  if (basket === null) throw new Error(`${fact.type} before BasketCreated`);
  const after = evolveExisting(basket, fact);
  return isStep(fact) ? { ...after, revision: basket.revision + 1 } : after;
}

/** Vendors and the base of the index report beside the life cycle. */
function isStep({ type }: BasketFact): boolean {
  return type !== 'IndexBased' && type !== 'VendorReported';
}

function created(fact: FactOf<'BasketCreated'>): Basket {
  const { type: _type, basketId, version, by, ...rest } = fact;
  return {
    ...rest,
    id: basketId,
    owner: by.actor,
    state: 'DRAFT',
    revision: 1,
    versions: [{ ...version, status: 'DRAFT', origin: 'EDIT', base: null }],
    editors: peopleOf(by),
    backtest: null,
    lastBacktest: null,
    submissions: 0,
    approval: null,
    listing: null,
    rebalance: null,
    suspension: null,
    delistings: 0,
    delisting: null,
    appliedActions: [],
  };
}

type LaterFact = Exclude<BasketFact, { type: 'BasketCreated' }>;

function evolveExisting(basket: Basket, fact: LaterFact): Basket {
  if (isBacktestFact(fact)) return evolveBacktest(basket, fact);
  if (isApprovalFact(fact)) return evolveApproval(basket, fact);
  if (isListingFact(fact)) return evolveListing(basket, fact);
  if (isRebalanceFact(fact)) return evolveRebalance(basket, fact);
  if (isDelistingFact(fact)) return evolveDelisting(basket, fact);
  switch (fact.type) {
    case 'BasketEdited':
      return edited(basket, fact);
    case 'BasketCancelled':
      return {
        ...moved(advancedIfOpen(basket, currentVersion(basket), 'CANCEL'), 'CANCEL_BASKET'),
        approval: null,
      };
    case 'IndexBased':
      return based(basket, fact.versionNumber, fact.base);
    case 'CorporateActionApplied':
    case 'BasketSuspended':
    case 'BasketResumed':
      return evolveLive(basket, fact);
  }
}

function edited(basket: Basket, fact: FactOf<'BasketEdited'>): Basket {
  const { name, by, notional, launchAtMs, delegates, version } = fact;
  const former = currentVersion(basket);
  // The same content goes on with the same units: renaming does not move the level.
  const base = version.hash === former.hash ? reordered(former, version) : null;
  const replaced = moved(advancedIfOpen(basket, former, 'REPLACE'), 'EDIT_BASKET');
  return {
    ...replaced,
    name,
    notional: notional ?? basket.notional,
    launchAtMs: launchAtMs ?? basket.launchAtMs,
    delegates: delegates ?? basket.delegates,
    versions: [...replaced.versions, { ...version, status: 'DRAFT', origin: 'EDIT', base }],
    editors: union(basket.editors, peopleOf(by)),
  };
}

/** The base of equal content whose names may stand in another order. */
function reordered(from: BasketVersion, to: VersionContent): IndexBase | null {
  if (from.base === null) return null;
  const { units } = from.base;
  const unitsBySymbol = new Map(from.constituents.map(({ symbol }, at) => [symbol, units[at]]));
  return {
    ...from.base,
    units: to.constituents.flatMap(({ symbol }) => unitsBySymbol.get(symbol) ?? []),
  };
}

function evolveBacktest(basket: Basket, fact: BacktestFact): Basket {
  switch (fact.type) {
    case 'BacktestTriggered': {
      const { backtestId, versionNumber, versionHash, deadlineMs } = fact;
      return {
        ...moved(basket, 'TRIGGER_BACKTEST'),
        backtest: { backtestId, versionNumber, versionHash, deadlineMs },
      };
    }
    case 'BacktestCompleted': {
      const { backtestId, completedAtMs } = fact;
      const versionHash = basket.backtest?.versionHash ?? '';
      return {
        ...moved(basket, 'BACKTEST_COMPLETED'),
        backtest: null,
        lastBacktest: { backtestId, versionHash, completedAtMs },
      };
    }
    case 'BacktestFailed': {
      const event = fact.cause === 'TIMEOUT' ? 'BACKTEST_TIMEOUT' : 'BACKTEST_ERRORED';
      return { ...moved(basket, event), backtest: null };
    }
    case 'BacktestCancelled':
      return { ...moved(basket, 'CANCEL_BACKTEST'), backtest: null };
  }
}

function evolveApproval(basket: Basket, fact: ApprovalFact): Basket {
  switch (fact.type) {
    case 'ApprovalRequested':
      return requested(basket, fact);
    case 'SubmissionWithdrawn':
      return closed(basket, 'WITHDRAW_SUBMISSION', 'WITHDRAW');
    case 'ChangesRequested':
      return closed(basket, 'REQUEST_CHANGES', 'REQUEST_CHANGES');
    case 'SubmissionRejected':
      return closed(basket, 'REJECT_BASKET', 'REJECT');
    case 'ApprovalExpired':
      return closed(basket, 'APPROVAL_EXPIRED', 'EXPIRE');
    case 'ApprovalGiven': {
      const { by, atMs } = fact;
      const approval = opened(basket);
      const approvals = [...approval.approvals, { ...by, atMs }];
      return { ...basket, approval: { ...approval, approvals } };
    }
    case 'VersionApproved':
      return {
        ...advanced(basket, fact.versionNumber, 'APPROVE'),
        approval: { ...opened(basket), isGranted: true },
      };
    case 'LaunchScheduled':
      return moved(basket, 'APPROVE_BASKET', 'APPROVED');
    case 'ApprovalRevoked':
      return revoked(basket, fact.reopened);
  }
}

function opened({ approval, code }: Basket): ApprovalRequest {
  if (approval === null) throw new Error(`basket ${code} has no approval open`);
  return approval;
}

function requested(basket: Basket, { versionNumber, ...rest }: Submission): Basket {
  const submitted = advanced(basket, versionNumber, 'SUBMIT');
  const isLive = pendingVersion(submitted) !== undefined;
  return {
    ...(isLive ? submitted : moved(submitted, 'SUBMIT_FOR_APPROVAL')),
    submissions: rest.submission,
    approval: requestOf(basket, { versionNumber, ...rest }),
  };
}

function requestOf(
  { editors }: Basket,
  { by, submission, versionNumber, hash, submittedAtMs, expiresAtMs, required }: Submission,
): ApprovalRequest {
  return {
    submission,
    versionNumber,
    hash,
    makers: union(editors, peopleOf(by)),
    submittedBy: by.actor,
    submittedAtMs,
    expiresAtMs,
    required,
    approvals: [],
    isGranted: false,
  };
}

/** The checkers are done with it, or it was taken back from them. */
function closed(
  basket: Basket,
  event: 'WITHDRAW_SUBMISSION' | 'REQUEST_CHANGES' | 'REJECT_BASKET' | 'APPROVAL_EXPIRED',
  versionEvent: 'WITHDRAW' | 'REQUEST_CHANGES' | 'REJECT' | 'EXPIRE',
): Basket {
  const isLive = pendingVersion(basket) !== undefined;
  const { number } = versionInHand(basket);
  const after = advanced(basket, number, versionEvent);
  const rest = { approval: null, rebalance: isLive ? null : basket.rebalance };
  return { ...(isLive ? after : moved(after, event)), ...rest };
}

function revoked(basket: Basket, reopened: Submission): Basket {
  const isLive = pendingVersion(basket) !== undefined;
  const { rebalance } = basket;
  const after = advanced(basket, reopened.versionNumber, 'REVOKE');
  const makers = union(opened(basket).makers, peopleOf(reopened.by));
  return {
    ...(isLive ? after : moved(after, 'REVOKE_APPROVAL')),
    submissions: reopened.submission,
    approval: { ...requestOf(basket, reopened), makers },
    rebalance: rebalance && { ...rebalance, dueAtMs: null, started: null },
  };
}

function evolveListing(basket: Basket, fact: ListingFact): Basket {
  switch (fact.type) {
    case 'ListingStarted': {
      const event = basket.state === 'APPROVED' ? 'LAUNCH_DUE' : 'APPROVE_BASKET';
      return { ...moved(basket, event, 'LISTING'), listing: listingFrom(basket.listing, fact) };
    }
    case 'VendorReported':
      return { ...basket, listing: vendorReported(basket.listing, fact) };
    case 'ListingCompleted':
      return {
        ...moved(
          advanced(basket, currentVersion(basket).number, 'TAKE_EFFECT'),
          'LISTING_COMPLETED',
        ),
        approval: null,
        editors: [],
      };
    case 'ListingFailed':
      return moved(basket, 'LISTING_EXHAUSTED');
    case 'ListingRetried':
      return { ...moved(basket, 'RETRY_LISTING'), listing: listingFrom(basket.listing, fact) };
    case 'ReturnedToDraft':
      return {
        ...moved(advanced(basket, currentVersion(basket).number, 'RETURN'), 'RETURN_TO_DRAFT'),
        approval: null,
      };
  }
}
