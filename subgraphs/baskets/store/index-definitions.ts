/** What the live level needs to know of a basket: its current version and the base of its index. */

import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, quantity, weight } from '#kernel/money';
import { invariant } from '#platform/errors';
import type { BasketVersion, IndexBase } from '../domain/basket.ts';
import type { IndexDefinition } from '../domain/live-index.ts';
import { type BasketReader, versionKeyText } from './basket-reader.ts';
import type { BasketRow, ConstituentRow, VersionRow } from './basket-rows.ts';

export type IndexDefinitionReader = (
  basketIds: readonly string[],
) => Promise<readonly IndexDefinition[]>;

/** Unknown ids are left out. */
export function createIndexDefinitionReader(reader: BasketReader): IndexDefinitionReader {
  return async (basketIds) => {
    const [baskets, versions] = await Promise.all([
      reader.byIds(basketIds),
      reader.versions(basketIds),
    ]);
    const current = [...baskets.values()].map((basket) => ({
      basket,
      version: versions.get(basket.id)?.find(({ number }) => number === basket.currentVersion),
    }));
    const constituents = await reader.constituents(
      current.map(({ basket }) => ({ basketId: basket.id, number: basket.currentVersion })),
    );
    return current.flatMap(({ basket, version }) => {
      // Read at two moments: an edit between them is announced, and read once more then.
      if (!version) return [];
      return definitionOf(basket, version, constituents.get(versionKeyText(version)) ?? []);
    });
  };
}

function definitionOf(
  basket: BasketRow,
  version: VersionRow,
  constituents: readonly ConstituentRow[],
): IndexDefinition {
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
  const { number, status, origin, weighting, hash } = row;
  return {
    number,
    status,
    origin,
    weighting,
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
