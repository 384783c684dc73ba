/** The latest effective date in positions: which trades would come late. */

import type { Sql } from 'postgres';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import type { PositionCache } from './position-cache.ts';

export type LatestDates = ReturnType<typeof createLatestDates>;

export function createLatestDates(sql: Sql, positions: Pick<PositionCache, 'peek'>) {
  return {
    /** By position key; positions without history are left out. */
    async of(keys: readonly string[]): Promise<ReadonlyMap<string, BusinessDate>> {
      const found = new Map<string, BusinessDate>();
      const missing: string[] = [];
      for (const key of new Set(keys)) {
        const known = positions.peek(key)?.position;
        if (known === undefined) missing.push(key);
        else if (known.lastEffectiveDate !== null) found.set(key, known.lastEffectiveDate);
      }
      if (missing.length === 0) return found;
      const rows = await sql<{ position_key: string; last_effective_date: string }[]>`
        select position_key, last_effective_date from positions.snapshot_store
        where position_key = any(${missing}::text[]) and last_effective_date is not null`;
      for (const row of rows) found.set(row.position_key, businessDate(row.last_effective_date));
      return found;
    },
  };
}
