/** Commands that change a live index: rebalances through approval, and corporate actions. */

import { utcDateOf } from '#kernel/business-date';
import { formatDecimal } from '#kernel/decimal';
import { accept, type Refusal, refuse } from '#kernel/decision';
import {
  type Basket,
  type BasketVersion,
  effectiveVersion,
  type IndexBase,
  nextVersionNumber,
  pendingVersion,
  type Rebalance,
  type VersionContent,
} from './basket.ts';
import { nextTradingDay, submissionOf } from './basket-approvals.ts';
import { handOf } from './basket-caller.ts';
import type { Asked, CommandOf, RebalanceBasket } from './basket-command.ts';
import { changesOf, versionOf } from './basket-composition.ts';
import type { BasketDecision } from './basket-decision.ts';
import { canonicalContent, type Constituent } from './composition.ts';
import type { Level } from './index-level.ts';
import { weighingAfterAction } from './weighing-after-action.ts';

/** From the close to the new version, else it failed. */
export const REBALANCE_LIMIT_MS = 10 * 60_000;
/** 1e-9 of the level. */
const CONTINUITY = 1_000_000_000n;
const MAX_SYMBOLS_SHOWN = 10;

/** A new version of a live basket, straight before the checkers. The basket stays ACTIVE. */
export function proposeRebalance(
  basket: Basket,
  command: RebalanceBasket,
  asked: Asked,
): BasketDecision {
  const { calendar } = command;
  const today = utcDateOf(asked.atMs);
  const effectiveDate =
    command.effectiveDate ?? nextTradingDay(today, { atMs: asked.atMs, calendar });
  const pending = pendingVersion(basket);
  const effective = effectiveVersion(basket);
  if (pending || effective === undefined) {
    return refuse('REBALANCE_PENDING', `version ${pending?.number ?? 0} is on its way`);
  }
  const next = versionOf(
    { ...command, ...changesOf(effective, command) },
    { currency: basket.currency, number: nextVersionNumber(basket) },
  );
  if (!next.ok) return next;
  if (effectiveDate < today || !calendar.isTradingDay(effectiveDate)) {
    return refuse(
      'INVALID_EFFECTIVE_DATE',
      `expected a day on which all names trade, not before ${today}, was ${effectiveDate}`,
    );
  }
  const { content } = next;
  const proposed = { by: handOf(asked.by), effectiveDate, version: content };
  return accept(
    { type: 'RebalanceProposed', ...proposed },
    { type: 'ApprovalRequested', ...submissionOf(basket, content, { ...asked, calendar }) },
  );
}

export function startRebalance(
  basket: Basket,
  { versionNumber, level, closes }: CommandOf<'StartRebalance'>,
  { atMs }: Asked,
): BasketDecision {
  const { rebalance } = basket;
  const wrong = otherVersion(rebalance, versionNumber);
  if (wrong) return wrong;
  if (rebalance === null || rebalance.dueAtMs === null || atMs < rebalance.dueAtMs) {
    return refuse('NOT_DUE', 'the close of the effective date has not come');
  }
  const known = new Set(closes.map(({ symbol }) => symbol));
  const missing = namesOf(basket).filter((symbol) => !known.has(symbol));
  if (missing.length > 0) {
    const shown = missing.slice(0, MAX_SYMBOLS_SHOWN).join(', ');
    return refuse('CLOSES_MISSING', `no official close on ${rebalance.effectiveDate}: ${shown}`);
  }
  if (level <= 0n) return refuse('NO_VALUATION', 'expected the closing level, was none');
  const deadlineMs = atMs + REBALANCE_LIMIT_MS;
  return accept({ type: 'RebalanceStarted', versionNumber, deadlineMs, level, closes });
}

/** Symbols of the effective and the pending version: both are valued at the same closes. */
function namesOf(basket: Basket): readonly string[] {
  const versions = [effectiveVersion(basket), pendingVersion(basket)];
  const symbols = versions.flatMap((each) => each?.constituents.map(({ symbol }) => symbol) ?? []);
  return [...new Set(symbols)];
}

