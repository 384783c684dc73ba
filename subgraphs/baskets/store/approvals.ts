/** Who had a hand in a version, who approved it, and who took a basket off the market. */

import type { TransactionSql } from 'postgres';
import { invariant } from '#platform/errors';
import { instantText } from '#platform/instant-column';
import type { Basket } from '../domain/basket.ts';
import { peopleOf } from '../domain/basket-caller.ts';
import {
  type BasketFact,
  type FactOf,
  isDelistingFact,
  type Submission,
} from '../domain/basket-fact.ts';

/** One fact on its way into the tables. */
export interface Projected<Fact extends BasketFact = BasketFact> {
  readonly fact: Fact;
  readonly before: Basket | null;
  readonly after: Basket;
  readonly actorRoles: readonly string[];
  readonly atMs: number;
}

/** What a fact makes of the request that was last opened. */
const STATUS_AFTER: Partial<Record<BasketFact['type'], string>> = {
  VersionApproved: 'APPROVED',
  SubmissionWithdrawn: 'WITHDRAWN',
  ChangesRequested: 'CHANGES_REQUESTED',
  SubmissionRejected: 'REJECTED',
  ApprovalExpired: 'EXPIRED',
  ApprovalRevoked: 'REVOKED',
  BasketCancelled: 'CANCELLED',
  DelistingConfirmed: 'CANCELLED',
  ReturnedToDraft: 'CANCELLED',
};

/** Before the versions are written: the database refuses a version without its approvals. */
export async function saveApprovals(tx: TransactionSql, step: Projected): Promise<void> {
  const { fact, after } = step;
  const status = STATUS_AFTER[fact.type];
  if (status !== undefined) await closeRequest(tx, step, status);
  if (
    fact.type === 'BasketCreated' ||
    fact.type === 'BasketEdited' ||
    fact.type === 'RebalanceProposed'
  ) {
    await saveEditors(tx, after.id, fact.version.number, after.editors);
  }
  if (fact.type === 'ApprovalRequested') await openRequest(tx, after, fact);
  if (fact.type === 'ApprovalRevoked') await openRequest(tx, after, fact.reopened);
  if (fact.type === 'ApprovalGiven') await saveApproval(tx, step, fact);
}

async function saveEditors(
  tx: TransactionSql,
  basketId: string,
  versionNumber: number,
  people: readonly string[],
): Promise<void> {
  await tx`
    insert into baskets.version_editor (basket_id, version_number, actor)
    select ${basketId}, ${versionNumber}::int, actor from unnest(${[...people]}::text[]) as p(actor)
    on conflict do nothing`;
}

async function openRequest(
  tx: TransactionSql,
  { id, approval }: Basket,
  submission: Submission,
): Promise<void> {
  const { versionNumber, hash, by, required, submittedAtMs, expiresAtMs } = submission;
  await saveEditors(tx, id, versionNumber, approval?.makers ?? peopleOf(by));
  await tx`
    insert into baskets.approval_request
      (basket_id, submission, version_number, version_hash, submitted_by, submitted_at,
       expires_at, required, status)
    values (${id}, ${submission.submission}, ${versionNumber}, ${hash}, ${by.actor},
      ${instantText(submittedAtMs)}::text::timestamptz,
      ${instantText(expiresAtMs)}::text::timestamptz, ${required}, 'OPEN')`;
}

async function saveApproval(
  tx: TransactionSql,
  { after, actorRoles }: Projected,
  { by, atMs }: FactOf<'ApprovalGiven'>,
): Promise<void> {
  const { approval } = after;
  invariant(approval, 'an approval is given to what was submitted');
  await tx`
    insert into baskets.approval
      (basket_id, submission, approver, approver_roles, on_behalf_of, version_number,
       version_hash, approved_at)
    values (${after.id}, ${approval.submission}, ${by.actor}, ${[...actorRoles]}::text[],
      ${by.onBehalfOf}, ${approval.versionNumber}, ${approval.hash},
      ${instantText(atMs)}::text::timestamptz)`;
}

/** The one that was last opened, while it is open or granted. */
async function closeRequest(
  tx: TransactionSql,
  { before, after, atMs }: Projected,
  status: string,
): Promise<void> {
  if (!before?.approval) return;
  await tx`
    update baskets.approval_request
    set status = ${status}, closed_at = ${instantText(atMs)}::text::timestamptz
    where basket_id = ${after.id} and submission = ${before.approval.submission}`;
}

export async function saveDelisting(tx: TransactionSql, step: Projected): Promise<void> {
  const { fact, before, after, atMs } = step;
  if (!isDelistingFact(fact)) return;
  const number = before?.delisting?.number ?? 0;
  const at = instantText(atMs);
  const ofDelisting = tx`basket_id = ${after.id} and number = ${number}`;
  switch (fact.type) {
    case 'DelistingRequested':
      await tx`
        insert into baskets.delisting (basket_id, number, last_date, requested_by, requested_at)
        values (${after.id}, ${fact.number}, ${fact.lastDate}::text::date, ${fact.by.actor},
          ${at}::text::timestamptz)`;
      break;
    case 'DelistingConfirmed':
      await tx`
        update baskets.delisting
        set confirmed_by = ${fact.by.actor}, confirmed_at = ${at}::text::timestamptz
        where ${ofDelisting}`;
      break;
    case 'DelistingCancelRequested':
      await tx`
        update baskets.delisting set cancel_requested_by = ${fact.by.actor}
        where ${ofDelisting}`;
      break;
    case 'DelistingCancelled':
      await tx`
        update baskets.delisting set cancel_confirmed_by = ${fact.by.actor} where ${ofDelisting}`;
      break;
    case 'DelistingCompleted':
      await tx`
        update baskets.delisting
        set is_forced = ${fact.isForced}, completed_at = ${at}::text::timestamptz
        where ${ofDelisting}`;
      break;
  }
}
