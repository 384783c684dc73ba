/** What a version of a basket changes against another one. */

import { type Decimal, ZERO } from '#kernel/decimal';

export const CONSTITUENT_CHANGES = ['ADDED', 'REMOVED', 'REWEIGHTED'] as const;

interface Weighed {
  readonly symbol: string;
  readonly weight: bigint;
}

export interface ConstituentChange {
  readonly symbol: string;
  readonly change: (typeof CONSTITUENT_CHANGES)[number];
  /** Null for a name that was not there. */
  readonly before: bigint | null;
  /** Null for a name that is not there any longer. */
  readonly after: bigint | null;
}

/** In order of symbol; names with the same weight are left out. */
export function constituentChanges(
  before: readonly Weighed[],
  after: readonly Weighed[],
): readonly ConstituentChange[] {
  const former = new Map(before.map(({ symbol, weight }) => [symbol, weight]));
  const next = new Map(after.map(({ symbol, weight }) => [symbol, weight]));
  const symbols = [...new Set([...former.keys(), ...next.keys()])].toSorted();
  return symbols.flatMap((symbol) => {
    const [was, is] = [former.get(symbol) ?? null, next.get(symbol) ?? null];
    if (was === is) return [];
    return { symbol, change: kindOf(was, is), before: was, after: is };
  });
}

function kindOf(before: bigint | null, after: bigint | null): ConstituentChange['change'] {
  if (before === null) return 'ADDED';
  return after === null ? 'REMOVED' : 'REWEIGHTED';
}

/** One-way turnover, 0 to 1: half of the sum of the changes of weight, cut to 8 places. */
export function turnoverOf(changes: readonly ConstituentChange[]): Decimal {
  const moved = changes.reduce((sum, { before, after }) => {
    const change = (after ?? 0n) - (before ?? 0n);
    return sum + (change < 0n ? -change : change);
  }, ZERO as bigint);
  return (moved / 2n) as Decimal;
}
