/** Sessions of exchanges that market data has imported. */

import type { Sql, TransactionSql } from 'postgres';
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
      const mics = await micsOf(sql, symbols);
      const known = await daysByMic(sql, [...mics.values()]);
      return [...new Set(mics.values())].map((mic) => known.get(mic ?? '') ?? null);
    },
  };
}

/** By symbol; names whose exchange is not known are left out. */
export async function exchangeDaysOf(
  sql: Sql | TransactionSql,
  symbols: readonly string[],
): Promise<ReadonlyMap<string, ExchangeDays>> {
  const mics = await micsOf(sql, symbols);
  const known = await daysByMic(sql, [...mics.values()]);
  const found = new Map<string, ExchangeDays>();
  for (const [symbol, mic] of mics) {
    const days = known.get(mic ?? '');
    if (days) found.set(symbol, days);
  }
  return found;
}

/** Differs once a session of these exchanges was added or taken away. */
export async function exchangeStateOf(
  sql: Sql | TransactionSql,
  symbols: readonly string[],
): Promise<readonly (readonly [string, string])[]> {
  const mics = [...(await micsOf(sql, symbols)).values()];
  const rows = await sql<{ mic: string; state: string }[]>`
    select mic, md5(string_agg(session_date::text, ',' order by session_date)) as state
    from published.exchange_sessions where mic = any(${withSameDays(mics)}::text[])
    group by mic order by mic`;
  return rows.map(({ mic, state }) => [mic, state]);
}

async function micsOf(
  sql: Sql | TransactionSql,
  symbols: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const rows = await sql<{ symbol: string; mic: string | null }[]>`
    select symbol, mic from published.instruments where symbol = any(${[...symbols]}::text[])`;
  return new Map(rows.map(({ symbol, mic }) => [symbol, mic]));
}

function withSameDays(mics: readonly (string | null)[]): string[] {
  const known = mics.flatMap((mic) => mic ?? []);
  return [...new Set([...known, ...known.flatMap((mic) => SAME_DAYS[mic] ?? [])])];
}

/** A market without a calendar of its own has that of the one whose days it keeps. */
async function daysByMic(
  sql: Sql | TransactionSql,
  mics: readonly (string | null)[],
): Promise<ReadonlyMap<string, ExchangeDays>> {
  const rows = await sql<{ mic: string; days: string[] }[]>`
    select mic, array_agg(session_date::text order by session_date) as days
    from published.exchange_sessions where mic = any(${withSameDays(mics)}::text[])
    group by mic`;
  const own = new Map<string, ExchangeDays>();
  for (const { mic, days: texts } of rows) {
    const days: readonly BusinessDate[] = texts.map(businessDate);
    const [first, last] = [days[0], days.at(-1)];
    if (first && last) own.set(mic, { mic, first, last, sessions: new Set(days) });
  }
  for (const [mic, other] of Object.entries(SAME_DAYS)) {
    const days = own.get(other);
    if (days && !own.has(mic)) own.set(mic, days);
  }
  return own;
}
