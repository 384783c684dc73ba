/** Published levels over time: at most one per basket and slot of five seconds. */

import type { Sql } from 'postgres';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import type { PageRequest } from '#platform/connection';
import { PlatformError } from '#platform/errors';
import { instantText } from '#platform/instant-column';
import { type Divisor, type Level, level } from '../domain/index-level.ts';
import { LEVEL_QUALITIES, type LevelQuality } from '../domain/live-index-reading.ts';
import { known } from './basket-rows.ts';
import { rollUpStored } from './rollups.ts';
import { divisorOf, divisorText } from './wide-decimal.ts';

export const LEVEL_SLOT_MS = 5_000;

export interface StoredLevel {
  readonly basketId: string;
  /** Start of the slot it was published in. */
  readonly slotAtMs: number;
  readonly level: Level;
  readonly versionNumber: number;
  readonly divisor: Divisor;
  readonly asOfMs: number;
  readonly fxFixedOn: BusinessDate | null;
  readonly staleWeight: bigint;
  readonly quality: LevelQuality;
  readonly sequence: bigint;
}

export type NewLevel = Omit<StoredLevel, 'slotAtMs'>;

export type LevelRepository = ReturnType<typeof createLevelRepository>;

export function createLevelRepository(sql: Sql) {
  return {
    /**
     * Stores what is published at `nowMs`. The first level of a slot stays: several processes that
     * value the same baskets store each slot once, and one that lags behind stores nothing older.
     */
    async store(levels: readonly NewLevel[], nowMs: number): Promise<void> {
      if (levels.length === 0) return;
      const slotAt = instantText(Math.floor(nowMs / LEVEL_SLOT_MS) * LEVEL_SLOT_MS);
      await sql`
        with stored as (
        insert into baskets.level
          (basket_id, slot_at, level, version_number, divisor, as_of, fx_fixed_on, stale_weight,
           quality, sequence)
        select basket_id, ${slotAt}::text::timestamptz, level, version_number, divisor, as_of,
          fx_fixed_on, stale_weight, quality, sequence
        from unnest(
          ${levels.map((each) => each.basketId)}::text[],
          ${levels.map((each) => String(each.level))}::text[]::bigint[],
          ${levels.map((each) => String(each.versionNumber))}::text[]::int[],
          ${levels.map((each) => divisorText(each.divisor))}::text[]::numeric[],
          ${levels.map((each) => instantText(each.asOfMs))}::text[]::timestamptz[],
          ${levels.map((each) => each.fxFixedOn as string | null)}::text[],
          ${levels.map((each) => String(each.staleWeight))}::text[]::bigint[],
          ${levels.map((each) => each.quality as string)}::text[],
          ${levels.map((each) => String(each.sequence))}::text[]::bigint[])
          as l(basket_id, level, version_number, divisor, as_of, fx_fixed_on, stale_weight,
            quality, sequence)
        where sequence >= coalesce((
          select stored.sequence from baskets.level stored
          where stored.basket_id = l.basket_id order by stored.slot_at desc limit 1), 0)
        on conflict (basket_id, slot_at) do nothing
        returning basket_id, slot_at, level)
        ${rollUpStored(sql)}`;
    },

    /** The newest level of each basket that has one. */
    async newest(basketIds: readonly string[]): Promise<ReadonlyMap<string, StoredLevel>> {
      const rows = await sql<LevelRow[]>`
        select l.* from unnest(${[...basketIds]}::text[]) as b(basket_id)
          cross join lateral (
            select ${levelColumns(sql)} from baskets.level
            where level.basket_id = b.basket_id
            order by slot_at desc limit 1) l`;
      return new Map(rows.map((row) => [row.basketId, levelOf(row)]));
    },

    /** Oldest first; one more than asked when there is a next page. Both ends are included. */
    async inRange(
      basketId: string,
      range: { readonly fromMs: number | null; readonly toMs: number | null },
      page: PageRequest,
    ): Promise<readonly StoredLevel[]> {
      const from = range.fromMs === null ? '-infinity' : instantText(range.fromMs);
      const to = range.toMs === null ? 'infinity' : instantText(range.toMs);
      const rows = await sql<LevelRow[]>`
        select ${levelColumns(sql)} from baskets.level
        where basket_id = ${basketId}
          and slot_at >= ${from}::text::timestamptz and slot_at <= ${to}::text::timestamptz
          and slot_at > ${slotAfter(page)}::text::timestamptz
        order by slot_at limit ${page.first + 1}`;
      return rows.map(levelOf);
    },
  };
}

interface LevelRow {
  readonly basketId: string;
  readonly slotAtMs: bigint;
  readonly level: bigint;
  readonly versionNumber: number;
  readonly divisor: string;
  readonly asOfMs: bigint;
  readonly fxFixedOn: string | null;
  readonly staleWeight: bigint;
  readonly quality: string;
  readonly sequence: bigint;
}

const levelColumns = (sql: Sql) => sql`
  basket_id as "basketId", (extract(epoch from slot_at) * 1000)::bigint as "slotAtMs", level,
  version_number as "versionNumber", divisor::text as divisor,
  (extract(epoch from as_of) * 1000)::bigint as "asOfMs", fx_fixed_on as "fxFixedOn",
  stale_weight as "staleWeight", quality, sequence`;

function levelOf(row: LevelRow): StoredLevel {
  return {
    ...row,
    slotAtMs: Number(row.slotAtMs),
    level: level(row.level),
    divisor: divisorOf(row.divisor),
    asOfMs: Number(row.asOfMs),
    fxFixedOn: row.fxFixedOn === null ? null : businessDate(row.fxFixedOn),
    quality: known(LEVEL_QUALITIES, row.quality),
  };
}

function slotAfter(page: PageRequest): string {
  const text = page.after?.[0];
  if (text === undefined) return '-infinity';
  if (!/^\d{1,15}$/.test(text)) {
    throw new PlatformError('BAD_USER_INPUT', 'after: expected a cursor of this list');
  }
  return instantText(Number(text));
}
