/** Freezes the version and asks for its backtest; a worker runs it. */

import { formatDecimal } from '#kernel/decimal';
import type { BacktestParams } from '../domain/backtest-params.ts';
import type { BacktestQueueReader } from '../store/backtest-requests.ts';
import type { BasketReader } from '../store/basket-reader.ts';
import type { PriceCoverageReader } from '../store/price-coverage.ts';
import type { ReferenceDataReader } from '../store/reference-data.ts';
import { loadReference, normalizedCode } from './load-reference.ts';
import {
  type CommandOutcome,
  type CommandRequest,
  submitCommand,
  type SystemDeps,
} from './submit-command.ts';

export interface TriggerBacktestDeps extends SystemDeps {
  readonly reader: Pick<BasketReader, 'currentSymbols'>;
  readonly reference: ReferenceDataReader;
  readonly coverage: PriceCoverageReader;
  readonly backtestQueue: BacktestQueueReader;
}

export async function triggerBacktest(
  deps: TriggerBacktestDeps,
  request: CommandRequest,
  { code: text, params: asked }: { readonly code: string; readonly params: BacktestParams },
): Promise<CommandOutcome> {
  const code = normalizedCode(text);
  const benchmarkSymbol = asked.benchmarkSymbol?.toUpperCase() ?? null;
  const params = { ...asked, benchmarkSymbol };
  const names = await deps.reader.currentSymbols(code);
  const symbols = benchmarkSymbol === null ? names : [...names, benchmarkSymbol];
  const [reference, gaps, queued] = await Promise.all([
    loadReference(deps.reference, names),
    params.from < params.to ? deps.coverage.gaps(symbols, params) : new Map<string, null>(),
    deps.backtestQueue.openCount(),
  ]);
  return submitCommand(deps, {
    request,
    code,
    content: JSON.stringify(params, decimalsAsText),
    command: {
      type: 'TriggerBacktest',
      backtestId: `bt_${deps.newId()}`,
      params,
      today: deps.clock.today(),
      gaps,
      reference,
      queued,
    },
  });
}

function decimalsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? formatDecimal(value) : value;
}
