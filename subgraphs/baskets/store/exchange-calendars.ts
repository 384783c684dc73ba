/** Sessions of exchanges that market data has imported. */

import type { Sql } from 'postgres';
import { type BusinessDate, businessDate } from '#kernel/business-date';
import type { ExchangeDays } from '../domain/exchange-calendar.ts';

export interface ExchangeCalendarReader {
  /** One for each exchange of the names, null for one that is not known; none without names. */
  of(symbols: readonly string[]): Promise<readonly (ExchangeDays | null)[]>;
}

/** Markets that keep the days of another, as long as they have no calendar of their own. */
const SAME_DAYS: Readonly<Record<string, string>> = {
  XNAS: 'XNYS',
  ARCX: 'XNYS',
  XASE: 'XNYS',
  BATS: 'XNYS',
};

export function createExchangeCalendarReader(sql: Sql): ExchangeCalendarReader {
  return {
    async of(symbols) {
      const named = await sql<{ mic: string | null }[]>`
        select distinct mic from published.instruments
        where symbol = any(${[...symbols]}::text[])`;
      const mics = named.flatMap(({ mic }) => mic ?? []);
      const known = await daysOf(sql, [...mics, ...mics.flatMap((mic) => SAME_DAYS[mic] ?? [])]);
      return named.map(({ mic }) =>
        mic === null ? null : (known.get(mic) ?? known.get(SAME_DAYS[mic] ?? mic) ?? null),
      );
    },
  };
}

async function daysOf(
  sql: Sql,
  mics: readonly string[],
): Promise<ReadonlyMap<string, ExchangeDays>> {
  const rows = await sql<{ mic: string; days: string[] }[]>`
    select mic, array_agg(session_date::text order by session_date) as days
    from published.exchange_sessions where mic = any(${[...mics]}::text[]) group by mic`;
  return new Map(
    rows.map(({ mic, days: texts }): [string, ExchangeDays] => {
      const days = texts.map(businessDate);
      const [first, last] = [days[0], days.at(-1)];
      return [mic, { mic, ...known({ first, last }), sessions: new Set(days) }];
    }),
  );
}

/** A group of rows has at least one. */
function known({ first, last }: Partial<Record<'first' | 'last', BusinessDate | undefined>>) {
  if (first === undefined || last === undefined) throw new Error('an exchange has sessions');
  return { first, last };
}
