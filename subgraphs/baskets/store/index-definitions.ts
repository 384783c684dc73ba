/** What the live level needs to know of a basket: its current version and the base of its index. */

import type { Sql } from 'postgres';
import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, quantity, weight } from '#kernel/money';
import { invariant } from '#platform/errors';
import type { BasketVersion, IndexBase } from '../domain/basket.ts';
import type { ExchangeDays } from '../domain/exchange-calendar.ts';
import type { IndexDefinition } from '../domain/live-index.ts';
import type { TradingSession } from '../domain/stale-policy.ts';
import { type BasketReader, versionKeyText } from './basket-reader.ts';
import { exchangeDaysOf } from './exchange-calendars.ts';
import type { CorporateActionStore } from './corporate-actions.ts';
import type { BasketRow, ConstituentRow, VersionRow } from './basket-rows.ts';

export type IndexDefinitionReader = (
  basketIds: readonly string[],
) => Promise<readonly IndexDefinition[]>;

export interface IndexDefinitionDeps {
  readonly sql: Sql;
  readonly reader: BasketReader;
  readonly actions: Pick<CorporateActionStore, 'appliedTo'>;
  /** When the market of that code is open. */
  readonly sessionOf: (mic: string | null, exchange: ExchangeDays | undefined) => TradingSession;
}

/** Unknown ids are left out. */
export function createIndexDefinitionReader({
  sql,
  reader,
  actions,
  sessionOf,
}: IndexDefinitionDeps): IndexDefinitionReader {
  return async (basketIds) => {
    const [baskets, versions, applied] = await Promise.all([
      reader.byIds(basketIds),
      reader.versions(basketIds),
      actions.appliedTo(basketIds),
    ]);
    const current = [...baskets.values()].map((basket) => ({
      basket,
      version: versions.get(basket.id)?.find(({ number }) => number === basket.currentVersion),
    }));
    const constituents = await reader.constituents(
      current.map(({ basket }) => ({ basketId: basket.id, number: basket.currentVersion })),
    );
    const symbols = [...constituents.values()].flatMap((names) =>
      names.map(({ symbol }) => symbol),
    );
    const [mics, exchanges] = await Promise.all([
      micsOf(sql, symbols),
      exchangeDaysOf(sql, [...new Set(symbols)]),
    ]);
    return current.flatMap(({ basket, version }) => {
      // Read at two moments: an edit between them is announced, and read once more then.
      if (!version) return [];
      const names = constituents.get(versionKeyText(version)) ?? [];
      const sessions = names.map(({ symbol }): [string, TradingSession] => [
        symbol,
        sessionOf(mics.get(symbol) ?? null, exchanges.get(symbol)),
      ]);
      return {
        ...definitionOf(basket, version, names),
        actions: applied.get(basket.id) ?? [],
        sessions: new Map(sessions),
      };
    });
  };
}

async function micsOf(
  sql: Sql,
  symbols: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const rows = await sql<{ symbol: string; mic: string | null }[]>`
    select symbol, mic from published.instruments
    where symbol = any(${[...new Set(symbols)]}::text[])`;
  return new Map(rows.map(({ symbol, mic }) => [symbol, mic]));
}

function definitionOf(
  basket: BasketRow,
  version: VersionRow,
  constituents: readonly ConstituentRow[],
): Omit<IndexDefinition, 'actions' | 'sessions'> {
  const { id: basketId, code, state } = basket;
  return {
    basketId,
    code,
    state,
    currency: currencyCode(basket.currency),
    baseLevel: decimal(formatDecimal(basket.baseLevel)),
    version: versionOf(version, constituents),
  };
}

function versionOf(row: VersionRow, constituents: readonly ConstituentRow[]): BasketVersion {
  const { number, status, origin, weighting, weighing, hash } = row;
  return {
    number,
    status,
    origin,
    weighting,
    weighing,
    hash,
    constituents: constituents.map((each) => ({
      symbol: each.symbol,
      instrumentId: each.instrumentId,
      currency: currencyCode(each.currency),
      weight: weight(each.weight),
    })),
    base: baseOf(row, constituents),
  };
}

function baseOf(row: VersionRow, constituents: readonly ConstituentRow[]): IndexBase | null {
  const { divisor, basedLevel, basedAtMs } = row;
  if (divisor === null || basedLevel === null || basedAtMs === null) return null;
  const units = constituents.map((each) => {
    invariant(each.units !== null, `${each.symbol} has units when its version has a divisor`);
    return quantity(each.units);
  });
  return { units, divisor, level: basedLevel, basedAtMs };
}
