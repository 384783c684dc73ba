/** Where the durable topics end now, for a reader who wants what comes from here on. */

import type { Sql } from 'postgres';
import { sequenceOf } from '#platform/event-log/log-position';

/**
 * The sequence below which nothing can appear any longer: all that is not readable yet belongs to
 * the oldest running transaction or to a later one.
 */
export async function currentLogEnd(sql: Sql): Promise<string> {
  const [row] = await sql<{ oldest: string }[]>`
    select pg_snapshot_xmin(pg_current_snapshot())::text as oldest`;
  return sequenceOf({ xid: BigInt(row?.oldest ?? '0'), id: 0n });
}
