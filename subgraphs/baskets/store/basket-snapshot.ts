/** Writes what the facts say now into the tables that are read. */

import type { TransactionSql } from 'postgres';
import { formatDecimal } from '#kernel/decimal';
import { instantText } from '#platform/instant-column';
import {
  type Basket,
  type BasketVersion,
  currentVersion,
  pendingVersion,
} from '../domain/basket.ts';
import type { FactOf } from '../domain/basket-fact.ts';
import { backtestBreach } from '../domain/backtest-sla.ts';
import { type Projected, saveApprovals, saveDelisting } from './approvals.ts';
import { saveBacktestRequest } from './backtest-requests.ts';
import { recordBreaches } from './sla-breaches.ts';
import { weighingText } from './fact-json-fields.ts';
import { saveTimers } from './timers.ts';
import { divisorText } from './wide-decimal.ts';

export interface SnapshotMeta {
  readonly eventVersion: number;
  readonly actor: string;
  readonly atMs: number;
}

/** Writes what follows from each fact, then the basket and those of its versions that changed. */
export async function saveSnapshot(
  tx: TransactionSql,
  steps: readonly Projected[],
  meta: SnapshotMeta,
): Promise<void> {
  const [first, last] = [steps[0], steps.at(-1)];
  if (!first || !last) return;
  const { before } = first;
  const { after } = last;
  for (const step of steps) {
    await saveApprovals(tx, step);
    await saveDelisting(tx, step);
    await saveBacktestRequest(tx, { ...step, actor: meta.actor });
    const breach = backtestBreach(step);
    if (breach) await recordBreaches(tx, [breach]);
  }
  await saveBasket(tx, after, meta);
  const known = new Set(before?.versions);
  for (const version of after.versions) {
    if (known.has(version)) continue;
    await saveVersion(tx, after.id, version, meta);
    const former = before?.versions.find(({ number }) => number === version.number);
    if (!former || former.base !== version.base) await saveConstituents(tx, after.id, version);
  }
  for (const step of steps) await saveEffect(tx, step);
  await saveListings(tx, before, after, meta);
  await saveTimers(tx, before, after);
}

async function saveBasket(tx: TransactionSql, after: Basket, meta: SnapshotMeta): Promise<void> {
  const at = instantText(meta.atMs);
  const { launchAtMs, notional, delegates } = after;
  await tx`
    insert into baskets.basket
      (basket_id, code, name, currency, base_level, state, current_version, event_version,
       revision, pending_version, delegates, notional, launch_at, state_since,
       created_by, created_at, updated_at)
    values (${after.id}, ${after.code}, ${after.name}, ${after.currency},
       ${String(after.baseLevel)}::text::bigint, ${after.state}, ${currentVersion(after).number},
       ${meta.eventVersion}, ${after.revision}, ${pendingVersion(after)?.number ?? null},
       ${delegates && [...delegates]}::text[],
       ${notional && formatDecimal(notional)}::text::numeric,
       ${launchAtMs === null ? null : instantText(launchAtMs)}::text::timestamptz,
       ${at}::text::timestamptz, ${after.owner}, ${at}::text::timestamptz,
       ${at}::text::timestamptz)
    on conflict (basket_id) do update set
      name = excluded.name, state = excluded.state, current_version = excluded.current_version,
      event_version = excluded.event_version, revision = excluded.revision,
      pending_version = excluded.pending_version, delegates = excluded.delegates,
      notional = excluded.notional, launch_at = excluded.launch_at,
      state_since = case when basket.state = excluded.state
        then basket.state_since else excluded.state_since end,
      updated_at = excluded.updated_at`;
}

async function saveVersion(
  tx: TransactionSql,
  basketId: string,
  { number, status, origin, weighting, weighing, hash, base }: BasketVersion,
  { actor, atMs }: SnapshotMeta,
): Promise<void> {
  await tx`
    insert into baskets.basket_version
      (basket_id, number, status, origin, weighting, weighing, hash, divisor, based_level,
       based_at, edited_by, created_at)
    values (${basketId}, ${number}, ${status}, ${origin}, ${weighting},
       ${weighingText(weighing)}::text::jsonb, ${hash},
       ${base && divisorText(base.divisor)}::text::numeric,
       ${base && String(base.level)}::text::bigint,
       ${base && instantText(base.basedAtMs)}::text::timestamptz,
       ${actor}, ${instantText(atMs)}::text::timestamptz)
    on conflict (basket_id, number) do update set
      status = excluded.status, weighing = excluded.weighing, divisor = excluded.divisor,
      based_level = excluded.based_level, based_at = excluded.based_at`;
}

