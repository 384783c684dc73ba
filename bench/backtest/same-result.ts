/** Whether the kernel and the plain reference say the same: everything, to nine digits. */

import type { BacktestReport } from '#quant/backtest-report';
import type { BacktestRun } from '#quant/backtest-result';
import type { PlainBacktest } from './plain-backtest.ts';
import type { PlainReport } from './plain-metrics.ts';

const TOLERANCE = 1e-9;

/** Answers with what differs, one line each. */
export function differences(
  kernel: { readonly run: BacktestRun; readonly report?: BacktestReport },
  plain: { readonly run: PlainBacktest; readonly report?: PlainReport },
): readonly string[] {
  const { run, report } = kernel;
  return [
    ...differ('level', [...run.levels], plain.run.levels),
    ...differ(
      'cost',
      run.rebalances.map(({ cost }) => cost),
      plain.run.costs,
    ),
    ...differ(
      'turnover',
      run.rebalances.map(({ turnover }) => turnover),
      plain.run.turnovers,
    ),
    ...(report && plain.report ? reportDifferences(report, plain.report) : []),
  ];
}

function reportDifferences(report: BacktestReport, plain: PlainReport): readonly string[] {
  const { metrics, benchmarkMetrics, months } = report;
  const values = (found: BacktestReport['metrics']): readonly number[] =>
    found.map(({ value }) => value ?? Number.NaN);
  const inOrder = (found: BacktestReport['metrics'], map: ReadonlyMap<string, number>) =>
    found.map(({ name }) => map.get(name) ?? Number.NaN);
  return [
    ...differ('metric', values(metrics), inOrder(metrics, plain.metrics)),
    ...differ(
      'benchmark',
      values(benchmarkMetrics),
      inOrder(benchmarkMetrics, plain.benchmarkMetrics),
    ),
    ...differ(
      'month',
      months.map(({ value }) => value),
      [...plain.months.values()],
    ),
  ];
}

function differ(what: string, found: readonly number[], wanted: readonly number[]) {
  if (found.length !== wanted.length) {
    return [`${what}: expected ${wanted.length} of them, was ${found.length}`];
  }
  return found.flatMap((value, index) => {
    const expected = wanted[index] ?? Number.NaN;
    const isSame = Math.abs(value - expected) <= TOLERANCE * Math.max(1e-3, Math.abs(expected));
    return isSame ? [] : [`${what} ${index}: expected ${expected}, was ${value}`];
  });
}
