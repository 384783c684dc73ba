/** Reads what the other rooms publish as views; risk keeps no copy of it. */

import type { Sql } from 'postgres';
import { decimal } from '#kernel/decimal';
import {
  type Amount,
  type CurrencyCode,
  type Price,
  type Quantity,
  currencyCode,
  quantity,
} from '#kernel/money';
import type { CloseSeries } from '../domain/close-history.ts';
import type { InstrumentFacts, LastPrice } from '../domain/portfolio.ts';
import type { ReconciliationStatus } from '../domain/reconciliation-status.ts';

export interface PositionRow {
  readonly symbol: string;
  readonly quantity: Quantity;
  readonly currency: CurrencyCode;
  readonly costBasis: Amount;
  readonly realizedPnl: Amount;
  readonly reconciliationStatus: ReconciliationStatus;
}

export interface PositionQuery {
  /** Null: of every book. */
  readonly bookIds: readonly string[] | null;
  readonly accountIds: readonly string[] | null;
}

export interface FixingSeries {
  readonly dates: readonly string[];
  /** Units of the currency for one euro. */
  readonly unitsPerEur: Float64Array;
}

/** More positions than this in one portfolio are refused rather than cut. */
export const MAX_POSITIONS_PER_PORTFOLIO = 10_000;

export type RiskInputs = ReturnType<typeof createRiskInputs>;

export function createRiskInputs(sql: Sql) {
  return {
    positions: (query: PositionQuery) => positions(sql, query),
    basketUnits: (code: string) => basketUnits(sql, code),
    instruments: (symbols: readonly string[]) => instruments(sql, symbols),
    storedPrices: (symbols: readonly string[]) => storedPrices(sql, symbols),
    closes: (symbols: readonly string[], maxDays: number) => closes(sql, symbols, maxDays),
    fixings: (currencies: readonly string[], fromDate: string) =>
      fixings(sql, currencies, fromDate),
    newestFixings: (currencies: readonly string[]) => newestFixings(sql, currencies),
  };
}

async function positions(sql: Sql, query: PositionQuery): Promise<readonly PositionRow[]> {
  const rows = await sql<PositionDbRow[]>`
    select symbol, quantity::text, currency, cost_basis::text, realized_pnl::text,
           reconciliation_status
    from published.positions
    where (${query.bookIds as string[] | null}::text[] is null
           or book_id = any(${query.bookIds as string[] | null}::text[]))
      and (${query.accountIds as string[] | null}::text[] is null
           or account_id = any(${query.accountIds as string[] | null}::text[]))
    order by position_key
    limit ${MAX_POSITIONS_PER_PORTFOLIO + 1}`;
  return rows.map((row) => ({
    symbol: row.symbol,
    quantity: quantity(BigInt(row.quantity)),
    currency: currencyCode(row.currency),
    costBasis: decimal(row.cost_basis) as bigint as Amount,
    realizedPnl: decimal(row.realized_pnl) as bigint as Amount,
    reconciliationStatus: row.reconciliation_status,
  }));
}

interface PositionDbRow {
  symbol: string;
  quantity: string;
  currency: string;
  cost_basis: string;
  realized_pnl: string;
  reconciliation_status: ReconciliationStatus;
}

/** Units are null while the basket waits for its first prices. */
async function basketUnits(
  sql: Sql,
  code: string,
): Promise<readonly { readonly symbol: string; readonly units: Quantity | null }[]> {
  const rows = await sql<{ symbol: string; units: string | null }[]>`
    select symbol, units::text from published.basket_constituents
    where code = ${code} order by symbol`;
  return rows.map(({ symbol, units }) => ({
    symbol,
    units: units === null ? null : quantity(BigInt(units)),
  }));
}

async function instruments(
  sql: Sql,
  symbols: readonly string[],
): Promise<ReadonlyMap<string, InstrumentFacts>> {
  const rows = await sql<InstrumentDbRow[]>`
    select instrument_id, symbol, currency, sector, mic from published.instruments
    where symbol = any(${symbols as string[]}::text[])`;
  return new Map(
    rows.map((row) => [
      row.symbol,
      {
        instrumentId: row.instrument_id,
        symbol: row.symbol,
        currency: currencyCode(row.currency),
        sector: row.sector,
        mic: row.mic,
      },
    ]),
  );
}

