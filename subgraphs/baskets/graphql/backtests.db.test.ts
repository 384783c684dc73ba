import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pause } from '#platform/backoff';
import {
  addCloses,
  type BacktestAnswer,
  findBacktest,
  finished,
  followed,
  trigger,
  weekdays,
} from '../../../test/support/baskets-backtests.ts';
import {
  type BasketsWorld,
  CREATE_BASKET,
  openBasketsWorld,
} from '../../../test/support/baskets-world.ts';
import { identityOf, requestOf } from '../../../test/support/subgraph-client.ts';
import type { BacktestRow } from '../store/backtests.ts';
import { watchBacktest } from '../use-cases/watch-backtest.ts';
import type { Context } from './context.ts';

const RESET = [
  expect.objectContaining({ symbol: 'A', after: expect.closeTo(0.6, 12) }),
  expect.objectContaining({ symbol: 'B', after: expect.closeTo(0.4, 12) }),
];
const FROM = '2024-01-01';
const SESSIONS = 60;
const TO = weekdays(FROM, SESSIONS).at(-1) ?? '';

let world: BasketsWorld;
let baskets = 0;

const rising = (start: number, step: number) =>
  Array.from({ length: SESSIONS }, (_, index) => start + step * index + (index % 7));

async function newBasket(constituents: readonly (readonly [string, string])[]): Promise<string> {
  const code = `BT${(baskets += 1)}`;
  await world.as('portfolio_manager').data(CREATE_BASKET, {
    input: {
      code,
      name: code,
      currency: 'USD',
      weighting: 'FIXED',
      constituents: constituents.map(([symbol, weight]) => ({ symbol, weight })),
    },
  });
  return code;
}

const ofTwo = () => newBasket([['A', '0.6'], ['B', '0.4']]); // prettier-ignore
const asked = (code: string, changes: Record<string, unknown> = {}) => ({
  code,
  from: FROM,
  to: TO,
  rebalance: 'MONTHLY',
  costBps: '10',
  benchmarkSymbol: 'C',
  ...changes,
});

beforeAll(async () => {
  world = await openBasketsWorld();
  await addCloses(world.owner, FROM, {
    A: rising(100, 1),
    B: rising(50, -0.1),
    C: rising(1_000, 2),
    D: rising(10, 0.1).map((close, index) => (index < 30 ? null : close)),
    P: rising(80, 0.5),
  });
});
afterAll(async () => {
  await world.close();
});

async function submit(code: string): Promise<unknown> {
  const data = await world.as('portfolio_manager').data(
    `mutation ($code: String!) { submitBasketForApproval(input: { code: $code }) {
      __typename ... on BasketCommandRefused { reason message } } }`,
    { code },
  );
  return (data as { submitBasketForApproval: unknown }).submitBasketForApproval;
}

