/** Turns the kept result of a backtest into what the schema shows. */

import type { BacktestDocument, KeptRebalance } from '../domain/backtest-document.ts';

export interface FoundResult {
  readonly inputsHash: string;
  readonly document: BacktestDocument;
}

/** A rebalance that can find its weights. */
export interface RebalanceView extends KeptRebalance {
  readonly number: number;
  readonly result: FoundResult;
}

export function presentLevels({ dates, levels, benchmarkLevels }: BacktestDocument) {
  return levels.flatMap((level, session) => {
    const date = dates[session];
    const benchmarkLevel = benchmarkLevels?.[session] ?? null;
    return date === undefined ? [] : [{ date, level, benchmarkLevel }];
  });
}

export function presentRebalances(result: FoundResult): readonly RebalanceView[] {
  return result.document.rebalances.map((each, number) => ({ ...each, number, result }));
}

export function presentContributions(document: BacktestDocument) {
  const { symbols, contributions, initialWeights, finalWeights } = document;
  return symbols.map((symbol, name) => ({
    symbol,
    points: contributions[name] ?? 0,
    initialWeight: initialWeights[name] ?? 0,
    finalWeight: finalWeights[name] ?? 0,
  }));
}

export function presentPeriods(periods: BacktestDocument['months']) {
  return periods.map(({ period, value, returns }) => ({ period, value, sessions: returns }));
}