interface InstrumentDbRow {
  instrument_id: string;
  symbol: string;
  currency: string;
  sector: string | null;
  mic: string | null;
}

/** Last accepted tick, else the newest close, which counts as STALE. */
async function storedPrices(
  sql: Sql,
  symbols: readonly string[],
): Promise<ReadonlyMap<string, LastPrice>> {
  const rows = await sql<{ symbol: string; price: string; quality: string; at: string }[]>`
    select asked.symbol, found.price::text, found.quality, found.at::text
    from unnest(${symbols as string[]}::text[]) as asked(symbol)
    cross join lateral (
      select price, quality, extract(epoch from event_time) * 1000 as at, 1 as rank
      from published.last_prices where symbol = asked.symbol
      union all
      (select close, 'STALE', extract(epoch from business_date::timestamp) * 1000, 2
       from published.daily_closes where symbol = asked.symbol
       order by business_date desc limit 1)
      order by rank limit 1
    ) as found`;
  return new Map(
    rows.map(({ symbol, price, quality, at }) => [
      symbol,
      { price: BigInt(price) as Price, quality, eventTimeMs: Math.trunc(Number(at)) },
    ]),
  );
}

/** The newest `maxDays` closes of each up to the last day for which all of them have one. */
async function closes(
  sql: Sql,
  symbols: readonly string[],
  maxDays: number,
): Promise<readonly CloseSeries[]> {
  const rows = await sql<{ symbol: string; currency: string; dates: string; closes: string }[]>`
    with last_day as (
      select min(newest) as day from (
        select (select max(business_date) from published.daily_closes
                where symbol = asked.symbol) as newest
        from unnest(${symbols as string[]}::text[]) as asked(symbol)
      ) as each
    )
    select asked.symbol, min(found.currency) as currency,
           string_agg(found.business_date::text, ',' order by found.business_date) as dates,
           string_agg(found.close::text, ',' order by found.business_date) as closes
    from unnest(${symbols as string[]}::text[]) as asked(symbol)
    cross join lateral (
      select business_date, close, currency from published.daily_closes
      where symbol = asked.symbol and business_date <= (select day from last_day)
      order by business_date desc limit ${maxDays}
    ) as found
    group by asked.symbol`;
  return rows.map((row) => ({
    symbol: row.symbol,
    currency: row.currency,
    dates: row.dates.split(','),
    closes: Float64Array.from(row.closes.split(','), Number),
  }));
}

/** How far before the first day a rate is looked for: the longest run of days without fixing. */
const CARRY_BACK_DAYS = 10;

async function fixings(
  sql: Sql,
  currencies: readonly string[],
  fromDate: string,
): Promise<ReadonlyMap<string, FixingSeries>> {
  const rows = await sql<{ currency: string; dates: string; rates: string }[]>`
    select currency, string_agg(business_date::text, ',' order by business_date) as dates,
           string_agg(units_per_eur::text, ',' order by business_date) as rates
    from published.fx_rates
    where currency = any(${currencies as string[]}::text[])
      and business_date >= ${fromDate}::date - ${CARRY_BACK_DAYS}::int
    group by currency`;
  return new Map(
    rows.map(({ currency, dates, rates }) => [
      currency,
      { dates: dates.split(','), unitsPerEur: Float64Array.from(rates.split(','), Number) },
    ]),
  );
}

async function newestFixings(
  sql: Sql,
  currencies: readonly string[],
): Promise<ReadonlyMap<string, FixingSeries>> {
  const rows = await sql<{ currency: string; day: string; rate: string }[]>`
    select asked.currency, found.business_date::text as day, found.units_per_eur::text as rate
    from unnest(${currencies as string[]}::text[]) as asked(currency)
    cross join lateral (
      select business_date, units_per_eur from published.fx_rates
      where currency = asked.currency order by business_date desc limit 1
    ) as found`;
  return new Map(
    rows.map(({ currency, day, rate }) => [
      currency,
      { dates: [day], unitsPerEur: Float64Array.of(Number(rate)) },
    ]),
  );
}
