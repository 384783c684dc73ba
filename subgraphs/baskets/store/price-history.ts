/** Bars and rates for backtests, by column: nobody else reads millions of prices at once. */

import type { Sql, TransactionSql } from 'postgres';
import { addDays } from '#kernel/business-date';
import type { PriceRequest } from '../domain/backtest-job.ts';
import {
  type BarColumns,
  MAX_RATE_AGE_DAYS,
  type NamedBars,
  type RateColumns,
} from '../domain/backtest-panel.ts';
import type { ExchangeDays } from '../domain/exchange-calendar.ts';
import { exchangeDaysOf, exchangeStateOf } from './exchange-calendars.ts';

export interface PriceHistory {
  /** In the order of the request; a name without any series has none. */
  readonly names: readonly NamedBars[];
  readonly benchmark: NamedBars | undefined;
  readonly rates: ReadonlyMap<string, RateColumns>;
  /** By symbol, as far as sessions of its exchange are known. */
  readonly exchanges: ReadonlyMap<string, ExchangeDays>;
  /** Symbols without a preferred daily series. */
  readonly missing: readonly string[];
  /** Symbols whose series is not adjusted for dividends and splits. */
  readonly unadjusted: readonly string[];
  /** The state of the series and rates that all this was read from. */
  readonly state: string;
}

export type PriceHistoryReader = ReturnType<typeof createPriceHistoryReader>;

/** Of a decimal with 8 places. */
const UNITS = 1e8;
const BYTES_OF_INT = 4;
const BYTES_OF_FLOAT = 8;

interface SeriesRow {
  readonly seriesId: number;
  readonly symbol: string;
  readonly currency: string;
  readonly isAdjusted: boolean;
}

export function createPriceHistoryReader(sql: Sql) {
  return {
    /**
     * Text that differs once a bar in the window was added or changed, another series became the
     * preferred one, or a rate changed. Reads no bars: milliseconds for 500 names.
     */
    async state(request: PriceRequest): Promise<string> {
      return stateOf(sql, request, await seriesOf(sql, request));
    },

    /** All of one moment. */
    load: (request: PriceRequest): Promise<PriceHistory> =>
      sql.begin(async (tx) => {
        await tx`set transaction isolation level repeatable read, read only`;
        const series = await seriesOf(tx, request);
        const bySymbol = new Map(series.map((row) => [row.symbol, row]));
        const state = await stateOf(tx, request, series);
        const bars = await barsOf(tx, request, series);
        const named = (symbol: string): readonly NamedBars[] => {
          const row = bySymbol.get(symbol);
          if (row === undefined) return [];
          return [{ symbol, currency: row.currency, ...(bars.get(row.seriesId) ?? NO_BARS) }];
        };
        const { symbols, benchmarkSymbol } = request;
        const wanted = wantedSymbols(request);
        return {
          names: symbols.flatMap(named),
          benchmark: benchmarkSymbol === null ? undefined : named(benchmarkSymbol)[0],
          rates: await ratesOf(tx, request, series),
          exchanges: await exchangeDaysOf(tx, symbols),
          missing: wanted.filter((symbol) => !bySymbol.has(symbol)),
          unadjusted: wanted.filter((symbol) => bySymbol.get(symbol)?.isAdjusted === false),
          state,
        };
      }),
  };
}

const NO_BARS: BarColumns = {
  days: new Int32Array(0),
  closes: new Float64Array(0),
  opens: undefined,
};

function wantedSymbols({ symbols, benchmarkSymbol }: PriceRequest): readonly string[] {
  const isBeside = benchmarkSymbol !== null && !symbols.includes(benchmarkSymbol);
  return isBeside ? [...symbols, benchmarkSymbol] : symbols;
}

async function seriesOf(
  sql: Sql | TransactionSql,
  request: PriceRequest,
): Promise<readonly SeriesRow[]> {
  return sql<SeriesRow[]>`
    select series_id as "seriesId", symbol, currency, is_adjusted as "isAdjusted"
    from published.daily_series
    where symbol = any(${[...wantedSymbols(request)]}::text[])
    order by symbol`;
}