describe('BK-4 a backtest', () => {
  test('runs, tells how far it is, and leaves the basket backtested', async () => {
    const code = await ofTwo();
    const told = await followed(world, await trigger(world, asked(code)));
    expect(told.at(-1)).toMatchObject({ status: 'COMPLETED', progress: 1, error: null });
    expect(told.at(-1)?.inputsHash).toMatch(/^[0-9a-f]{64}$/);
    const read = await world.as('viewer').data(`{ basket(code: "${code}") { state
      backtests { edges { node { status from to execution
        levels(first: 2) { date level benchmarkLevel }
        rebalances { decidedOn executedOn turnover cost trades weights { symbol before after } }
        contributions { symbol initialWeight } monthlyReturns { period } drawdowns { depth }
        benchmarkMetrics { name } } } } } }`);
    expect(read).toMatchObject({
      basket: {
        state: 'BACKTESTED',
        backtests: {
          edges: [
            {
              node: {
                status: 'COMPLETED',
                from: FROM,
                to: TO,
                execution: 'NEXT_CLOSE',
                levels: [{ date: FROM, level: 100, benchmarkLevel: 100 }, { date: '2024-01-02' }],
                rebalances: [
                  { decidedOn: '2024-02-01', executedOn: '2024-02-02', trades: 2, weights: RESET },
                  { decidedOn: '2024-03-01', executedOn: '2024-03-04', trades: 2 },
                ],
                contributions: [
                  { symbol: 'A', initialWeight: 0.6 },
                  { symbol: 'B', initialWeight: 0.4 },
                ],
                monthlyReturns: [
                  { period: '2024-01' },
                  { period: '2024-02' },
                  { period: '2024-03' },
                ],
              },
            },
          ],
        },
      },
    });
  });

  test('with equal inputs answers with the result that is there', async () => {
    const first = await finished(world, await trigger(world, asked(await ofTwo())));
    const again = await finished(world, await trigger(world, asked(await ofTwo())));
    expect(again).toMatchObject({ status: 'COMPLETED', inputsHash: first.inputsHash });
    expect(again.sameAs).not.toBeNull();
    expect(again.metrics).toEqual(first.metrics);
    const dearer = asked(await ofTwo(), { costBps: '11' });
    const other = await finished(world, await trigger(world, dearer));
    expect(other.inputsHash).not.toBe(first.inputsHash);
    expect(other.sameAs).toBeNull();
  });

  test('says why a statistic has no value, and what each convention stands for', async () => {
    const code = await ofTwo();
    const found = await finished(
      world,
      await trigger(world, asked(code, { benchmarkSymbol: null })),
    );
    const metric = (name: string) => found.metrics.find((each) => each.name === name);
    expect(metric('BETA')).toMatchObject({
      value: null,
      undefinedReason: expect.stringContaining('NO_BENCHMARK'),
    });
    expect(metric('SHARPE')?.convention).toMatch(/P = 252, rf = 0$/);
    expect(metric('TURNOVER')?.value).toBeGreaterThan(0);
    expect(found.warnings[0]).toMatch(/names are those of today/);
  });

  test('at the same close says that it looks ahead', async () => {
    const input = asked(await ofTwo(), { execution: 'SAME_CLOSE' });
    const { warnings } = await finished(world, await trigger(world, input));
    expect(warnings[0]).toMatch(/SAME_CLOSE looks ahead/);
  });

  test('trades at the next open when asked to', async () => {
    const input = asked(await ofTwo(), { execution: 'NEXT_OPEN' });
    const found = await finished(world, await trigger(world, input));
    expect(found).toMatchObject({ status: 'COMPLETED' });
    expect(found.warnings.join()).not.toMatch(/older close/);
  });

  test('with a gap is refused by name and date, or goes on without the name', async () => {
    const late: [string, string][] = [['A', '0.5'], ['D', '0.5']]; // prettier-ignore
    const code = await newBasket(late);
    await expect(trigger(world, asked(code))).rejects.toThrow(/NO_PRICE_HISTORY.*D has them from/);
    const joining = asked(code, { missingPrices: 'JOIN_AT_NEXT_REBALANCE' });
    const found = await finished(world, await trigger(world, joining));
    expect(found).toMatchObject({ status: 'COMPLETED' });
    expect(found.warnings).toContainEqual(
      'D has no price and is left out from 2024-01-01 until it joined on 2024-03-04',
    );
  });

  test('that finds a hole in the middle fails, and the basket with it', async () => {
    await addCloses(world.owner, FROM, {
      E: rising(20, 0.2).map((close, index) => (index > 20 && index < 32 ? null : close)),
    });
    const code = await newBasket([
      ['A', '0.5'],
      ['E', '0.5'],
    ]);
    const found = await finished(world, await trigger(world, asked(code)));
    expect(found).toMatchObject({
      status: 'FAILED',
      metrics: [],
      error: expect.stringContaining('E has no usable close from 2024-02-06 to 2024-02-13'),
    });
    const read = await world.as('viewer').data(`{ basket(code: "${code}") { state } }`);
    expect(read).toEqual({ basket: { state: 'BACKTEST_FAILED' } });
    const alone = await finished(world, await trigger(world, asked(await newBasket([['E', '1']]))));
    expect(alone.error).toBe(
      'MISSING_PRICES: no name has a close between 2024-01-29 and 2024-02-14',
    );
  });

  test('converts at the rates of each day, and fails where there are none', async () => {
    const code = await newBasket([['P', '1']]);
    const without = await finished(world, await trigger(world, asked(code)));
    expect(without.error).toBe(
      'expected a reference rate of USD at most 7 days old on 2024-01-01, was none',
    );
    const days = weekdays(FROM, SESSIONS);
    await world.owner`
      insert into market_data.fx_fixing (currency, fixed_on, units_per_eur, source)
      select 'USD', d::date, 1 + 0.01 * n, 'test'
      from unnest(${[...days]}::text[]) with ordinality as t(d, n)`;
    const input = asked(code, { rebalance: 'NONE', costBps: '0' });
    const found = await finished(world, await trigger(world, input));
    const total = found.metrics.find(({ name }) => name === 'TOTAL_RETURN')?.value;
    const closes = rising(80, 0.5);
    const growth = (closes.at(-1) ?? 0) / (closes[0] ?? 1);
    expect(total).toBeCloseTo((growth * (1 + 0.01 * SESSIONS)) / 1.01 - 1, 12);
  });

  test('is superseded when a price in its window is corrected, and stays readable', async () => {
    const code = await newBasket([['F', '1']]);
    const input = asked(code, { benchmarkSymbol: null });
    await addCloses(world.owner, FROM, { F: rising(30, 0.3) });
    const id = await trigger(world, input);
    const before = await finished(world, id);
    await addCloses(world.owner, weekdays(FROM, 11).at(-1) ?? '', { F: [99] });
    const after = await becomes(id, 'SUPERSEDED');
    expect(after.metrics).toEqual(before.metrics);
    const read = await world.as('viewer').data(`{ backtest(id: "${id}") { supersededBecause } }`);
    expect(read).toEqual({
      backtest: { supersededBecause: 'prices of F changed between 2024-01-15 and 2024-01-15' },
    });
    expect(await submit(code)).toMatchObject({
      reason: 'BACKTEST_NOT_CURRENT',
      message: expect.stringContaining('prices of F changed between 2024-01-15 and 2024-01-15'),
    });
    expect(await finished(world, await trigger(world, input))).toMatchObject({ sameAs: null });
    expect(await submit(code)).toEqual({ __typename: 'BasketCommandAccepted' });
    const again = asked(await newBasket([['F', '1']]), { benchmarkSymbol: null, costBps: '11' });
    const fresh = await finished(world, await trigger(world, again));
    expect(fresh).toMatchObject({ status: 'COMPLETED', sameAs: null });
    expect(fresh.inputsHash).not.toBe(before.inputsHash);
  });

  test('that is cancelled ends as CANCELED, whatever it finds later', async () => {
    const code = await ofTwo();
    await whileNobodyReadsPrices(async () => {
      const id = await trigger(world, asked(code, { costBps: '12' }));
      await becomes(id, 'RUNNING');
      const told = followed(world, id);
      const cancel = `mutation { cancelBacktest(input: { code: "${code}" }) { __typename } }`;
      expect(await world.as('portfolio_manager').data(cancel)).toEqual({
        cancelBacktest: { __typename: 'BasketCommandAccepted' },
      });
      expect((await told).at(-1)).toMatchObject({ status: 'CANCELED', metrics: [] });
    });
    const read = await world.as('viewer').data(`{ basket(code: "${code}") { state } }`);
    expect(read).toEqual({ basket: { state: 'DRAFT' } });
    const next = await finished(world, await trigger(world, asked(code)));
    expect(next.status).toBe('COMPLETED');
  });

  test('in the hands of a runner that stops goes back, and the next one ends it', async () => {
    const code = await ofTwo();
    const id = await trigger(world, asked(code, { costBps: '13' }));
    await world.restart();
    expect(await finished(world, id)).toMatchObject({ status: 'COMPLETED' });
  });

  test('is told of at most five times a second', async () => {
    const id = await trigger(world, asked(await ofTwo(), { costBps: '14' }));
    const { deps } = contextOf();
    const rows = await watchBacktest(
      {
        ...deps,
        backtests: { byId: async (of) => withNewProgress(await deps.backtests.byId(of)) },
      },
      id,
    );
    const toldAtMs: number[] = [];
    for await (const row of rows) {
      toldAtMs.push(performance.now());
      if (toldAtMs.length === 8) break;
      expect(row.id).toBe(id);
      deps.backtestHub.changed(id);
    }
    expect((toldAtMs[7] ?? 0) - (toldAtMs[0] ?? 0)).toBeGreaterThan(1_000);
    expect(deps.backtestWatchers.open).toBe(0);
  });

  test('that nobody knows is null, and cannot be followed', async () => {
    expect(await world.as('viewer').data('{ backtest(id: "bt_none") { id } }')).toEqual({
      backtest: null,
    });
    await expect(followed(world, 'bt_none')).rejects.toThrow(/no backtest has the id bt_none/);
  });

  test.each([
    [{ from: TO, to: FROM }, /INVALID_WINDOW/],
    [{ from: '1990-01-01' }, /INVALID_WINDOW/],
    [
      { from: '2019-01-01', to: '2019-12-31', benchmarkSymbol: null },
      /NO_PRICE_HISTORY.*A has them from 2024-01-01/,
    ],
    [{ benchmarkSymbol: 'NOPE' }, /NOPE/],
    [{ costBps: '-1' }, /INVALID_BACKTEST_RULE/],
  ])('with %o is refused', async (changes, reason) => {
    await expect(trigger(world, asked(await ofTwo(), changes))).rejects.toThrow(reason);
  });
});

let fraction = 0;

/** As if it went on and on. */
function withNewProgress(row: BacktestRow | null): BacktestRow | null {
  return row && { ...row, status: 'RUNNING', progress: (fraction += 0.001) };
}

function contextOf(): Context {
  return world.subgraph().createContext(requestOf(identityOf(['viewer']))) as Context;
}

const PATIENCE_MS = 10_000;

async function becomes(id: string, status: string): Promise<BacktestAnswer> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await findBacktest(world, id);
    if (found.status === status) return found;
    if (performance.now() > giveUpAtMs) throw new Error(`it is ${found.status}, not ${status}`);
    await pause(20);
  }
}

/** Reading prices waits until the work is done. */
async function whileNobodyReadsPrices(work: () => Promise<void>): Promise<void> {
  await world.owner.begin(async (tx) => {
    await tx`lock table market_data.bar_change in access exclusive mode`;
    await work();
  });
}
