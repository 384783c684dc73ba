/** Contracts of trades: at once when they are to be had in time, otherwise a little later. */

import type { Trade } from '../domain/trade.ts';
import type { ContractGenerator } from './contract-generator.ts';

/**
 * UTIs by trade id, for the trades that are on their way. Empty when the generator is away or too
 * slow: a trade never waits for its contract, and never fails for want of it.
 */
export async function generateInTime(
  generator: ContractGenerator,
  trades: readonly Trade[],
): Promise<ReadonlyMap<string, string>> {
  // The same trade may come twice in a request.
  const byId = new Map(trades.map((trade) => [trade.tradeId, trade]));
  if (byId.size === 0) return new Map();
  try {
    const utis = await generator.generate([...byId.values()]);
    return new Map([...byId.keys()].map((tradeId, index) => [tradeId, utis[index] ?? '']));
  } catch {
    // Not an error of the trade: the client counts it, and the worker asks again.
    return new Map();
  }
}
