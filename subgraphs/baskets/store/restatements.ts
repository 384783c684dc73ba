/** Levels at the close of each day, and what became of them when a past price was corrected. */

import type { Sql, TransactionSql } from 'postgres';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import { basketLevelRestated } from '#kernel/topics/basket-level-restated';
import { invariant } from '#platform/errors';
import { instantText } from '#platform/instant-column';
import { appendToOutbox } from '#platform/outbox';
import { type Divisor, type Level, level } from '../domain/index-level.ts';
import { LEVEL_QUALITIES, type LevelQuality } from '../domain/live-index-reading.ts';
import { known } from './basket-rows.ts';
import { divisorText } from './wide-decimal.ts';

export interface DailyLevelRow {
  readonly date: BusinessDate;
  readonly revision: number;
  readonly level: Level;
  readonly grossLevel: Level | null;
  readonly netLevel: Level | null;
  readonly versionNumber: number;
  readonly quality: LevelQuality;
  readonly recordedAtMs: number;
}

export const RESTATEMENT_KINDS = ['PUBLISHED', 'INTERNAL'] as const;
export type RestatementKind = (typeof RESTATEMENT_KINDS)[number];

export interface RestatementRow {
  readonly date: BusinessDate;
  readonly revision: number;
  readonly oldLevel: Level;
  readonly newLevel: Level;
  readonly kind: RestatementKind;
  readonly cause: string;
  readonly recordedAtMs: number;
}

export interface NewDailyLevel {
  readonly basketId: string;
  readonly date: BusinessDate;
  readonly level: Level;
  readonly versionNumber: number;
  readonly divisor: Divisor;
  readonly quality: LevelQuality;
  readonly atMs: number;
}

export type NewRestatement = NewDailyLevel & Pick<RestatementRow, 'oldLevel' | 'kind' | 'cause'>;

export type DailyLevelRepository = ReturnType<typeof createDailyLevelRepository>;

export function createDailyLevelRepository(sql: Sql) {
  return {
    store: (...args: Rest<typeof store>) => store(sql, ...args),
    restate: (...args: Rest<typeof restate>) => restate(sql, ...args),
    daily: (...args: Rest<typeof daily>) => daily(sql, ...args),
    restatements: (...args: Rest<typeof restatements>) => restatements(sql, ...args),
    correctedSince: (...args: Rest<typeof correctedSince>) => correctedSince(sql, ...args),
  };
}

/** The arguments after the connection. */
type Rest<F> = F extends (sql: Sql, ...args: infer Others) => unknown ? Others : never;

/** The first one of a day; false when there is one already. */
async function store(sql: Sql, each: NewDailyLevel): Promise<boolean> {
  const stored = await sql`
    insert into baskets.daily_level
      (basket_id, business_date, revision, level, version_number, divisor, quality, recorded_at)
    values (${each.basketId}, ${each.date}::text::date, 1, ${String(each.level)}::text::bigint,
      ${each.versionNumber}, ${divisorText(each.divisor)}::text::numeric, ${each.quality},
      ${instantText(each.atMs)}::text::timestamptz)
    on conflict do nothing`;
  return stored.count > 0;
}

/** Revision 2, 3, ... of a day, or nothing when another process was first; one transaction. */
async function restate(sql: Sql, each: NewRestatement): Promise<number | null> {
  return sql.begin(async (tx) => {
    await tx`
      select pg_advisory_xact_lock(hashtextextended(${`restate:${each.basketId}`}, 0))`;
    const [last] = await tx<{ revision: number; newLevel: bigint | null }[]>`
      select greatest(
        (select max(revision) from baskets.daily_level
         where basket_id = ${each.basketId} and business_date = ${each.date}::text::date),
        (select max(revision) from baskets.level_restatement
         where basket_id = ${each.basketId} and business_date = ${each.date}::text::date))
          as revision, (
        select new_level from baskets.level_restatement
        where basket_id = ${each.basketId} and business_date = ${each.date}::text::date
        order by revision desc limit 1) as "newLevel"`;
    if (!last || last.newLevel === each.level) return null;
    const revision = last.revision + 1;
    const at = instantText(each.atMs);
    await tx`
      insert into baskets.level_restatement
        (basket_id, business_date, revision, old_level, new_level, kind, cause, recorded_at)
      values (${each.basketId}, ${each.date}::text::date, ${revision},
        ${String(each.oldLevel)}::text::bigint, ${String(each.level)}::text::bigint,
        ${each.kind}, ${each.cause}, ${at}::text::timestamptz)`;
    if (each.kind === 'PUBLISHED') {
      await tx`
        insert into baskets.daily_level (basket_id, business_date, revision, level,
          version_number, divisor, quality, recorded_at)
        values (${each.basketId}, ${each.date}::text::date, ${revision},
          ${String(each.level)}::text::bigint, ${each.versionNumber},
          ${divisorText(each.divisor)}::text::numeric, ${each.quality},
          ${at}::text::timestamptz)`;
    }
    await announce(tx, { ...each, revision });
    return revision;
  });
}

