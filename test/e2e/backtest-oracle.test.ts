/** The oracle's backtests on real prices, imported and asked for as a user does it. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { finished, trigger } from '../support/baskets-backtests.ts';
import { type BasketsWorld, CREATE_BASKET, openBasketsWorld } from '../support/baskets-world.ts';
import { hasRealData, REAL_DATA_MISSING, realFile } from '../support/real-data.ts';
import { buildHistory } from '../../subgraphs/market-data/main.ts';
import { importPrices } from '../../subgraphs/market-data/use-cases/import-prices.ts';

interface OracleCase {
  readonly id: string;
  readonly weights: Readonly<Record<string, number>>;
  readonly from_: string;
  readonly to: string;
  readonly rebalance: string;
  readonly cost_bps: number;
  readonly expected: Readonly<Record<string, number>> & {
    readonly max_drawdown_peak: string;
    readonly max_drawdown_trough: string;
    readonly nav_checkpoints: Readonly<Record<string, number>>;
    readonly final_weights: Readonly<Record<string, number>>;
  };
}

interface Found {
  readonly levels: readonly { readonly date: string; readonly level: number }[];
  readonly drawdowns: readonly { readonly peak: string; readonly trough: string }[];
  readonly rebalances: readonly unknown[];
  readonly contributions: readonly { readonly symbol: string; readonly finalWeight: number }[];
}

const WITHOUT = hasRealData ? '' : `: ${REAL_DATA_MISSING}`;
const IMPORT_LIMIT_MS = 60_000;
const METRICS: Readonly<Record<string, string>> = {
  TOTAL_RETURN: 'cumulative_return',
  CAGR: 'cagr_252',
  VOLATILITY: 'annualised_vol_sqrt252',
  SHARPE: 'sharpe_rf0_sqrt252',
  SORTINO: 'sortino_mar0_sqrt252',
  MAX_DRAWDOWN: 'max_drawdown',
};
const cases = hasRealData
  ? (
      JSON.parse(readFileSync(realFile('oracle/backtest_oracle.json'), 'utf8')) as {
        readonly cases: readonly OracleCase[];
      }
    ).cases
  : [];

let world: BasketsWorld;

const expectRelative = (found: number | null | undefined, expected: number, what: string): void => {
  const error = Math.abs((found ?? Number.NaN) / expected - 1);
  expect(error, `${what}: ${found}, expected ${expected}`).toBeLessThan(1e-9);
};

describe.skipIf(!hasRealData)(`BK-4 the backtest oracle through GraphQL${WITHOUT}`, () => {
  beforeAll(async () => {
    world = await openBasketsWorld();
    const history = buildHistory({ sql: world.sql, clock: world.parts.clock });
    const file = realFile('prices/us20_adjclose_1989_2018.csv.gz');
    await importPrices(history, { file });
  }, IMPORT_LIMIT_MS);
  afterAll(async () => {
    await world.close();
  });

  test.each(cases.map((each): [string, OracleCase] => [each.id, each]))(
    '%s',
    async (id, oracle) => {
      const { weights, from_: from, to, rebalance, cost_bps: costBps, expected } = oracle;
      const constituents = Object.entries(weights).map(([symbol, weight]) => ({
        symbol,
        weight: String(weight),
      }));
      const code = id.slice(0, 32);
      const input = { code, name: id, currency: 'USD', weighting: 'FIXED', constituents };
      await world.as('portfolio_manager').data(CREATE_BASKET, { input });
      const backtest = await trigger(world, {
        code,
        from,
        to,
        rebalance: rebalance.toUpperCase(),
        execution: 'SAME_CLOSE',
        costBps: String(costBps),
      });
      const { status, error, metrics } = await finished(world, backtest);
      expect({ status, error }).toEqual({ status: 'COMPLETED', error: null });
      for (const [name, key] of Object.entries(METRICS)) {
        const metric = metrics.find((each) => each.name === name);
        expectRelative(metric?.value, expected[key] ?? Number.NaN, name);
      }
      const VAR = metrics.find(({ name }) => name === 'VAR_95');
      expectRelative(VAR?.value, -(expected.var95_1d_order_statistic_k ?? Number.NaN), 'VAR_95');
      const answer = (await world.as('viewer').data(`{ backtest(id: "${backtest}") {
      levels { date level } drawdowns { peak trough } rebalances { executedOn }
      contributions { symbol finalWeight } } }`)) as { readonly backtest: Found };
      const { levels, drawdowns, rebalances, contributions } = answer.backtest;
      expect(levels).toHaveLength(expected.observations_of_nav ?? 0);
      expect(rebalances).toHaveLength(expected.rebalances ?? 0);
      for (const [date, nav] of Object.entries(expected.nav_checkpoints)) {
        const level = levels.find((each) => each.date === date)?.level;
        expectRelative(level, 100 * nav, date);
      }
      for (const [symbol, weight] of Object.entries(expected.final_weights)) {
        const found = contributions.find((each) => each.symbol === symbol);
        expectRelative(found?.finalWeight, weight, symbol);
      }
      expect(drawdowns[0]).toEqual({
        peak: expected.max_drawdown_peak,
        trough: expected.max_drawdown_trough,
      });
    },
  );
});
