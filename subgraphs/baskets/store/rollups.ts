/** Performance by week and month, kept up with every level that is stored. */

import type { Sql } from 'postgres';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import { type Level, level } from '../domain/index-level.ts';
import { known } from './basket-rows.ts';

export const LEVEL_PERIODS = ['WEEK', 'MONTH'] as const;
export type LevelPeriod = (typeof LEVEL_PERIODS)[number];

export interface PeriodRow {
  readonly period: LevelPeriod;
  readonly start: BusinessDate;
  readonly open: Level;
  readonly high: Level;
  readonly low: Level;
  readonly close: Level;
  readonly previousClose: Level | null;
  readonly levelCount: number;
}

/** Takes the rows of `stored (basket_id, slot_at, level)`: each level counts once, when stored. */
export const rollUpStored = (sql: Sql) => sql`
  insert into baskets.level_rollup
    (basket_id, period, period_start, open, high, low, close, previous_close, open_at, close_at,
     level_count, updated_at)
  select s.basket_id, p.period, p.start, s.level, s.level, s.level, s.level, (
      select r.close from baskets.level_rollup r
      where r.basket_id = s.basket_id and r.period = p.period and r.period_start < p.start
      order by r.period_start desc limit 1),
    s.slot_at, s.slot_at, 1, clock_timestamp()
  from stored s cross join lateral (values
    ('WEEK', date_trunc('week', s.slot_at at time zone 'UTC')::date),
    ('MONTH', date_trunc('month', s.slot_at at time zone 'UTC')::date)) p(period, start)
  order by s.basket_id, p.period
  on conflict (basket_id, period, period_start) do update set
    high = greatest(level_rollup.high, excluded.high),
    low = least(level_rollup.low, excluded.low),
    close = case when excluded.close_at >= level_rollup.close_at
      then excluded.close else level_rollup.close end,
    close_at = greatest(level_rollup.close_at, excluded.close_at),
    level_count = level_rollup.level_count + 1,
    updated_at = excluded.updated_at`;

export type RollupReader = ReturnType<typeof createRollupReader>;

export function createRollupReader(sql: Sql) {
  return {
    /** Newest first. */
    async newest(
      basketId: string,
      { period, first }: { readonly period: LevelPeriod; readonly first: number },
    ): Promise<readonly PeriodRow[]> {
      const rows = await sql<RawPeriod[]>`
        select period, period_start::text as start, open, high, low, close,
          previous_close as "previousClose", level_count as "levelCount"
        from baskets.level_rollup where basket_id = ${basketId} and period = ${period}
        order by period_start desc limit ${first}`;
      return rows.map((row) => ({
        period: known(LEVEL_PERIODS, row.period),
        start: businessDate(row.start),
        open: level(row.open),
        high: level(row.high),
        low: level(row.low),
        close: level(row.close),
        previousClose: row.previousClose === null ? null : level(row.previousClose),
        levelCount: row.levelCount,
      }));
    },
  };
}

interface RawPeriod {
  readonly period: string;
  readonly start: string;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  readonly previousClose: bigint | null;
  readonly levelCount: number;
}