async function announce(
  tx: TransactionSql,
  restated: NewRestatement & { readonly revision: number },
): Promise<void> {
  const { basketId, date, revision, oldLevel, level: newLevel, kind, cause, atMs } = restated;
  const [basket] = await tx<{ code: string }[]>`
    select code from baskets.basket where basket_id = ${basketId}`;
  invariant(basket, `basket ${basketId} of a restated close is stored`);
  const { topic, name: type, version } = basketLevelRestated;
  const { code } = basket;
  const event = { basketId, code, date, revision, oldLevel, newLevel, kind, cause };
  await appendToOutbox(tx, [
    {
      topic,
      key: basketId,
      type,
      version,
      payload: basketLevelRestated.encode({ ...event, recordedAtMs: atMs }),
      correlationId: `restated ${basketId} ${date} ${revision}`,
      causationId: null,
    },
  ]);
}

/** Newest day first, each as restated last. */
async function daily(
  sql: Sql,
  basketId: string,
  range: {
    readonly from: BusinessDate | null;
    readonly to: BusinessDate | null;
    readonly first: number;
  },
): Promise<readonly DailyLevelRow[]> {
  const rows = await sql<RawDaily[]>`
    select distinct on (business_date) business_date::text as date, revision, level,
      gross_level as "grossLevel", net_level as "netLevel", version_number as "versionNumber",
      quality, (extract(epoch from recorded_at) * 1000)::bigint as "recordedAtMs"
    from baskets.daily_level
    where basket_id = ${basketId}
      and business_date >= ${range.from ?? '-infinity'}::text::date
      and business_date <= ${range.to ?? 'infinity'}::text::date
    order by business_date desc, revision desc limit ${range.first}`;
  return rows.map((row) => ({
    ...row,
    date: businessDate(row.date),
    level: level(row.level),
    grossLevel: row.grossLevel === null ? null : level(row.grossLevel),
    netLevel: row.netLevel === null ? null : level(row.netLevel),
    quality: known(LEVEL_QUALITIES, row.quality),
    recordedAtMs: Number(row.recordedAtMs),
  }));
}

/** Newest first. */
async function restatements(
  sql: Sql,
  basketId: string,
  first: number,
): Promise<readonly RestatementRow[]> {
  const rows = await sql<RawRestatement[]>`
    select business_date::text as date, revision, old_level as "oldLevel",
      new_level as "newLevel", kind, cause,
      (extract(epoch from recorded_at) * 1000)::bigint as "recordedAtMs"
    from baskets.level_restatement where basket_id = ${basketId}
    order by recorded_at desc, business_date desc, revision desc limit ${first}`;
  return rows.map((row) => ({
    ...row,
    date: businessDate(row.date),
    oldLevel: level(row.oldLevel),
    newLevel: level(row.newLevel),
    kind: known(RESTATEMENT_KINDS, row.kind),
    recordedAtMs: Number(row.recordedAtMs),
  }));
}

/** The earliest day whose bars were written since, and until when that is known. */
async function correctedSince(
  sql: Sql,
  ms: number,
): Promise<{
  readonly firstDate: BusinessDate | null;
  readonly symbols: readonly string[];
}> {
  const [row] = await sql<{ firstDate: string | null; symbols: string[] | null }[]>`
    select min(c.first_date)::text as "firstDate", array_agg(distinct s.symbol) as symbols
    from published.bar_changes c
      join published.daily_series s on s.series_id = any(c.series_ids)
    where c.recorded_at > ${instantText(ms)}::text::timestamptz`;
  const firstDate = row?.firstDate ?? null;
  return {
    firstDate: firstDate === null ? null : businessDate(firstDate),
    symbols: row?.symbols ?? [],
  };
}

interface RawDaily {
  readonly date: string;
  readonly revision: number;
  readonly level: bigint;
  readonly grossLevel: bigint | null;
  readonly netLevel: bigint | null;
  readonly versionNumber: number;
  readonly quality: string;
  readonly recordedAtMs: bigint;
}

interface RawRestatement {
  readonly date: string;
  readonly revision: number;
  readonly oldLevel: bigint;
  readonly newLevel: bigint;
  readonly kind: string;
  readonly cause: string;
  readonly recordedAtMs: bigint;
}
