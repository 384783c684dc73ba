/** Sessions of exchanges in Postgres. */

import type { Sql } from 'postgres';
import { instantText } from '#platform/instant-column';
import type { ExchangeSession } from '../domain/session-file.ts';

export type ExchangeSessionRepository = ReturnType<typeof createExchangeSessionRepository>;

export function createExchangeSessionRepository(sql: Sql) {
  return {
    /** Stores what is new or differs and answers with how many that were. */
    async write(
      sessions: readonly ExchangeSession[],
      { mic, source }: { readonly mic: string; readonly source: string },
    ): Promise<number> {
      const instants = (of: (session: ExchangeSession) => number | null) =>
        sessions.map((session) => {
          const ms = of(session);
          return ms === null ? null : instantText(ms);
        });
      const written = await sql`
        insert into market_data.exchange_session as stored
          (mic, session_date, opens_at, closes_at, break_start, break_end, source)
        select ${mic}, incoming.*, ${source} from unnest(
          ${sessions.map(({ date }) => date as string)}::text[]::date[],
          ${instants((each) => each.opensAtMs)}::text[]::timestamptz[],
          ${instants((each) => each.closesAtMs)}::text[]::timestamptz[],
          ${instants((each) => each.breakStartMs)}::text[]::timestamptz[],
          ${instants((each) => each.breakEndMs)}::text[]::timestamptz[]) as incoming
        on conflict (mic, session_date) do update set
          opens_at = excluded.opens_at, closes_at = excluded.closes_at,
          break_start = excluded.break_start, break_end = excluded.break_end,
          source = excluded.source
        where (stored.opens_at, stored.closes_at, stored.break_start, stored.break_end)
          is distinct from
          (excluded.opens_at, excluded.closes_at, excluded.break_start, excluded.break_end)`;
      return written.count;
    },
  };
}
