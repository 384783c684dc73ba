/** What facts about a live basket make of it: rebalances, corporate actions, halts, the end. */

import {
  type Basket,
  type Delisting,
  effectiveVersion,
  pendingVersion,
  type Rebalance,
} from './basket.ts';
import { peopleOf } from './basket-caller.ts';
import { advanced, advancedIfOpen, changedVersion, moved, union } from './basket-change.ts';
import type { DelistingFact, FactOf, LiveFact, RebalanceFact } from './basket-fact.ts';
import { weighingAfterAction } from './weighing-after-action.ts';

export function evolveRebalance(basket: Basket, fact: RebalanceFact): Basket {
  switch (fact.type) {
    case 'RebalanceProposed':
      return proposed(basket, fact);
    case 'RebalanceScheduled': {
      const { versionNumber, effectiveDate, dueAtMs } = fact;
      return {
        ...moved(advanced(basket, versionNumber, 'SCHEDULE'), 'SCHEDULE_REBALANCE'),
        rebalance: { versionNumber, effectiveDate, dueAtMs, started: null },
      };
    }
    case 'RebalanceStarted': {
      const { deadlineMs, level, closes } = fact;
      const started = { deadlineMs, level, closes };
      return {
        ...moved(basket, 'START_REBALANCE'),
        rebalance: { ...planned(basket), started },
      };
    }
    case 'RebalanceApplied':
      return rebalanced(basket, fact);
    case 'RebalanceFailed':
      return {
        ...moved(advanced(basket, fact.versionNumber, 'FAIL'), 'REBALANCE_FAILED'),
        rebalance: null,
        approval: null,
      };
  }
}

function planned({ rebalance, code }: Basket): Rebalance {
  if (rebalance === null) throw new Error(`basket ${code} has no rebalance planned`);
  return rebalance;
}

/** A draft that checkers sent back gives way to the next proposal. */
function proposed(basket: Basket, fact: FactOf<'RebalanceProposed'>): Basket {
  const draft = basket.versions.findLast(({ status }) => status === 'DRAFT');
  const replaced = draft ? advanced(basket, draft.number, 'REPLACE') : basket;
  const { version, effectiveDate, by } = fact;
  return {
    ...replaced,
    versions: [
      ...replaced.versions,
      { ...version, status: 'DRAFT', origin: 'REBALANCE', base: null },
    ],
    editors: union(basket.editors, peopleOf(by)),
    rebalance: { versionNumber: version.number, effectiveDate, dueAtMs: null, started: null },
  };
}

function rebalanced(basket: Basket, fact: FactOf<'RebalanceApplied'>): Basket {
  const { versionNumber, base, reweighed } = fact;
  const effective = advanced(withoutEffective(basket), versionNumber, 'TAKE_EFFECT');
  return {
    ...moved(changedVersion(effective, versionNumber, { base, ...reweighed }), 'REBALANCE_APPLIED'),
    rebalance: null,
    approval: null,
    editors: [],
  };
}

function withoutEffective(basket: Basket): Basket {
  const effective = effectiveVersion(basket);
  return effective ? advanced(basket, effective.number, 'REPLACE') : basket;
}

export function evolveLive(basket: Basket, fact: LiveFact): Basket {
  switch (fact.type) {
    case 'CorporateActionApplied':
      return adjusted(basket, fact);
    case 'BasketSuspended': {
      const { by, as, reason } = fact;
      const { rebalance } = basket;
      return {
        ...moved(basket, as === 'SYS' ? 'AUTO_SUSPEND' : 'SUSPEND'),
        suspension: { by, as, reason },
        // What had begun begins anew when the basket goes on.
        rebalance: rebalance && { ...rebalance, started: null },
      };
    }
    case 'BasketResumed':
      return { ...moved(basket, 'RESUME'), suspension: null };
  }
}

function adjusted(basket: Basket, fact: FactOf<'CorporateActionApplied'>): Basket {
  const { action, base, version } = fact;
  const after = moved(basket, 'CORPORATE_ACTION_APPLIED');
  const appliedActions = [...basket.appliedActions, action.actionId];
  if (version === null) {
    const effective = effectiveVersion(basket);
    if (!effective) return { ...after, appliedActions };
    const symbols = effective.constituents.map(({ symbol }) => symbol);
    const weighing = weighingAfterAction(effective, { base, symbols, about: action.symbol });
    return { ...changedVersion(after, effective.number, { base, weighing }), appliedActions };
  }
  const replaced = withoutEffective(after);
  return {
    ...replaced,
    appliedActions,
    versions: [
      ...replaced.versions,
      { ...version, status: 'EFFECTIVE', origin: 'CORPORATE_ACTION', base },
    ],
  };
}

export function evolveDelisting(basket: Basket, fact: DelistingFact): Basket {
  switch (fact.type) {
    case 'DelistingRequested': {
      const { number, by, lastDate } = fact;
      return {
        ...basket,
        delistings: number,
        delisting: {
          number,
          lastDate,
          requestedBy: by,
          confirmedBy: null,
          priorState: null,
          cancelRequestedBy: null,
          dueAtMs: null,
        },
      };
    }
    case 'DelistingConfirmed': {
      const { by, dueAtMs } = fact;
      const pending = pendingVersion(basket);
      const { state: priorState } = basket;
      return {
        ...moved(pending ? advancedIfOpen(basket, pending, 'CANCEL') : basket, 'REQUEST_DELISTING'),
        approval: null,
        rebalance: null,
        delisting: { ...asked(basket), confirmedBy: by, priorState, dueAtMs },
      };
    }
    case 'DelistingCancelRequested':
      return { ...basket, delisting: { ...asked(basket), cancelRequestedBy: fact.by } };
    case 'DelistingCancelled':
      return { ...moved(basket, 'CANCEL_DELISTING'), delisting: null };
    case 'DelistingCompleted':
      return {
        ...moved(basket, 'DELISTING_COMPLETED'),
        delisting: { ...asked(basket), dueAtMs: null },
      };
  }
}

function asked({ delisting, code }: Basket): Delisting {
  if (delisting === null) throw new Error(`nobody asked to remove basket ${code}`);
  return delisting;
}
