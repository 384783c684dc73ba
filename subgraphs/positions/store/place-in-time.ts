/** Places in lists that are sorted by time, exact to the microsecond that Postgres keeps. */

import type { Fragment, Sql } from 'postgres';
import { PlatformError } from '#platform/errors';

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;

/** The column in UTC with all its digits; milliseconds are too coarse to go on behind. */
export function exactInstant(sql: Sql, column: string): Fragment {
  return sql`to_char(${sql(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** Throws BAD_USER_INPUT on what no cursor of ours has. */
export function cursorInstant(text: string | undefined): string {
  if (text !== undefined && INSTANT.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new PlatformError('BAD_USER_INPUT', 'after: expected a cursor of this list');
}
