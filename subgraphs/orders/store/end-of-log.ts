/** Where the log ends now: for streams that begin with what comes next. */

import type { Sql } from 'postgres';
import { sequenceOf } from '#platform/event-log/log-position';

/** Records of transactions still running come after it, and so are not missed. */
export async function endOfLog(sql: Sql): Promise<string> {
  const [row] = await sql<{ xid: string }[]>`
    select pg_snapshot_xmin(pg_current_snapshot())::text as xid`;
  if (row === undefined) throw new Error('a select without from returns one row');
  return sequenceOf({ xid: BigInt(row.xid), id: 0n });
}
