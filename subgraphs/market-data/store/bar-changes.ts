/** Forgets which bars were written, once nobody asks any more. */

import type { Sql } from 'postgres';

export type BarChangeStore = ReturnType<typeof createBarChangeStore>;

export function createBarChangeStore(sql: Sql) {
  return {
    /** At most `limit` of the oldest; answers how many. */
    async forgetOlderThan(keptMs: number, limit: number): Promise<number> {
      const { count } = await sql`
        delete from market_data.bar_change where number in (
          select number from market_data.bar_change
          where recorded_at < clock_timestamp() - ${keptMs}::float8 * interval '1 millisecond'
          order by recorded_at limit ${limit})`;
      return count;
    },
  };
}
