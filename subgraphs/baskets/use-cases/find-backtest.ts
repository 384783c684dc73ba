/** Reads backtests and what they found. */

import { PlatformError } from '#platform/errors';
import type { PageRequest } from '#platform/connection';
import type { BacktestRepository, BacktestRow } from '../store/backtests.ts';
import type { BacktestDocument } from '../domain/backtest-document.ts';

export interface FindBacktestDeps {
  readonly backtests: Pick<BacktestRepository, 'byId' | 'page' | 'weights'>;
}

export function findBacktest(
  { backtests }: FindBacktestDeps,
  id: string,
): Promise<BacktestRow | null> {
  return backtests.byId(id);
}

export function listBacktests(
  { backtests }: FindBacktestDeps,
  basketId: string,
  page: PageRequest,
): Promise<readonly BacktestRow[]> {
  return backtests.page(basketId, page);
}

/** Largest number of levels, rebalances or months asked for at once. */
export const MAX_BACKTEST_ITEMS = 6_000;

/** The first so many; throws BAD_USER_INPUT on a number out of range. */
export function firstOf<Item>(items: readonly Item[], first: number): readonly Item[] {
  if (first >= 1 && first <= MAX_BACKTEST_ITEMS) return items.slice(0, first);
  throw new PlatformError(
    'BAD_USER_INPUT',
    `first: expected 1 to ${MAX_BACKTEST_ITEMS}, was ${first}`,
    { details: { limit: 'MAX_BACKTEST_ITEMS' } },
  );
}

export interface NameWeights {
  readonly symbol: string;
  readonly before: number;
  readonly after: number;
}

const BYTES_OF_FLOAT = 8;

/** Weights of all names around one rebalance, the first being 0. */
export async function weightsAround(
  { backtests }: FindBacktestDeps,
  found: { readonly inputsHash: string; readonly document: BacktestDocument },
  rebalance: number,
): Promise<readonly NameWeights[]> {
  const { symbols } = found.document;
  const bytes = 2 * symbols.length * BYTES_OF_FLOAT;
  const part = await backtests.weights(found.inputsHash, { fromByte: rebalance * bytes, bytes });
  const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
  const at = (index: number) => view.getFloat64(index * BYTES_OF_FLOAT, true);
  return symbols.map((symbol, name) => ({
    symbol,
    before: at(name),
    after: at(symbols.length + name),
  }));
}
