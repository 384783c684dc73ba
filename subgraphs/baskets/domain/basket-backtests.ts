/** Commands around the backtest of one frozen version. */

import { accept, refuse } from '#kernel/decision';
import { backtestFault } from './backtest-params.ts';
import { type Basket, currentVersion } from './basket.ts';
import type { Asked, CommandOf, TriggerBacktest } from './basket-command.ts';
import { referenceFault } from './basket-composition.ts';
import type { BasketDecision } from './basket-decision.ts';
import { followsMarket } from './weighing.ts';

/** What a backtest may take, waiting included. */
export const BACKTEST_SLA_MS = 5 * 60_000;
/** Of all baskets together, waiting or running. */
export const MAX_OPEN_BACKTESTS = 200;

export function triggerBacktest(
  basket: Basket,
  command: TriggerBacktest,
  { atMs }: Asked,
): BasketDecision {
  const { params, backtestId, reference, queued } = command;
  const version = currentVersion(basket);
  const unknown = referenceFault(basket, version, reference);
  if (unknown) return unknown;
  const symbols = version.constituents.map(({ symbol }) => symbol);
  const fault = backtestFault(params, { ...command, symbols });
  if (fault) return fault;
  const unsupported = schemeFault(basket, command);
  if (unsupported) return unsupported;
  if (queued >= MAX_OPEN_BACKTESTS) {
    return refuse(
      'BACKTEST_QUEUE_FULL',
      `expected fewer than ${MAX_OPEN_BACKTESTS} backtests at work, was ${queued}; try again later`,
    );
  }
  return accept({
    type: 'BacktestTriggered',
    backtestId,
    versionNumber: version.number,
    versionHash: version.hash,
    params,
    deadlineMs: atMs + BACKTEST_SLA_MS,
  });
}

/** What the mathematics cannot follow is refused: other weights would be another basket. */
function schemeFault(basket: Basket, { params }: TriggerBacktest) {
  const { weighting, constituents } = currentVersion(basket);
  if (!followsMarket(weighting)) return undefined;
  if (params.missingPrices !== 'REFUSE') {
    return refuse(
      'WEIGHTING_NOT_SUPPORTED' as const,
      `${weighting} needs a close of every name at every rebalance: expected missingPrices ` +
        `REFUSE, was ${params.missingPrices}`,
    );
  }
  const foreign = constituents.find(({ currency }) => currency !== basket.currency);
  if (weighting !== 'INVERSE_VOLATILITY' || foreign === undefined) return undefined;
  return refuse(
    'WEIGHTING_NOT_SUPPORTED' as const,
    `${weighting} looks at closes in the currency of each name, and a backtest has them in ` +
      `${basket.currency} only: ${foreign.symbol} is in ${foreign.currency}`,
  );
}

/** Of another backtest than the one that runs: it was cancelled, or its version edited since. */
function notCurrent(
  { backtest }: Basket,
  { backtestId, versionHash }: { readonly backtestId: string; readonly versionHash: string },
) {
  if (backtest?.backtestId === backtestId && backtest.versionHash === versionHash) return undefined;
  return refuse(
    'BACKTEST_NOT_CURRENT' as const,
    `expected backtest ${backtest?.backtestId ?? 'none'}, was ${backtestId}`,
  );
}

export function completeBacktest(
  basket: Basket,
  command: CommandOf<'CompleteBacktest'>,
  { atMs }: Asked,
): BasketDecision {
  const { backtestId } = command;
  return (
    notCurrent(basket, command) ??
    accept({ type: 'BacktestCompleted', backtestId, completedAtMs: atMs })
  );
}

export function failBacktest(basket: Basket, command: CommandOf<'FailBacktest'>): BasketDecision {
  const { backtestId, reason } = command;
  return (
    notCurrent(basket, command) ??
    accept({ type: 'BacktestFailed', backtestId, cause: 'ERRORED', reason })
  );
}

export function timeOutBacktest({ backtest }: Basket, { atMs }: Asked): BasketDecision {
  if (backtest === null || atMs < backtest.deadlineMs) {
    return refuse('NOT_DUE', 'the backtest has time left');
  }
  const { backtestId } = backtest;
  const reason = `it took longer than ${BACKTEST_SLA_MS / 1_000} s`;
  return accept({ type: 'BacktestFailed', backtestId, cause: 'TIMEOUT', reason });
}

export function cancelBacktest({ backtest }: Basket): BasketDecision {
  if (backtest === null) return refuse('BACKTEST_NOT_CURRENT', 'no backtest runs');
  return accept({ type: 'BacktestCancelled', backtestId: backtest.backtestId });
}
