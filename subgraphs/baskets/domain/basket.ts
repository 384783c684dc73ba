/** The basket aggregate: what it is, what a command does to it, what an event makes of it. */

import { type Decimal, decimal, formatDecimal } from '#kernel/decimal';
import { accept, type Decision, refuse } from '#kernel/decision';
import type { CurrencyCode, Quantity } from '#kernel/money';
import {
  canonicalContent,
  compose,
  type Constituent,
  type ProposedConstituent,
  type ReferenceData,
  type Weighting,
} from './composition.ts';
import type { Divisor, Level } from './index-level.ts';
import type { BasketRefusalReason } from './refusal-reason.ts';
import {
  BASKET_EVENTS,
  type BasketEvent,
  type BasketState,
  isPriced,
  transitionsOf,
} from './transition-table.ts';

export const VERSION_STATUSES = [
  'DRAFT',
  'SUBMITTED',
  'APPROVED',
  'SCHEDULED',
  'EFFECTIVE',
  'SUPERSEDED',
  'REJECTED',
  'CANCELLED',
  'FAILED',
] as const;
export type VersionStatus = (typeof VERSION_STATUSES)[number];

/** Where the index of a version starts. Fixed once: the level of a version follows from it. */
export interface IndexBase {
  /** Per constituent, in the order of the version. */
  readonly units: readonly Quantity[];
  readonly divisor: Divisor;
  /** The level the version starts at. */
  readonly level: Level;
  readonly basedAtMs: number;
}

/** Its content never changes: an edit makes the next version. */
export interface BasketVersion {
  readonly number: number;
  readonly status: VersionStatus;
  readonly weighting: Weighting;
  /** Of `canonicalContent`. */
  readonly hash: string;
  readonly constituents: readonly Constituent[];
  /** Null until every constituent had a price. */
  readonly base: IndexBase | null;
}

export interface Basket {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly currency: CurrencyCode;
  readonly baseLevel: Decimal;
  readonly state: BasketState;
  /** At least one; the last is the current one. */
  readonly versions: readonly BasketVersion[];
}

type VersionContent = Pick<BasketVersion, 'number' | 'weighting' | 'hash' | 'constituents'>;

export type BasketFact =
  | (Pick<Basket, 'code' | 'name' | 'currency' | 'baseLevel'> & {
      readonly type: 'BasketCreated';
      readonly basketId: string;
      readonly version: VersionContent;
    })
  | { readonly type: 'BasketEdited'; readonly name: string; readonly version: VersionContent }
  | { readonly type: 'BasketCancelled' }
  | { readonly type: 'IndexBased'; readonly versionNumber: number; readonly base: IndexBase };

interface Known {
  readonly reference: ReferenceData;
  /** Hash of a text; the same for ever. */
  readonly hash: (text: string) => string;
}

export interface CreateBasket extends Known {
  readonly type: 'CreateBasket';
  readonly basketId: string;
  readonly code: string;
  readonly name: string;
  readonly currency: CurrencyCode;
  readonly weighting: Weighting;
  readonly baseLevel: Decimal;
  readonly constituents: readonly ProposedConstituent[];
}

export interface EditBasket extends Known {
  readonly type: 'EditBasket';
  /** The version the editor saw. */
  readonly version: number;
  /** Null keeps the name. */
  readonly name: string | null;
  /** Null keeps the weighting. */
  readonly weighting: Weighting | null;
  /** Null keeps the names. */
  readonly constituents: readonly ProposedConstituent[] | null;
}

export type BasketCommand =
  | CreateBasket
  | EditBasket
  | { readonly type: 'CancelBasket' }
  | { readonly type: 'BaseIndex'; readonly versionNumber: number; readonly base: IndexBase };

export const DEFAULT_BASE_LEVEL = decimal('1000');
const MIN_BASE_LEVEL = decimal('1');
const MAX_BASE_LEVEL = decimal('1000000');
const CODE = /^[A-Z0-9][A-Z0-9._-]{0,31}$/;
const MAX_NAME_LENGTH = 200;

type BasketDecision = Decision<BasketFact, BasketRefusalReason>;

/** Null is the basket that does not exist yet. */
export function decide(basket: Basket | null, command: BasketCommand): BasketDecision {
  if (command.type === 'CreateBasket') return create(basket, command);
  if (basket === null) return refuse('UNKNOWN_BASKET', 'no basket has this code');
  switch (command.type) {
    case 'EditBasket':
      return edit(basket, command);
    case 'CancelBasket':
      return notAllowed(basket, 'CANCEL_BASKET') ?? accept({ type: 'BasketCancelled' });
    case 'BaseIndex':
      return baseIndex(basket, command);
  }
}

