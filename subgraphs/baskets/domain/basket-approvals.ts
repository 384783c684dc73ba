/** Commands of makers and checkers: laying a version before them, and what they say. */

import { addDays, type BusinessDate, isoWeekday, utcDateOf } from '#kernel/business-date';
import { type Decimal, decimal } from '#kernel/decimal';
import { accept, type Refusal, refuse } from '#kernel/decision';
import {
  type ApprovalRequest,
  type Basket,
  currentVersion,
  pendingVersion,
  type VendorPlan,
  versionInHand,
} from './basket.ts';
import { handOf, makerIsChecker, peopleOf } from './basket-caller.ts';
import type { Asked, CommandOf, IndexCalendar, SubmitForApproval } from './basket-command.ts';
import { referenceFault } from './basket-composition.ts';
import type { BasketDecision } from './basket-decision.ts';
import type { BasketFact, ListingStart, Submission } from './basket-fact.ts';
import type { ReferenceData } from './composition.ts';
import type { BasketRefusalReason } from './refusal-reason.ts';

/** From the approval to the market. */
export const LISTING_SLA_MS = 120_000;
export const APPROVAL_BUSINESS_DAYS = 10;
export const BACKTEST_VALID_DAYS = 30;
/** In the basket's currency: from here on two people must approve. */
export const TWO_APPROVALS_FROM: Decimal = decimal('100000000');

const MS_PER_DAY = 86_400_000;
const FRIDAY = 5;
const MAX_DAYS_TO_EXPIRY = 60;

export function submitForApproval(
  basket: Basket,
  { reference, superseded, calendar }: SubmitForApproval,
  asked: Asked,
): BasketDecision {
  const { lastBacktest } = basket;
  const version = currentVersion(basket);
  if (lastBacktest?.versionHash !== version.hash) {
    return refuse('BACKTEST_NOT_CURRENT', `version ${version.number} has no backtest`);
  }
  if (superseded?.backtestId === lastBacktest.backtestId) {
    return refuse(
      'BACKTEST_NOT_CURRENT',
      `backtest ${superseded.backtestId} is superseded, as ${superseded.because}; run it again`,
    );
  }
  const ageDays = Math.floor((asked.atMs - lastBacktest.completedAtMs) / MS_PER_DAY);
  if (ageDays > BACKTEST_VALID_DAYS) {
    return refuse(
      'BACKTEST_TOO_OLD',
      `expected a backtest of the last ${BACKTEST_VALID_DAYS} days, was ${ageDays} days old`,
    );
  }
  const fault = complianceFault(basket, reference);
  if (fault) return fault;
  return accept({
    type: 'ApprovalRequested',
    ...submissionOf(basket, version, { ...asked, calendar }),
  });
}

/** Opens the next submission of a version. */
export function submissionOf(
  { submissions, notional }: Basket,
  { number, hash }: { readonly number: number; readonly hash: string },
  { by, atMs, calendar }: Asked & { readonly calendar: IndexCalendar },
): Submission {
  return {
    submission: submissions + 1,
    versionNumber: number,
    hash,
    by: handOf(by),
    submittedAtMs: atMs,
    expiresAtMs: addBusinessDays(atMs, APPROVAL_BUSINESS_DAYS, calendar),
    required: notional !== null && notional >= TWO_APPROVALS_FROM ? 2 : 1,
  };
}

/** The same time of day, so many weekdays later on which an exchange of the names trades. */
function addBusinessDays(atMs: number, days: number, calendar: IndexCalendar): number {
  let date = utcDateOf(atMs);
  let left = days;
  let added = 0;
  while (left > 0 && added < MAX_DAYS_TO_EXPIRY) {
    date = addDays(date, 1);
    added += 1;
    if (isoWeekday(date) <= FRIDAY && calendar.isIndexDay(date)) left -= 1;
  }
  return atMs + added * MS_PER_DAY;
}

/** What must hold before a basket goes anywhere, whatever else: its names exist and have rates. */
function complianceFault(
  basket: Basket,
  reference: ReferenceData,
): Refusal<'COMPLIANCE_FAILED'> | undefined {
  const fault = referenceFault(basket, currentVersion(basket), reference);
  return fault && refuse('COMPLIANCE_FAILED', `${fault.reason}: ${fault.message ?? ''}`);
}

export const withdrawSubmission = (): BasketDecision => accept({ type: 'SubmissionWithdrawn' });

export function approve(
  basket: Basket,
  command: CommandOf<'ApproveBasket'>,
  asked: Asked,
): BasketDecision {
  const { approval } = basket;
  const fault = checkerFault(basket, asked) ?? approvalFault(approval, asked);
  if (fault || approval === null) return fault ?? refuse('NOT_DUE', 'nothing waits for approval');
  const version = versionInHand(basket);
  if (approval.hash !== version.hash || approval.versionNumber !== version.number) {
    return refuse(
      'VERSION_CONFLICT',
      `expected version ${approval.versionNumber}, as submitted, was ${version.number}`,
    );
  }
  const given: BasketFact = { type: 'ApprovalGiven', by: handOf(asked.by), atMs: asked.atMs };
  if (approval.approvals.length + 1 < approval.required) return accept(given);
  const { versionNumber, hash } = approval;
  const approved: BasketFact = { type: 'VersionApproved', versionNumber, hash };
  return accept(given, approved, consequence(basket, command, asked));
}

