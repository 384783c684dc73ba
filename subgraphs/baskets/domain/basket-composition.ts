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
import { canonicalContent, compose, NO_RULE, type ReferenceData } from './composition.ts';
import { isPriced } from './transition-table.ts';
import { type ProposedConstituent, type ProposedRule, proposalsOf } from './weighing.ts';
import type { WeightingScheme } from './weighting-schemes.ts';

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
  const number = nextVersionNumber(basket);
  const next = isOnlyOfTerms(command)
    ? sameContent(basket, version, { number, reference: command.reference })
    : versionOf(
        { ...command, ...changesOf(version, command) },
        { currency: basket.currency, number },
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
  readonly weighting: WeightingScheme | null;
  readonly rule: ProposedRule | null;
  readonly constituents: readonly ProposedConstituent[] | null;
}

/** A rename does not weigh anew, whatever the market has done since. */
const isOnlyOfTerms = ({ weighting, rule, constituents }: Changes): boolean =>
  weighting === null && rule === null && constituents === null;

function sameContent(
  basket: Basket,
  version: BasketVersion,
  { number, reference }: { readonly number: number; readonly reference: ReferenceData },
) {
  const { weighting, weighing, hash, constituents } = version;
  const content: VersionContent = { number, weighting, weighing, hash, constituents };
  return referenceFault(basket, version, reference) ?? { ok: true as const, content };
}

/** What is left out stays as the version has it; a rule as long as the weighting is the same. */
export function changesOf(version: BasketVersion, changes: Changes) {
  const weighting = changes.weighting ?? version.weighting;
  const isKept = weighting === version.weighting && version.weighing !== null;
  return {
    weighting,
    rule: changes.rule ?? (isKept ? { ...version.weighing, asOf: null } : NO_RULE),
    constituents: changes.constituents ?? proposalOf(version, weighting),
  };
}

/** The names as they are, with the inputs of their scheme, for an edit that does not name them. */
function proposalOf(version: BasketVersion, weighting: WeightingScheme): ProposedConstituent[] {
  const isKept = weighting === version.weighting;
  const given = isKept && version.weighing ? proposalsOf(version.weighing) : [];
  const bySymbol = new Map(given.map((each) => [each.symbol, each]));
  return version.constituents.map(({ symbol, weight: found }) => {
    const inputs = bySymbol.get(symbol);
    const weight = weighting === 'FIXED' ? (inputs?.weight ?? found) : null;
    return { ...inputs, symbol, weight };
  });
}

export function versionOf(
  proposal: {
    readonly weighting: WeightingScheme;
    readonly rule: ProposedRule;
    readonly constituents: readonly ProposedConstituent[];
    readonly reference: ReferenceData;
    readonly hash: (text: string) => string;
  },
  { currency, number }: { readonly currency: CurrencyCode; readonly number: number },
) {
  const { weighting } = proposal;
  const composed = compose({ ...proposal, currency }, proposal.reference);
  if (!composed.ok) return composed;
  const { constituents, weighing } = composed;
  const hash = proposal.hash(canonicalContent({ currency, weighting, weighing, constituents }));
  const content: VersionContent = { number, weighting, weighing, hash, constituents };
  return { ok: true as const, content };
}

/** Undefined while every name is known and every currency has a rate, as when it was composed. */
export function referenceFault(
  { currency }: Basket,
  { constituents }: BasketVersion,
  reference: ReferenceData,
) {
  const weights = { weighting: 'FIXED', rule: NO_RULE } as const;
  const composed = compose({ currency, ...weights, constituents }, reference);
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
