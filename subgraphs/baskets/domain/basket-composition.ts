/** Commands on what a basket is made of: creating, editing, fixing the base of its index. */

import { type Decimal, decimal, formatDecimal } from '#kernel/decimal';
import { accept, refuse } from '#kernel/decision';
import type { CurrencyCode } from '#kernel/money';
import {
  type Basket,
  type BasketVersion,
  currentVersion,
  nextVersionNumber,
  type VersionContent,
} from './basket.ts';
import { handOf, isActor } from './basket-caller.ts';
import type { Asked, BaseIndex, CreateBasket, EditBasket } from './basket-command.ts';
import type { BasketDecision } from './basket-decision.ts';
import {
  canonicalContent,
  compose,
  type ProposedConstituent,
  type ReferenceData,
  type Weighting,
} from './composition.ts';
import { isPriced } from './transition-table.ts';

const MIN_BASE_LEVEL = decimal('1');
const MAX_BASE_LEVEL = decimal('1000000');
const CODE = /^[A-Z0-9][A-Z0-9._-]{0,31}$/;
const MAX_NAME_LENGTH = 200;
export const MAX_DELEGATES = 50;
/** A quadrillion: more than any basket, and well within numeric(38, 8). */
const MAX_NOTIONAL = decimal('1000000000000000');

export function create(
  basket: Basket | null,
  command: CreateBasket,
  { by }: Asked,
): BasketDecision {
  const { code, name, currency, baseLevel, notional, launchAtMs, delegates } = command;
  if (!isActor('M', by)) {
    return refuse('ROLE_NOT_ALLOWED', `expected a maker, was ${by.actor}`);
  }
  if (basket !== null) {
    return refuse('DUPLICATE_CODE', `a basket with the code ${code} exists`);
  }
  if (!CODE.test(code)) {
    return refuse(
      'INVALID_CODE',
      `expected 1 to 32 letters, digits, ".", "_" and "-", was "${code.slice(0, 40)}"`,
    );
  }
  const badTerms = nameFault(name) ?? baseLevelFault(baseLevel) ?? termsFault(command);
  if (badTerms) return badTerms;
  const version = versionOf(command, { currency, number: 1 });
  if (!version.ok) return version;
  return accept({
    type: 'BasketCreated',
    basketId: command.basketId,
    code,
    name,
    currency,
    baseLevel,
    by: handOf(by),
    notional,
    launchAtMs,
    delegates,
    version: version.content,
  });
}

export function edit(basket: Basket, command: EditBasket, { by }: Asked): BasketDecision {
  const version = currentVersion(basket);
  const name = command.name ?? basket.name;
  const badTerms = nameFault(name) ?? termsFault(command);
  if (badTerms) return badTerms;
  const next = versionOf(
    { ...command, ...changesOf(version, command) },
    { currency: basket.currency, number: nextVersionNumber(basket) },
  );
  if (!next.ok) return next;
  const { notional, launchAtMs, delegates } = command;
  return accept({
    type: 'BasketEdited',
    name,
    by: handOf(by),
    notional,
    launchAtMs,
    delegates,
    version: next.content,
  });
}

interface Changes {
  readonly weighting: Weighting | null;
  readonly constituents: readonly ProposedConstituent[] | null;
}

/** What is left out stays as the version has it. */
export function changesOf(version: BasketVersion, changes: Changes) {
  const weighting = changes.weighting ?? version.weighting;
  return { weighting, constituents: changes.constituents ?? proposalOf(version, weighting) };
}

/** The names as they are, for an edit that does not name them. */
function proposalOf(version: BasketVersion, weighting: Weighting): ProposedConstituent[] {
  return version.constituents.map(({ symbol, weight }) => ({
    symbol,
    weight: weighting === 'EQUAL' ? null : weight,
  }));
}

export function versionOf(
  proposal: {
    readonly weighting: Weighting;
    readonly constituents: readonly ProposedConstituent[];
    readonly reference: ReferenceData;
    readonly hash: (text: string) => string;
  },
  { currency, number }: { readonly currency: CurrencyCode; readonly number: number },
) {
  const { weighting } = proposal;
  const composed = compose({ ...proposal, currency }, proposal.reference);
  if (!composed.ok) return composed;
  const { constituents } = composed;
  const hash = proposal.hash(canonicalContent({ currency, weighting, constituents }));
  const content: VersionContent = { number, weighting, hash, constituents };
  return { ok: true as const, content };
}

/** Undefined while every name is known and every currency has a rate, as when it was composed. */
export function referenceFault(
  { currency }: Basket,
  { constituents }: BasketVersion,
  reference: ReferenceData,
) {
  const composed = compose({ currency, weighting: 'FIXED', constituents }, reference);
  return composed.ok ? undefined : composed;
}

/** Basing twice changes nothing: the first base stays. */
export function baseIndex(basket: Basket, command: BaseIndex): BasketDecision {
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

function nameFault(name: string) {
  if (name.trim() !== '' && name.length <= MAX_NAME_LENGTH) return undefined;
  return refuse(
    'INVALID_NAME' as const,
    `expected 1 to ${MAX_NAME_LENGTH} characters, was ${name.length}`,
  );
}

function baseLevelFault(level: Decimal) {
  if (level >= MIN_BASE_LEVEL && level <= MAX_BASE_LEVEL) return undefined;
  return refuse(
    'INVALID_BASE_LEVEL' as const,
    `expected 1 to 1000000, was ${formatDecimal(level)}`,
  );
}

function termsFault({ notional, delegates }: Pick<CreateBasket, 'notional' | 'delegates'>) {
  if (notional !== null && (notional <= 0n || notional > MAX_NOTIONAL)) {
    return refuse(
      'INVALID_NOTIONAL' as const,
      `expected above 0 and at most ${formatDecimal(MAX_NOTIONAL)}, was ${formatDecimal(notional)}`,
    );
  }
  if (delegates === null) return undefined;
  const isFair = delegates.length <= MAX_DELEGATES && delegates.every((each) => each.trim() !== '');
  if (isFair) return undefined;
  return refuse(
    'INVALID_DELEGATES' as const,
    `expected at most ${MAX_DELEGATES} users, was ${delegates.length}`,
  );
}