/** What enough approvals lead to: the vendors now or later, or a rebalance. */
function consequence(
  basket: Basket,
  { vendors, calendar }: CommandOf<'ApproveBasket'>,
  { atMs }: Asked,
): BasketFact {
  const { rebalance, launchAtMs } = basket;
  const pending = pendingVersion(basket);
  if (pending && rebalance) {
    const effectiveDate = nextTradingDay(rebalance.effectiveDate, { atMs, calendar });
    return {
      type: 'RebalanceScheduled',
      versionNumber: pending.number,
      effectiveDate,
      dueAtMs: calendar.closesAtMs(effectiveDate),
    };
  }
  if (launchAtMs !== null && launchAtMs > atMs) return { type: 'LaunchScheduled', launchAtMs };
  return { type: 'ListingStarted', ...listingStart(vendors, atMs) };
}

const MAX_DAYS_WITHOUT_TRADING = 31;

/** The day itself, or when its close was before the approval, the next one still to come. */
export function nextTradingDay(
  wanted: BusinessDate,
  { atMs, calendar }: { readonly atMs: number; readonly calendar: IndexCalendar },
): BusinessDate {
  const today = utcDateOf(atMs);
  let day = wanted > today ? wanted : today;
  if (wanted === today && calendar.isTradingDay(day)) return day;
  for (let tries = 0; tries < MAX_DAYS_WITHOUT_TRADING; tries += 1) {
    if (calendar.isTradingDay(day) && calendar.closesAtMs(day) >= atMs) return day;
    day = addDays(day, 1);
  }
  return day;
}

export function listingStart(vendors: readonly VendorPlan[], atMs: number): ListingStart {
  return { startedAtMs: atMs, deadlineMs: atMs + LISTING_SLA_MS, vendors };
}

/** Nobody who had a hand in the version decides on it. */
function checkerFault({ approval }: Basket, { by }: Asked) {
  return approval === null ? undefined : makerIsChecker(approval.makers, by);
}

function approvalFault(
  approval: ApprovalRequest | null,
  { by, atMs }: Asked,
): Refusal<BasketRefusalReason> | undefined {
  if (approval === null) return undefined;
  const given = approval.approvals.flatMap(peopleOf);
  const again = peopleOf(by).find((each) => given.includes(each));
  if (again !== undefined) {
    return refuse('ALREADY_APPROVED', `expected another approver, was ${again}`);
  }
  if (atMs < approval.expiresAtMs) return undefined;
  return refuse(
    'APPROVAL_OVERDUE',
    `nobody decided within ${APPROVAL_BUSINESS_DAYS} business days; submit it again`,
  );
}

export function requestChanges(basket: Basket, asked: Asked): BasketDecision {
  return (
    checkerFault(basket, asked) ??
    commentFault(asked, 'what is to change') ??
    accept({ type: 'ChangesRequested' })
  );
}

export function reject(basket: Basket, asked: Asked): BasketDecision {
  return (
    checkerFault(basket, asked) ??
    commentFault(asked, 'the reason') ??
    accept({ type: 'SubmissionRejected' })
  );
}

export function commentFault({ comment }: Asked, what: string) {
  if (comment !== null && comment.trim() !== '') return undefined;
  return refuse('COMMENT_REQUIRED' as const, `expected a comment with ${what}, was none`);
}

export function expireApproval({ approval }: Basket, { atMs }: Asked): BasketDecision {
  if (approval === null || atMs < approval.expiresAtMs) {
    return refuse('NOT_DUE', 'the checkers have time left');
  }
  return accept({ type: 'ApprovalExpired' });
}

/** Row 16: what was checked at the submission is checked again before it goes out. */
export function launch(
  basket: Basket,
  { vendors, reference }: CommandOf<'Launch'>,
  { atMs }: Asked,
): BasketDecision {
  const { launchAtMs } = basket;
  if (launchAtMs === null || atMs < launchAtMs) {
    return refuse('NOT_DUE', 'the launch date has not come');
  }
  const fault = complianceFault(basket, reference);
  return fault ?? accept({ type: 'ListingStarted', ...listingStart(vendors, atMs) });
}

/** The version goes back before the checkers, who all decide anew. */
export function revokeApproval(
  basket: Basket,
  { calendar }: CommandOf<'RevokeApproval'>,
  asked: Asked,
): BasketDecision {
  const { approval } = basket;
  const fault = checkerFault(basket, asked);
  if (fault) return fault;
  const reopened = submissionOf(basket, versionInHand(basket), { ...asked, calendar });
  // It stays the submission of who submitted it; whoever revokes has made nothing.
  const by = approval ? { actor: approval.submittedBy, onBehalfOf: null } : reopened.by;
  return accept({ type: 'ApprovalRevoked', reopened: { ...reopened, by } });
}
