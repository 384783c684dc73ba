/** The promise that a backtest ends within 300 s of being asked for, whatever its end is. */

import type { BasketSlaBreached } from '#kernel/topics/basket-sla-breached';
import { BACKTEST_SLA_MS } from './basket-backtests.ts';
import type { Basket } from './basket.ts';
import type { BasketFact } from './basket-fact.ts';

/** Null when the fact ends no backtest, or in time. One that runs out of time is a breach. */
export function backtestBreach(step: {
  readonly before: Basket | null;
  readonly fact: BasketFact;
  readonly atMs: number;
}): BasketSlaBreached | null {
  const { atMs, before, fact } = step;
  if (fact.type !== 'BacktestCompleted' && fact.type !== 'BacktestFailed') return null;
  const backtest = before?.backtest;
  if (!before || !backtest) return null;
  const actualMs = Math.round(atMs - (backtest.deadlineMs - BACKTEST_SLA_MS));
  const isOutOfTime = fact.type === 'BacktestFailed' && fact.cause === 'TIMEOUT';
  if (actualMs <= BACKTEST_SLA_MS && !isOutOfTime) return null;
  return {
    breachId: `BACKTEST:${fact.backtestId}`,
    kind: 'BACKTEST',
    basketId: before.id,
    code: before.code,
    vendor: null,
    limitMs: BACKTEST_SLA_MS,
    actualMs,
    detail: fact.type === 'BacktestFailed' ? fact.reason : 'completed late',
    occurredAtMs: atMs,
  };
}
