/** Reads baskets, versions and constituents. */

import type { Sql } from 'postgres';
import type { PageRequest } from '#platform/connection';
import type { BasketState } from '../domain/transition-table.ts';
import type { Weighing } from '../domain/weighing.ts';
import { WEIGHTING_SCHEMES, type WeightingScheme } from '../domain/weighting-schemes.ts';
import {
  basketColumns,
  type BasketRow,
  basketRowOf,
  type ConstituentRow,
  known,
  type RawBasketRow,
  type RawVersionRow,
  type VersionRow,
  versionColumns,
  versionRowOf,
} from './basket-rows.ts';
import { weighingOf } from './fact-json-fields.ts';

export interface BasketFilter {
  readonly states?: readonly BasketState[] | undefined;
  readonly codes?: readonly string[] | undefined;
  /** Part of the code or name, in any case. */
  readonly search?: string | undefined;
}

export interface VersionKey {
  readonly basketId: string;
  readonly number: number;
}

export interface CurrentWeighing {
  readonly basketId: string;
  readonly weighting: WeightingScheme;
  readonly weighing: Weighing | null;
  /** Of the basket. */
  readonly currency: string;
  /** In the order of the version. */
  readonly symbols: readonly string[];
}

type RawWeighing = Omit<CurrentWeighing, 'weighing'> & { readonly weighing: unknown };

export type BasketReader = ReturnType<typeof createBasketReader>;

export function createBasketReader(sql: Sql) {
  return {
    async byIds(ids: readonly string[]): Promise<ReadonlyMap<string, BasketRow>> {
      const rows = await sql<RawBasketRow[]>`
        select ${basketColumns(sql)} from baskets.basket
        where basket_id = any(${[...ids]}::text[])`;
      return new Map(rows.map(basketRowOf).map((row) => [row.id, row]));
    },

    async byCodes(codes: readonly string[]): Promise<ReadonlyMap<string, BasketRow>> {
      const rows = await sql<RawBasketRow[]>`
        select ${basketColumns(sql)} from baskets.basket
        where code = any(${[...codes]}::text[])`;
      return new Map(rows.map(basketRowOf).map((row) => [row.code, row]));
    },

    /** In order of code; one more than asked when there is a next page. */
    list: (filter: BasketFilter, page: PageRequest) => listBaskets(sql, filter, page),

    /** Versions of each basket, oldest first. */
    async versions(ids: readonly string[]): Promise<ReadonlyMap<string, readonly VersionRow[]>> {
      const rows = await sql<RawVersionRow[]>`
        select ${versionColumns(sql)} from baskets.basket_version
        where basket_id = any(${[...ids]}::text[]) order by basket_id, number`;
      return grouped(rows.map(versionRowOf), ({ basketId }) => basketId);
    },

    /** Constituents by `versionKeyText`, in the order given by the editor. */
    constituents: (keys: readonly VersionKey[]) => constituentsOf(sql, keys),

    /** Symbols of the current version; none for an unknown code. */
    async currentSymbols(code: string): Promise<readonly string[]> {
      const rows = await sql<{ symbol: string }[]>`
        select symbol from published.basket_constituents where code = ${code}`;
      return rows.map(({ symbol }) => symbol);
    },

    /** Of the current version and of the one that is on its way, each once. */
    async symbolsInHand(code: string): Promise<readonly string[]> {
      const rows = await sql<{ symbol: string }[]>`
        select distinct c.symbol from baskets.basket b join baskets.constituent c
          on c.basket_id = b.basket_id
            and c.version_number in (b.current_version, b.pending_version)
        where b.code = ${code}`;
      return rows.map(({ symbol }) => symbol);
    },

    /** How the current version is weighed, and its names; undefined for an unknown code. */
    async currentWeighing(code: string): Promise<CurrentWeighing | undefined> {
      const [row] = await sql<RawWeighing[]>`
        select b.basket_id as "basketId", v.weighting, v.weighing, b.currency, array(
          select c.symbol from baskets.constituent c
          where c.basket_id = v.basket_id and c.version_number = v.number
          order by c.ordinal) as symbols
        from baskets.basket b join baskets.basket_version v
          on v.basket_id = b.basket_id and v.number = b.current_version
        where b.code = ${code}`;
      if (!row) return undefined;
      const weighting = known(WEIGHTING_SCHEMES, row.weighting);
      return { ...row, weighting, weighing: weighingOf(row.weighing) };
    },

    /** Ids of the baskets in one of the states. */
    async idsInStates(states: readonly BasketState[]): Promise<readonly string[]> {
      const rows = await sql<{ id: string }[]>`
        select basket_id as id from baskets.basket
        where state = any(${[...states]}::text[]) order by basket_id`;
      return rows.map(({ id }) => id);
    },
  };
}

export function versionKeyText({ basketId, number }: VersionKey): string {
  return `${basketId} ${number}`;
}

async function listBaskets(
  sql: Sql,
  { states, codes, search }: BasketFilter,
  page: PageRequest,
): Promise<readonly BasketRow[]> {
  const rows = await sql<RawBasketRow[]>`
    select ${basketColumns(sql)} from baskets.basket
    where (${states === undefined} or state = any(${[...(states ?? [])]}::text[]))
      and (${codes === undefined} or code = any(${[...(codes ?? [])]}::text[]))
      and (${search === undefined} or position(lower(${search ?? ''}) in lower(code)) > 0
        or position(lower(${search ?? ''}) in lower(name)) > 0)
      and code > ${page.after?.[0] ?? ''}
    order by code limit ${page.first + 1}`;
  return rows.map(basketRowOf);
}

async function constituentsOf(
  sql: Sql,
  keys: readonly VersionKey[],
): Promise<ReadonlyMap<string, readonly ConstituentRow[]>> {
  const rows = await sql<(ConstituentRow & VersionKey)[]>`
    select c.basket_id as "basketId", c.version_number as number, c.symbol,
      c.instrument_id as "instrumentId", c.currency, c.weight, c.units
    from unnest(
        ${keys.map(({ basketId }) => basketId)}::text[],
        ${keys.map(({ number }) => String(number))}::text[]::int[]) as k(basket_id, number)
      join baskets.constituent c
        on c.basket_id = k.basket_id and c.version_number = k.number
    order by c.basket_id, c.version_number, c.ordinal`;
  return grouped(rows, versionKeyText);
}

function grouped<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}
