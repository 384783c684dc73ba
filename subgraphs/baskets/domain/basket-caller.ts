/** Who acts on a basket, and whether the life cycle lets them: makers, checkers, operators. */

import { type Refusal, refuse } from '#kernel/decision';
import type { Scope } from '#kernel/roles';
import type { Basket, Hand } from './basket.ts';
import type { BasketRefusalReason } from './refusal-reason.ts';
import {
  type Actor,
  type BasketEvent,
  openEvents,
  type Standing,
  whoMay,
} from './transition-table.ts';

export interface Caller extends Hand {
  readonly roles: readonly string[];
  readonly scopes: readonly Scope[];
  /** True for programs. */
  readonly isService: boolean;
}

/** The platform itself: timers and workers. */
export const SYSTEM: Caller = {
  actor: 'system',
  onBehalfOf: null,
  roles: ['system'],
  scopes: [],
  isService: true,
};

export const isSystem = (caller: Caller): boolean => caller === SYSTEM;

/** The names behind a hand: none of them is washed off by acting for another. */
export function peopleOf({ actor, onBehalfOf }: Hand): readonly string[] {
  return onBehalfOf === null ? [actor] : [actor, onBehalfOf];
}

export const handOf = ({ actor, onBehalfOf }: Caller): Hand => ({ actor, onBehalfOf });

type Rights = Pick<Caller, 'roles' | 'scopes'>;
type Makers = Pick<Basket, 'owner' | 'delegates'>;

/** What somebody may act as, whoever the basket belongs to. */
export function isActor(actor: Actor, caller: Rights): boolean {
  const { roles, scopes } = caller;
  switch (actor) {
    case 'M':
      return scopes.includes('baskets:write');
    case 'C':
      return scopes.includes('baskets:approve');
    case 'O':
      return scopes.includes('baskets:operate') && hasOne(roles, ['operations', 'admin']);
    case 'R':
      return scopes.includes('baskets:operate') && hasOne(roles, ['risk_officer', 'admin']);
    case 'SYS':
      return roles.includes('system');
  }
}

const hasOne = (roles: readonly string[], wanted: readonly string[]): boolean =>
  wanted.some((each) => roles.includes(each));

/** Whose own work is on the table; left out where nobody has a hand in anything. */
interface Hands {
  /** Of the version that waits for a decision. */
  readonly makers?: readonly string[];
  /** Who asked for the delisting, or for calling it off, that waits for a second person. */
  readonly askedToDelist?: readonly string[];
}

const DECISIONS: ReadonlySet<BasketEvent> = new Set<BasketEvent>([
  'APPROVE_BASKET',
  'REQUEST_CHANGES',
  'REJECT_BASKET',
  'REVOKE_APPROVAL',
]);
const DELISTINGS: ReadonlySet<BasketEvent> = new Set<BasketEvent>([
  'REQUEST_DELISTING',
  'CANCEL_DELISTING',
]);

/** What the caller can ask for now: four eyes included. */
export function allowedEvents(
  standing: Standing & Makers & Hands,
  caller: Caller,
): readonly BasketEvent[] {
  const { makers = [], askedToDelist = [] } = standing;
  const isOwn = (event: BasketEvent) =>
    (DECISIONS.has(event) && makerIsChecker(makers, caller) !== undefined) ||
    (DELISTINGS.has(event) && makerIsChecker(askedToDelist, caller) !== undefined);
  const isOneOf = (actor: Actor) =>
    actor !== 'SYS' && isActor(actor, caller) && personFault(standing, actor, caller) === undefined;
  return openEvents(standing).filter((event) => {
    if (isOwn(event)) return false;
    // A rebalance is proposed by makers, once there is none; checkers approve it.
    if (event !== 'SCHEDULE_REBALANCE') return whoMay(standing, event).some(isOneOf);
    return standing.pendingStatus === null && isOneOf('M');
  });
}

/** Undefined when the caller may act as one of `who`; else why not. */
export function roleFault(
  basket: Basket,
  who: readonly Actor[],
  caller: Caller,
): Refusal<BasketRefusalReason> | undefined {
  if (isSystem(caller)) {
    return who.includes('SYS') ? undefined : wrongRole(who, caller);
  }
  const held = who.filter((actor) => actor !== 'SYS' && isActor(actor, caller));
  if (held.length === 0) return wrongRole(who, caller);
  const faults = held.map((actor) => personFault(basket, actor, caller));
  return faults.includes(undefined) ? undefined : faults[0];
}

function personFault(basket: Makers, actor: Actor, caller: Caller) {
  switch (actor) {
    case 'M':
      return outsider(basket, caller);
    case 'C':
      return checkerFault(caller);
    case 'O':
    case 'R':
    case 'SYS':
      return undefined;
  }
}

/** A maker is the owner or a delegate; without named delegates every holder of the scope is one. */
function outsider({ owner, delegates }: Makers, caller: Caller) {
  if (delegates === null) return undefined;
  const stranger = peopleOf(caller).find((each) => each !== owner && !delegates.includes(each));
  if (stranger === undefined) return undefined;
  return refuse(
    'NOT_OWNER_OR_DELEGATE' as const,
    `expected ${[owner, ...delegates].join(' or ')}, was ${stranger}`,
  );
}

function checkerFault(caller: Caller) {
  if (!caller.isService) return undefined;
  return refuse('SERVICE_MAY_NOT_APPROVE' as const, `${caller.actor} is a program`);
}

/** Four eyes: nobody who had a hand in the version, on whatever behalf, decides on it. */
export function makerIsChecker(
  makers: readonly string[],
  caller: Caller,
): Refusal<'MAKER_IS_CHECKER'> | undefined {
  const maker = peopleOf(caller).find((each) => makers.includes(each));
  if (maker === undefined) return undefined;
  return refuse(
    'MAKER_IS_CHECKER',
    `expected somebody else than ${makers.join(', ')}, who made this, was ${maker}`,
  );
}

const NAMES: Readonly<Record<Actor, string>> = {
  M: 'a maker',
  C: 'a checker',
  O: 'operations',
  R: 'a risk officer',
  SYS: 'the platform',
};

function wrongRole(who: readonly Actor[], { actor, roles }: Caller) {
  const expected = who.map((each) => NAMES[each]).join(' or ');
  return refuse(
    'ROLE_NOT_ALLOWED' as const,
    `expected ${expected}, was ${actor} (${roles.join(', ') || 'no role'})`,
  );
}