function create(basket: Basket | null, command: CreateBasket): BasketDecision {
  const { code, baseLevel } = command;
  if (basket !== null) {
    return refuse('DUPLICATE_CODE', `a basket with the code ${code} exists`);
  }
  if (!CODE.test(code)) {
    return refuse(
      'INVALID_CODE',
      `expected 1 to 32 letters, digits, ".", "_" and "-", was "${code.slice(0, 40)}"`,
    );
  }
  const badName = nameFault(command.name);
  if (badName) return badName;
  if (baseLevel < MIN_BASE_LEVEL || baseLevel > MAX_BASE_LEVEL) {
    return refuse('INVALID_BASE_LEVEL', `expected 1 to 1000000, was ${formatDecimal(baseLevel)}`);
  }
  const version = versionOf(command, { currency: command.currency, number: 1 });
  if (!version.ok) return version;
  return accept({
    type: 'BasketCreated',
    basketId: command.basketId,
    code,
    name: command.name,
    currency: command.currency,
    baseLevel,
    version: version.content,
  });
}

function edit(basket: Basket, command: EditBasket): BasketDecision {
  const illegal = notAllowed(basket, 'EDIT_BASKET');
  if (illegal) return illegal;
  const version = currentVersion(basket);
  if (command.version !== version.number) {
    return refuse(
      'VERSION_CONFLICT',
      `expected version ${version.number}, the current one, was ${command.version}`,
    );
  }
  const name = command.name ?? basket.name;
  const badName = nameFault(name);
  if (badName) return badName;
  const weighting = command.weighting ?? version.weighting;
  const next = versionOf(
    {
      weighting,
      constituents: command.constituents ?? proposalOf(version, weighting),
      reference: command.reference,
      hash: command.hash,
    },
    { currency: basket.currency, number: version.number + 1 },
  );
  return next.ok ? accept({ type: 'BasketEdited', name, version: next.content }) : next;
}

/** The names as they are, for an edit that does not name them. */
function proposalOf(version: BasketVersion, weighting: Weighting): ProposedConstituent[] {
  return version.constituents.map(({ symbol, weight }) => ({
    symbol,
    weight: weighting === 'EQUAL' ? null : weight,
  }));
}

function versionOf(
  proposal: Known & {
    readonly weighting: Weighting;
    readonly constituents: readonly ProposedConstituent[];
  },
  { currency, number }: { currency: CurrencyCode; number: number },
) {
  const { weighting } = proposal;
  const composed = compose({ ...proposal, currency }, proposal.reference);
  if (!composed.ok) return composed;
  const { constituents } = composed;
  const hash = proposal.hash(canonicalContent({ currency, weighting, constituents }));
  const content: VersionContent = { number, weighting, hash, constituents };
  return { ok: true as const, content };
}

/** Basing twice changes nothing: the first base stays. */
function baseIndex(
  basket: Basket,
  command: Extract<BasketCommand, { type: 'BaseIndex' }>,
): BasketDecision {
  const version = currentVersion(basket);
  if (command.versionNumber !== version.number) {
    return refuse(
      'VERSION_CONFLICT',
      `expected version ${version.number}, the current one, was ${command.versionNumber}`,
    );
  }
  if (version.base !== null || !isPriced(basket.state)) return accept();
  return accept({ type: 'IndexBased', versionNumber: version.number, base: command.base });
}

function notAllowed(basket: Basket, event: BasketEvent) {
  const { state } = basket;
  if (transitionsOf(state, event).length > 0) return undefined;
  const allowed = BASKET_EVENTS.filter((each) => transitionsOf(state, each).length > 0);
  return refuse(
    'ILLEGAL_TRANSITION' as const,
    `${event} is not allowed in ${state}; allowed: ${allowed.join(', ') || 'nothing'}`,
  );
}

function nameFault(name: string) {
  if (name.trim() !== '' && name.length <= MAX_NAME_LENGTH) return undefined;
  return refuse(
    'INVALID_NAME' as const,
    `expected 1 to ${MAX_NAME_LENGTH} characters, was ${name.length}`,
  );
}

/** Facts never fail; one that does not fit the basket is a bug. */
export function evolve(basket: Basket | null, fact: BasketFact): Basket {
  if (fact.type === 'BasketCreated') {
    const { type: _type, basketId, version, ...rest } = fact;
    return {
      ...rest,
      id: basketId,
      state: 'DRAFT',
      versions: [{ ...version, status: 'DRAFT', base: null }],
    };
  }
  if (basket === null) throw new Error(`${fact.type} before BasketCreated`);
  const past = basket.versions.slice(0, -1);
  const current = currentVersion(basket);
  switch (fact.type) {
    case 'BasketEdited': {
      // The same content goes on with the same units: renaming does not move the level.
      const base = fact.version.hash === current.hash ? reordered(current, fact.version) : null;
      return {
        ...basket,
        name: fact.name,
        state: 'DRAFT',
        versions: [
          ...past,
          { ...current, status: 'SUPERSEDED' },
          { ...fact.version, status: 'DRAFT', base },
        ],
      };
    }
    case 'BasketCancelled':
      return {
        ...basket,
        state: 'CANCELLED',
        versions: [...past, { ...current, status: 'CANCELLED' }],
      };
    case 'IndexBased':
      return {
        ...basket,
        versions: basket.versions.map((version) =>
          version.number === fact.versionNumber ? { ...version, base: fact.base } : version,
        ),
      };
  }
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

export function currentVersion(basket: Basket): BasketVersion {
  const version = basket.versions.at(-1);
  if (version === undefined) throw new Error(`basket ${basket.code} has no version`);
  return version;
}
