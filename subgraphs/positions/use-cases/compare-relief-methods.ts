/** Shows which lots a closing trade would take, and what it would gain, under every method. */

import { methodOn } from '../domain/contract-terms.ts';
import { foldAsOf } from '../domain/fold.ts';
import type { LotReliefMethod } from '../domain/lot-relief.ts';
import type { PositionKey } from '../domain/position-key.ts';
import { compareRelief, type ReliefComparison } from '../domain/relief-comparison.ts';
import type { TradeRequest } from '../domain/trade.ts';
import { gateTrade, type PreviewTradeDeps } from './preview-trade.ts';

export type ComparedMethods =
  | {
      readonly type: 'COMPARED';
      readonly key: PositionKey;
      /** By the contract, on the effective date of the trade. */
      readonly methodInForce: LotReliefMethod;
      /** One for each method. */
      readonly comparisons: readonly ReliefComparison[];
    }
  /** It does not pass the gate. */
  | { readonly type: 'REFUSED'; readonly message: string };

/** On the lots open on the effective date of the trade, as they are known now. Writes nothing. */
export async function compareReliefMethods(
  deps: Pick<
    PreviewTradeDeps,
    'instruments' | 'contracts' | 'clock' | 'booksClosedBefore' | 'knownHistory' | 'replays'
  >,
  request: TradeRequest,
): Promise<ComparedMethods> {
  const gated = await gateTrade(deps, request);
  if (!gated.ok) return { type: 'REFUSED', message: gated.message ?? gated.reason };
  const { trade, terms } = gated;
  const { key, effectiveDate: effectiveAt } = trade;
  const open = await deps.replays.run(async () => {
    const upTo = await deps.knownHistory.lastVersion(key, null);
    const asked = { upTo, effectiveAt, knownAtMs: null };
    const { from, events } = await deps.knownHistory.load(key, asked);
    return foldAsOf(events, { effectiveAt, from });
  });
  return {
    type: 'COMPARED',
    key,
    methodInForce: methodOn(terms, effectiveAt).method,
    comparisons: compareRelief(open, trade),
  };
}