function otherVersion(rebalance: Rebalance | null, versionNumber: number) {
  if (rebalance?.versionNumber === versionNumber) return undefined;
  return refuse(
    'VERSION_CONFLICT' as const,
    `expected version ${rebalance?.versionNumber ?? 'none'}, was ${versionNumber}`,
  );
}

/** Row 26: the level before is the level after, to 1e-9 of it. */
export function applyRebalance(
  basket: Basket,
  { versionNumber, base, reweighed, levelBefore, levelAfter }: CommandOf<'ApplyRebalance'>,
): BasketDecision {
  const names = pendingVersion(basket)?.constituents ?? [];
  const applied = { versionNumber, base, reweighed, levelBefore, levelAfter };
  return (
    otherVersion(basket.rebalance, versionNumber) ??
    baseFault(base, names) ??
    continuityFault(levelBefore, levelAfter) ??
    accept({ type: 'RebalanceApplied', ...applied })
  );
}

export function failRebalance(
  { rebalance }: Basket,
  { versionNumber, reason }: CommandOf<'FailRebalance'>,
  { atMs }: Asked,
): BasketDecision {
  const wrong = otherVersion(rebalance, versionNumber);
  if (wrong) return wrong;
  if (reason === null && atMs < (rebalance?.started?.deadlineMs ?? 0)) {
    return refuse('NOT_DUE', 'the rebalance has time left');
  }
  const late = `it took longer than ${REBALANCE_LIMIT_MS / 60_000} minutes`;
  return accept({ type: 'RebalanceFailed', versionNumber, reason: reason ?? late });
}

/** Row 28; an action that was worked in before changes nothing. */
export function applyCorporateAction(
  basket: Basket,
  command: CommandOf<'ApplyCorporateAction'>,
): BasketDecision {
  const { action, base, constituents, levelBefore, levelAfter } = command;
  if (basket.appliedActions.includes(action.actionId)) return accept();
  const effective = effectiveVersion(basket);
  const names = constituents ?? effective?.constituents ?? [];
  const fault = baseFault(base, names) ?? continuityFault(levelBefore, levelAfter);
  if (fault) return fault;
  const version =
    constituents && effective
      ? adjustedVersion({ ...command, basket, effective, constituents })
      : null;
  return accept({ type: 'CorporateActionApplied', action, base, version, levelBefore, levelAfter });
}

/** The scheme stays, for the next rebalance; the weights are what the action left of them. */
function adjustedVersion({
  basket,
  effective,
  constituents,
  base,
  action,
  hash,
}: Pick<CommandOf<'ApplyCorporateAction'>, 'base' | 'action' | 'hash'> & {
  readonly basket: Basket;
  readonly effective: BasketVersion;
  readonly constituents: readonly Constituent[];
}): VersionContent {
  const { currency } = basket;
  const { weighting } = effective;
  const symbols = constituents.map(({ symbol }) => symbol);
  const weighing = weighingAfterAction(effective, { base, symbols, about: action.symbol });
  const content = canonicalContent({ currency, weighting, weighing, constituents });
  const number = nextVersionNumber(basket);
  return { number, weighting, weighing, hash: hash(content), constituents };
}

function baseFault({ units, divisor }: IndexBase, names: readonly Constituent[]) {
  const isWhole = names.length > 0 && units.length === names.length;
  if (isWhole && divisor > 0n && units.every((each) => each > 0n)) return undefined;
  return refuse(
    'LEVEL_NOT_CONTINUOUS' as const,
    `expected units above 0 for ${names.length} names and a divisor, was ${units.length} units`,
  );
}

function continuityFault(before: Level, after: Level): Refusal<'LEVEL_NOT_CONTINUOUS'> | undefined {
  const difference = after > before ? after - before : before - after;
  if (before > 0n && difference * CONTINUITY <= before) return undefined;
  return refuse(
    'LEVEL_NOT_CONTINUOUS',
    `expected the level ${formatDecimal(before)} to stay, was ${formatDecimal(after)} after it`,
  );
}