async function stateOf(
  sql: Sql | TransactionSql,
  request: PriceRequest,
  series: readonly SeriesRow[],
): Promise<string> {
  const { from, to } = request;
  const [changes] = await sql<{ count: string; sum: string }[]>`
    select count(*)::text as count, coalesce(sum(number), 0)::text as sum
    from published.bar_changes
    where first_date <= ${to}::text::date and last_date >= ${from}::text::date
      and series_ids && ${idsOf(series)}::int[]`;
  const rates = await sql<{ currency: string; state: string }[]>`
    select currency, md5(string_agg(business_date || ' ' || units_per_eur, ','
      order by business_date)) as state
    from published.fx_rates
    where currency = any(${[...foreignCurrencies(request, series)]}::text[])
      and business_date between ${firstRateDate(request)}::text::date and ${to}::text::date
    group by currency order by currency`;
  return JSON.stringify([
    request,
    series.map(({ seriesId, currency }) => [seriesId, currency]),
    changes,
    rates.map(({ currency, state }) => [currency, state]),
    await exchangeStateOf(sql, request.symbols),
  ]);
}

/** Both sides of each conversion; none when all names are in the wanted currency. */
function foreignCurrencies({ currency }: PriceRequest, series: readonly SeriesRow[]): Set<string> {
  const found = new Set(series.map((row) => row.currency));
  if (found.size === 0 || (found.size === 1 && found.has(currency))) return new Set();
  return found.add(currency);
}

function firstRateDate({ from }: PriceRequest) {
  return addDays(from, -MAX_RATE_AGE_DAYS);
}

/** Handed over as an array: cast from text it would be read again for every bar. */
function idsOf(series: readonly SeriesRow[]): number[] {
  return series.map(({ seriesId }) => seriesId);
}

/**
 * One row a series, its bars as bytes: a third of the time that a row a bar takes. The bars of a
 * series come in any order, but in the same one in each of its columns.
 */
async function barsOf(
  tx: TransactionSql,
  { from, to, withOpens }: PriceRequest,
  series: readonly SeriesRow[],
): Promise<ReadonlyMap<number, BarColumns>> {
  const opens = withOpens
    ? tx`string_agg(float8send(coalesce(open::float8, 'nan')), ''::bytea)`
    : tx`null::bytea`;
  const rows = await tx<{ seriesId: number; days: Buffer; closes: Buffer; opens: Buffer | null }[]>`
    select series_id as "seriesId",
      string_agg(int4send(business_date - date '1970-01-01'), ''::bytea) as days,
      string_agg(float8send(close), ''::bytea) as closes,
      ${opens} as opens
    from published.daily_bars
    where series_id = any(${idsOf(series)}::int[])
      and business_date between ${from}::text::date and ${to}::text::date
    group by series_id`;
  return new Map(
    rows.map((row) => [
      row.seriesId,
      {
        days: integers(row.days),
        closes: prices(row.closes),
        opens: row.opens === null ? undefined : prices(row.opens),
      },
    ]),
  );
}

async function ratesOf(
  tx: TransactionSql,
  request: PriceRequest,
  series: readonly SeriesRow[],
): Promise<ReadonlyMap<string, RateColumns>> {
  const rows = await tx<{ currency: string; days: Buffer; rates: Buffer }[]>`
    select currency,
      string_agg(int4send(business_date - date '1970-01-01'), ''::bytea
        order by business_date) as days,
      string_agg(float8send(units_per_eur::float8), ''::bytea order by business_date) as rates
    from published.fx_rates
    where currency = any(${[...foreignCurrencies(request, series)]}::text[])
      and business_date between ${firstRateDate(request)}::text::date
      and ${request.to}::text::date
    group by currency`;
  return new Map(
    rows.map(({ currency, days, rates }) => [
      currency,
      { days: integers(days), unitsPerEuro: floats(rates) },
    ]),
  );
}

function integers(bytes: Buffer): Int32Array {
  const view = viewOf(bytes);
  const count = bytes.length / BYTES_OF_INT;
  return Int32Array.from({ length: count }, (_, index) => view.getInt32(index * BYTES_OF_INT));
}

function floats(bytes: Buffer): Float64Array {
  const view = viewOf(bytes);
  const found = new Float64Array(bytes.length / BYTES_OF_FLOAT);
  for (let index = 0; index < found.length; index++) {
    found[index] = view.getFloat64(index * BYTES_OF_FLOAT);
  }
  return found;
}

/** One division, so the price is the float nearest to the decimal. */
function prices(bytes: Buffer): Float64Array {
  const found = floats(bytes);
  for (let index = 0; index < found.length; index++) found[index] = (found[index] ?? 0) / UNITS;
  return found;
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
