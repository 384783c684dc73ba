/** Writes what the facts say now into the tables that are read. */

import type { TransactionSql } from 'postgres';
import { instantText } from '#platform/instant-column';
import { type Basket, type BasketVersion, currentVersion } from '../domain/basket.ts';
import { divisorText } from './wide-decimal.ts';

export interface SnapshotMeta {
  readonly eventVersion: number;
  readonly actor: string;
  readonly atMs: number;
}

/** Writes the basket and those of its versions that differ from `before`. */
export async function saveSnapshot(
  tx: TransactionSql,
  before: Basket | null,
  after: Basket,
  meta: SnapshotMeta,
): Promise<void> {
  const at = instantText(meta.atMs);
  const current = currentVersion(after);
  await tx`
    insert into baskets.basket
      (basket_id, code, name, currency, base_level, state, current_version, event_version,
       created_by, created_at, updated_at)
    values (${after.id}, ${after.code}, ${after.name}, ${after.currency},
       ${String(after.baseLevel)}::text::bigint, ${after.state}, ${current.number},
       ${meta.eventVersion}, ${meta.actor}, ${at}::text::timestamptz, ${at}::text::timestamptz)
    on conflict (basket_id) do update set
      name = excluded.name, state = excluded.state, current_version = excluded.current_version,
      event_version = excluded.event_version, updated_at = excluded.updated_at`;
  const known = new Set(before?.versions);
  for (const version of after.versions) {
    if (known.has(version)) continue;
    await saveVersion(tx, after.id, version, meta);
    const former = before?.versions.find(({ number }) => number === version.number);
    if (!former || former.base !== version.base) await saveConstituents(tx, after.id, version);
  }
}

async function saveVersion(
  tx: TransactionSql,
  basketId: string,
  { number, status, weighting, hash, base }: BasketVersion,
  { actor, atMs }: SnapshotMeta,
): Promise<void> {
  await tx`
    insert into baskets.basket_version
      (basket_id, number, status, weighting, hash, divisor, based_level, based_at,
       edited_by, created_at)
    values (${basketId}, ${number}, ${status}, ${weighting}, ${hash},
       ${base && divisorText(base.divisor)}::text::numeric,
       ${base && String(base.level)}::text::bigint,
       ${base && instantText(base.basedAtMs)}::text::timestamptz,
       ${actor}, ${instantText(atMs)}::text::timestamptz)
    on conflict (basket_id, number) do update set
      status = excluded.status, divisor = excluded.divisor,
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
    on conflict (basket_id, version_number, ordinal) do update set units = excluded.units`;
}
