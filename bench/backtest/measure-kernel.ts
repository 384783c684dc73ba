/** The kernel alone, from prices in memory to the report, against the plain reference. */

import { BACKTEST_DEFAULTS, type BacktestInput, flatCosts } from '#quant/backtest-input';
import { reportBacktest, SESSIONS_PER_YEAR } from '#quant/backtest-report';
import { runBacktest } from '#quant/backtest';
import { costFigure, type Figure, median } from '../report.ts';
import { plainBacktest, type PlainRules } from './plain-backtest.ts';
import { plainReport } from './plain-metrics.ts';
import { differences } from './same-result.ts';
import { dayMajor, FIFTEEN_YEARS, type SampleMarket, sampleMarket } from './sample-market.ts';

const COST_BPS = 10;
const WARM_UPS = 3;

/** Throws when the two do not say the same. */
export function measureKernel({ rounds }: { readonly rounds: number }): readonly Figure[] {
  const market = sampleMarket(FIFTEEN_YEARS);
  const input = inputOf(market);
  const benchmarkCloses = Float64Array.from(market.benchmark);
  const rules = rulesOf(input);
  const options = {
    sessions: market.sessions,
    benchmarkCloses,
    periodsPerYear: SESSIONS_PER_YEAR,
    riskFree: 0,
    minimumReturn: 0,
  };
  const kernelRun = () => {
    const outcome = runBacktest(input);
    if (!outcome.ok) throw new Error(`the kernel refused: ${outcome.reason}`);
    return outcome;
  };
  const kernel = () => {
    const run = kernelRun();
    return { run, report: reportBacktest(run, options) };
  };
  const plain = () => {
    const run = plainBacktest(market, rules);
    return { run, report: plainReport(run, market.benchmark, market.sessions) };
  };
  const found = differences(kernel(), plain());
  if (found.length > 0) throw new Error(`not the same result: ${found.slice(0, 5).join('; ')}`);

  const works = { kernel, kernelRun, plain, plainRun: () => plainBacktest(market, rules) };
  const times = measured(works, rounds);
  const what = '15 years x 500 names, monthly, 10 bps';
  const reference = 'arrays of prices by name, objects for holdings';
  return [
    costFigure(
      {
        what: `${what}, all metrics: kernel`,
        value: times.kernel,
        unit: 'ms',
        target: '3x, aim 10x',
      },
      { what: reference, value: times.plain },
    ),
    costFigure(
      { what: `${what}, levels and trades alone: kernel`, value: times.kernelRun, unit: 'ms' },
      { what: reference, value: times.plainRun },
    ),
  ];
}

function inputOf(market: SampleMarket): BacktestInput {
  const names = market.closesByName.length;
  return {
    ...BACKTEST_DEFAULTS,
    panel: { sessions: market.sessions, names, closes: dayMajor(market.closesByName) },
    compositions: [{ fromSession: 0, weights: new Float64Array(names).fill(1 / names) }],
    delistings: [],
    universe: 'TODAYS_LIST',
    rebalance: 'MONTHLY',
    missingPrices: 'JOIN_AT_NEXT_REBALANCE',
    costs: flatCosts(names, COST_BPS),
  };
}

function rulesOf({ panel, maxCarriedSessions }: BacktestInput): PlainRules {
  return {
    weights: Array.from({ length: panel.names }, () => 1 / panel.names),
    rebalance: 'MONTHLY',
    execution: 'NEXT_CLOSE',
    costBps: COST_BPS,
    maxCarriedSessions,
  };
}

/** Median milliseconds of each, taken in turns so that a busy machine is unfair to none. */
function measured<Name extends string>(
  works: Record<Name, () => unknown>,
  rounds: number,
): Record<Name, number> {
  const taken: Record<string, number[]> = {};
  for (let round = -WARM_UPS; round < rounds; round++) {
    for (const [name, work] of Object.entries<() => unknown>(works)) {
      const startedAtMs = performance.now();
      work();
      const ms = performance.now() - startedAtMs;
      if (round >= 0) (taken[name] ??= []).push(ms);
    }
  }
  return Object.fromEntries(
    Object.entries(taken).map(([name, values]) => [name, median(values)]),
  ) as Record<Name, number>;
}
