import { afterEach, beforeAll, afterAll, describe, expect, test } from 'vitest';
import { Registry } from 'prom-client';
import { pause } from '#platform/backoff';
import { fixedClock } from '#platform/clock';
import {
  type BacktestProcess,
  startBacktestProcess,
} from '../../../test/support/backtest-process.ts';
import {
  addCloses,
  findBacktest,
  finished,
  trigger,
  weekdays,
} from '../../../test/support/baskets-backtests.ts';
import {
  type BasketsWorld,
  CREATE_BASKET,
  openBasketsWorld,
} from '../../../test/support/baskets-world.ts';
import { buildBaskets } from '../main.ts';

const FROM = '2024-01-01';
const SESSIONS = 300;
const TO = weekdays(FROM, SESSIONS).at(-1) ?? '';
const PATIENCE_MS = 20_000;

let world: BasketsWorld;
let baskets = 0;
const processes: BacktestProcess[] = [];

beforeAll(async () => {
  world = await openBasketsWorld();
  // From here on only the processes of the tests run backtests.
  await world.subgraph().stop();
  const closes = (start: number, swing: number) =>
    Array.from({ length: SESSIONS }, (_, day) => start + (swing * Math.sin(day * swing)) / 3);
  await addCloses(world.owner, FROM, { A: closes(100, 7), B: closes(50, 3), C: closes(900, 11) });
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()));
});
afterAll(async () => {
  await world.close();
});

async function newBasket(): Promise<string> {
  const code = `RUN${(baskets += 1)}`;
  const constituents = ['A', 'B', 'C'].map((symbol) => ({ symbol }));
  const input = { code, name: code, currency: 'USD', weighting: 'EQUAL', constituents };
  await world.as('portfolio_manager').data(CREATE_BASKET, { input });
  return code;
}

const triggered = async (costBps: string, code?: string) =>
  trigger(world, {
    code: code ?? (await newBasket()),
    from: FROM,
    to: TO,
    costBps,
    benchmarkSymbol: 'C',
  });

async function started(): Promise<BacktestProcess> {
  const process = await startBacktestProcess(world.parts.databaseUrl);
  processes.push(process);
  return process;
}

async function becomes(id: string, status: string): Promise<void> {
  const giveUpAtMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await findBacktest(world, id);
    if (found.status === status) return;
    if (performance.now() > giveUpAtMs) throw new Error(`it is ${found.status}, not ${status}`);
    await pause(20);
  }
}

/** Reading prices waits until the work is done. */
const whileNobodyReadsPrices = (work: () => Promise<void>) =>
  world.owner.begin(async (tx) => {
    await tx`lock table market_data.bar_change in access exclusive mode`;
    await work();
  });

async function storedResult(inputsHash: string) {
  const [row] = await world.owner<{ report: Buffer; weights: Buffer }[]>`
    select report, weights from baskets.backtest_result where inputs_hash = ${inputsHash}`;
  if (row === undefined) throw new Error('there is no result');
  return row;
}

const stateOf = async (code: string) =>
  (
    (await world.as('viewer').data(`{ basket(code: "${code}") { state } }`)) as {
      basket: { state: string };
    }
  ).basket.state;

describe('BK-4 the runner of backtests', { timeout: 60_000 }, () => {
  test('killed in the middle, leaves the backtest to the next one', async () => {
    const code = await newBasket();
    const id = await triggered('1', code);
    await whileNobodyReadsPrices(async () => {
      const first = await started();
      await becomes(id, 'RUNNING');
      await first.kill();
    });
    expect(await findBacktest(world, id)).toMatchObject({ status: 'RUNNING', metrics: [] });
    await started();
    expect(await finished(world, id)).toMatchObject({ status: 'COMPLETED' });
    expect(await stateOf(code)).toBe('BACKTESTED');
  });

  test('killed before the basket heard of the result, tells it by the next one', async () => {
    const first = await triggered('2');
    const runner = await started();
    const { inputsHash } = await finished(world, first);
    await runner.kill();
    const code = await newBasket();
    const id = await triggered('2', code);
    await world.owner`
      update baskets.backtest set status = 'RUNNING', runner = 'killed',
        inputs_hash = ${inputsHash}, started_at = clock_timestamp(),
        heartbeat_at = clock_timestamp() - interval '1 minute'
      where backtest_id = ${id}`;
    await started();
    expect(await finished(world, id)).toMatchObject({ status: 'COMPLETED', inputsHash });
    expect(await stateOf(code)).toBe('BACKTESTED');
  });

  test('writes the same bytes for equal inputs in every process', async () => {
    const first = await triggered('3');
    const runner = await started();
    const { inputsHash } = await finished(world, first);
    await runner.kill();
    const kept = await storedResult(inputsHash);
    await world.owner`delete from baskets.backtest_result`;
    await world.owner`delete from baskets.data_snapshot`;
    const second = await triggered('3');
    await started();
    expect((await finished(world, second)).inputsHash).toBe(inputsHash);
    const again = await storedResult(inputsHash);
    expect(kept.report.length).toBeGreaterThan(10_000);
    expect(again.report.equals(kept.report)).toBe(true);
    expect(again.weights.equals(kept.weights)).toBe(true);
  });

  test('is given five minutes; then the backtest has failed, whatever comes of it', async () => {
    const code = await newBasket();
    const id = await triggered('4', code);
    const clock = fixedClock(Date.now() + 5 * 60_000 + 1_000);
    const late = buildBaskets({ ...world.parts, clock, metrics: new Registry() });
    await whileNobodyReadsPrices(async () => {
      await late.start();
      await becomes(id, 'FAILED');
    });
    expect(await findBacktest(world, id)).toMatchObject({ error: 'it took longer than 300 s' });
    expect(await stateOf(code)).toBe('BACKTEST_FAILED');
    await late.stop();
    expect(await findBacktest(world, id)).toMatchObject({ status: 'FAILED', metrics: [] });
  });
});
