/** What levels were made of, for questions about their moves and for restatements. */

import type { Sql } from 'postgres';
import type { BusinessDate } from '#kernel/business-date';
import { currencyCode, price, quantity } from '#kernel/money';
import { instantText } from '#platform/instant-column';
import { segmentOf, type Valuation, type ValuedName } from '../domain/contribution.ts';
import type { FxFactor } from '../domain/index-level.ts';
import { divisorOf, divisorText } from './wide-decimal.ts';

export interface NewValuation {
  readonly basketId: string;
  readonly valuation: Valuation;
  /** Day whose close it is; null for one in between. */
  readonly closeOf: BusinessDate | null;
}

export interface CloseValuation {
  readonly date: BusinessDate;
  readonly valuation: Valuation;
}

export type ValuationStore = ReturnType<typeof createValuationStore>;

/** Of a question about a move: more changes of composition than that are looked at no further. */
const MAX_VALUATIONS = 1_000;
const MAX_DROPPED = 10_000;

export function createValuationStore(sql: Sql) {
  return {
    store: (...args: Rest<typeof store>) => store(sql, ...args),
    path: (...args: Rest<typeof path>) => path(sql, ...args),
    closesFrom: (...args: Rest<typeof closesFrom>) => closesFrom(sql, ...args),
    replaceClose: (...args: Rest<typeof replaceClose>) => replaceClose(sql, ...args),
    dropBefore: (...args: Rest<typeof dropBefore>) => dropBefore(sql, ...args),
  };
}

/** The arguments after the connection. */
type Rest<F> = F extends (sql: Sql, ...args: infer Others) => unknown ? Others : never;

/** The first of a moment and composition stays; a second process stores nothing new. */
async function store(sql: Sql, valuations: readonly NewValuation[]): Promise<void> {
  if (valuations.length === 0) return;
  await sql`
    insert into baskets.level_valuation
      (basket_id, at, version_number, divisor, segment, names, close_of)
    select distinct on (basket_id, at, segment)
      basket_id, at, version_number, divisor, md5(segment), names::jsonb, close_of::date
    from unnest(
      ${valuations.map((each) => each.basketId)}::text[],
      ${valuations.map((each) => instantText(each.valuation.atMs))}::text[]::timestamptz[],
      ${valuations.map((each) => String(each.valuation.versionNumber))}::text[]::int[],
      ${valuations.map((each) => divisorText(each.valuation.divisor))}::text[]::numeric[],
      ${valuations.map((each) => segmentOf(each.valuation))}::text[],
      ${valuations.map((each) => namesText(each.valuation.names))}::text[],
      ${valuations.map((each) => each.closeOf as string | null)}::text[])
      with ordinality
      as v(basket_id, at, version_number, divisor, segment, names, close_of, nth)
    order by basket_id, at, segment, nth desc
    on conflict (basket_id, at, segment) do update set close_of = excluded.close_of
      where excluded.close_of is not null`;
}

/**
 * The newest at or before each end, and between them the first and last of every composition.
 * Before the first one there is, it begins with that.
 */
async function path(
  sql: Sql,
  basketId: string,
  range: { readonly fromMs: number; readonly toMs: number },
): Promise<readonly Valuation[]> {
  const [from, to] = [instantText(range.fromMs), instantText(range.toMs)];
  const rows = await sql<ValuationRow[]>`
    with ranged as (
      select *, row_number() over (partition by segment order by at) as nth,
        row_number() over (partition by segment order by at desc) as nth_last
      from baskets.level_valuation
      where basket_id = ${basketId} and at <= ${to}::text::timestamptz
        and at >= coalesce((
          select max(at) from baskets.level_valuation
          where basket_id = ${basketId} and at <= ${from}::text::timestamptz), '-infinity'))
    select ${valuationColumns(sql)} from ranged v
    where nth = 1 or nth_last = 1
    order by at, (
      select min(s.at) from baskets.level_valuation s
      where s.basket_id = v.basket_id and s.segment = v.segment)
    limit ${MAX_VALUATIONS}`;
  return rows.map(valuationOf);
}

/** Closes from a day on, oldest first. */
async function closesFrom(
  sql: Sql,
  basketId: string,
  date: BusinessDate,
): Promise<readonly CloseValuation[]> {
  const rows = await sql<(ValuationRow & { date: BusinessDate })[]>`
    select distinct on (close_of) close_of::text as date, ${valuationColumns(sql)}
    from baskets.level_valuation
    where basket_id = ${basketId} and close_of >= ${date}::text::date
    order by close_of, at desc limit ${MAX_VALUATIONS}`;
  return rows.map(({ date: day, ...row }) => ({ date: day, valuation: valuationOf(row) }));
}

/** What the close of a day is made of now; its place in time stays. */
async function replaceClose(
  sql: Sql,
  basketId: string,
  { date, valuation }: CloseValuation,
): Promise<void> {
  await sql`
    with former as (
      delete from baskets.level_valuation
      where basket_id = ${basketId} and close_of = ${date}::text::date
      returning at)
    insert into baskets.level_valuation
      (basket_id, at, version_number, divisor, segment, names, close_of)
    select ${basketId}, max(at), ${valuation.versionNumber}::int,
      ${divisorText(valuation.divisor)}::text::numeric, md5(${segmentOf(valuation)}),
      ${namesText(valuation.names)}::text::jsonb, ${date}::text::date
    from former having max(at) is not null
    on conflict (basket_id, at, segment) do update set names = excluded.names`;
}

/** Drops those in between, but for the first and last of each composition; how many. */
async function dropBefore(sql: Sql, ms: number): Promise<number> {
  const dropped = await sql`
    delete from baskets.level_valuation v using (
      select basket_id, at, segment from baskets.level_valuation c
      where c.close_of is null and c.at < ${instantText(ms)}::text::timestamptz
        and exists (
          select 1 from baskets.level_valuation b
          where b.basket_id = c.basket_id and b.segment = c.segment and b.at < c.at)
        and exists (
          select 1 from baskets.level_valuation a
          where a.basket_id = c.basket_id and a.segment = c.segment and a.at > c.at)
      limit ${MAX_DROPPED}) d
    where v.basket_id = d.basket_id and v.at = d.at and v.segment = d.segment`;
  return dropped.count;
}

interface ValuationRow {
  readonly atMs: bigint;
  readonly versionNumber: number;
  readonly divisor: string;
  readonly names: readonly (readonly [string, string, string, string, string])[];
}

const valuationColumns = (sql: Sql) => sql`
  (extract(epoch from at) * 1000)::bigint as "atMs", version_number as "versionNumber",
  divisor::text as divisor, names`;

function valuationOf(row: ValuationRow): Valuation {
  return {
    atMs: Number(row.atMs),
    versionNumber: row.versionNumber,
    divisor: divisorOf(row.divisor),
    names: row.names.map(([symbol, currency, units, each, fx]) => ({
      symbol,
      currency: currencyCode(currency),
      units: quantity(BigInt(units)),
      price: price(BigInt(each)),
      fx: BigInt(fx) as FxFactor,
    })),
  };
}

function namesText(names: readonly ValuedName[]): string {
  return JSON.stringify(
    names.map(({ symbol, currency, units, price: each, fx }) => [
      symbol,
      currency,
      String(units),
      String(each),
      String(fx),
    ]),
  );
}