async function saveConstituents(
  tx: TransactionSql,
  basketId: string,
  { number, constituents, base }: BasketVersion,
): Promise<void> {
  const units = constituents.map((_, at) => {
    const each = base?.units[at];
    return each === undefined ? null : String(each);
  });
  await tx`
    insert into baskets.constituent
      (basket_id, version_number, ordinal, symbol, instrument_id, currency, weight, units)
    select ${basketId}, ${number}::int, ordinal - 1, symbol, instrument_id, currency, weight, units
    from unnest(
      ${constituents.map((each) => each.symbol)}::text[],
      ${constituents.map((each) => each.instrumentId)}::text[],
      ${constituents.map((each) => each.currency as string)}::text[],
      ${constituents.map((each) => String(each.weight))}::text[]::bigint[],
      ${units}::text[]::bigint[])
      with ordinality as c(symbol, instrument_id, currency, weight, units, ordinal)
    on conflict (basket_id, version_number, ordinal) do update set
      weight = excluded.weight, units = excluded.units`;
}

/** When a version becomes good for the market, and what a corporate action did. */
async function saveEffect(tx: TransactionSql, step: Projected): Promise<void> {
  const { fact, after, atMs } = step;
  if (fact.type === 'RebalanceScheduled') {
    await tx`
      update baskets.basket_version set effective_date = ${fact.effectiveDate}::text::date
      where basket_id = ${after.id} and number = ${fact.versionNumber}`;
  }
  if (
    fact.type === 'ListingCompleted' ||
    fact.type === 'RebalanceApplied' ||
    (fact.type === 'CorporateActionApplied' && fact.version !== null)
  ) {
    await takeEffect(tx, after.id, currentVersion(after).number, atMs);
  }
  if (fact.type === 'CorporateActionApplied') await saveAction(tx, step, fact);
}

async function saveAction(
  tx: TransactionSql,
  { before, after, atMs }: Projected,
  { action, base, levelBefore, levelAfter }: FactOf<'CorporateActionApplied'>,
): Promise<void> {
  const former = currentVersion(before ?? after);
  await tx`
    insert into baskets.applied_action
      (basket_id, action_id, version_number, level_before, level_after, divisor_before,
       divisor_after, applied_at)
    values (${after.id}, ${action.actionId}, ${former.number},
      ${String(levelBefore)}::text::bigint, ${String(levelAfter)}::text::bigint,
      ${divisorText(former.base?.divisor ?? base.divisor)}::text::numeric,
      ${divisorText(base.divisor)}::text::numeric, ${instantText(atMs)}::text::timestamptz)`;
}

async function takeEffect(
  tx: TransactionSql,
  basketId: string,
  versionNumber: number,
  atMs: number,
): Promise<void> {
  await tx`
    update baskets.basket_version set effective_at = ${instantText(atMs)}::text::timestamptz
    where basket_id = ${basketId} and number = ${versionNumber}`;
}

async function saveListings(
  tx: TransactionSql,
  before: Basket | null,
  after: Basket,
  { atMs }: SnapshotMeta,
): Promise<void> {
  const known = new Set(before?.listing?.vendors);
  const changed = after.listing?.vendors.filter((each) => !known.has(each)) ?? [];
  if (changed.length === 0) return;
  await tx`
    insert into baskets.vendor_listing
      (basket_id, vendor, status, is_mandatory, attempts, vendor_id, reason, updated_at)
    select ${after.id}, vendor, status, is_mandatory, attempts, vendor_id, reason,
      ${instantText(atMs)}::text::timestamptz
    from unnest(
      ${changed.map(({ vendor }) => vendor)}::text[],
      ${changed.map(({ status }) => status as string)}::text[],
      ${changed.map(({ isMandatory }) => String(isMandatory))}::text[]::boolean[],
      ${changed.map(({ attempts }) => String(attempts))}::text[]::int[],
      ${changed.map(({ vendorId }) => vendorId)}::text[],
      ${changed.map(({ reason }) => reason)}::text[])
      as v(vendor, status, is_mandatory, attempts, vendor_id, reason)
    on conflict (basket_id, vendor) do update set
      status = excluded.status, is_mandatory = excluded.is_mandatory,
      attempts = excluded.attempts, vendor_id = excluded.vendor_id, reason = excluded.reason,
      updated_at = excluded.updated_at`;
}
