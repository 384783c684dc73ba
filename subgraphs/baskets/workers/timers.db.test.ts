import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type BasketLifeWorld,
  openBasketLifeWorld,
  type Person,
} from '../../../test/support/basket-life-world.ts';
import { decimal } from '#kernel/decimal';
import { price } from '#kernel/money';
import { createPostgresLease } from '#platform/lease/postgres-lease';
import { silentLogger } from '#platform/logger';
import { level } from '../domain/index-level.ts';
import { createSlaBreachStore } from '../store/sla-breaches.ts';
import { createTimerStore, type DueTimer } from '../store/timers.ts';
import { completeListing } from '../use-cases/complete-listing.ts';
import { fireTimer, type FireTimerDeps } from '../use-cases/fire-timer.ts';
import { reportBacktestCompleted } from '../use-cases/report-backtest.ts';
import { startRebalance } from '../use-cases/start-rebalance.ts';
import { startTimers, type Timers } from './timers.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const mia: Person = { user: 'mia', roles: ['portfolio_manager'] };
const carl: Person = { user: 'carl', roles: ['approver'] };

let world: BasketLifeWorld;
beforeAll(async () => {
  world = await openBasketLifeWorld();
});
afterAll(() => world.close());

const running: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** A worker whose sleep ends when the test says so; each `round` is one look at the timers. */
async function worker(changes: Partial<FireTimerDeps> = {}, leaseTtlMs = 1_000) {
  const lease = createPostgresLease({ sql: world.sql, logger: silentLogger });
  let wake = () => undefined as void;
  let asleep = deferred<number>();
  const fired: string[] = [];
  const fireDeps = { ...world.deps, rebalanceDue: () => Promise.resolve('LATER' as const) };
  const timers: Timers = startTimers({
    timers: createTimerStore(world.sql),
    lease,
    clock: world.clock,
    logger: silentLogger,
    metrics: new Registry(),
    leaseTtlMs,
    fire: async (timer: DueTimer) => {
      const result = await fireTimer({ ...fireDeps, ...changes }, timer);
      fired.push(`${timer.kind} ${timer.code} ${result.outcome}`);
      return result;
    },
    pause: async (ms, signal) => {
      const { promise, resolve } = deferred<void>();
      const onAbort = () => resolve();
      wake = onAbort;
      if (signal?.aborted === true) return;
      signal?.addEventListener('abort', onAbort, { once: true });
      asleep.resolve(ms);
      await promise;
      signal?.removeEventListener('abort', onAbort);
    },
  });
  running.push(async () => {
    await timers.stop();
    await lease.close();
  });
  await asleep.promise;
  return {
    fired,
    async round() {
      asleep = deferred<number>();
      wake();
      return asleep.promise;
    },
  };
}

const stateOf = async (code: string) => {
  const data = await world.ask(mia, `{ basket(code: "${code}") { state version { status } } }`);
  return data['basket'];
};
const timersOf = async (code: string) => {
  const rows = await world.sql<{ kind: string }[]>`
    select kind from baskets.timer where code = ${code} order by kind`;
  return rows.map(({ kind }) => kind);
};

async function backtesting(code: string, changes: Record<string, unknown> = {}) {
  await world.command(mia, 'createBasket', {
    code,
    name: code,
    currency: 'USD',
    weighting: 'EQUAL',
    constituents: [{ symbol: 'A' }, { symbol: 'B' }],
    ...changes,
  });
  await world.command(mia, 'triggerBacktest', { code, from: '2026-01-05', to: '2026-11-19' });
}

async function submitted(code: string, changes: Record<string, unknown> = {}) {
  await backtesting(code, changes);
  const [row] = await world.sql<{ backtestId: string; versionHash: string }[]>`
    select backtest_id as "backtestId", version_hash as "versionHash"
    from baskets.backtest join baskets.basket using (basket_id) where code = ${code}`;
  if (!row) throw new Error('the backtest was asked for');
  await reportBacktestCompleted(world.deps, { code, ...row });
  await world.command(mia, 'submitBasketForApproval', { code });
}

async function active(code: string) {
  await submitted(code);
  await world.command(carl, 'approveBasket', { code });
  await completeListing(world.deps, { code, level: level(decimal('1000')) });
}

describe('BK-2 what falls due', () => {
  test('a backtest that takes longer than five minutes fails, not a moment before', async () => {
    await backtesting('SLOW');
    const { fired, round } = await worker();
    world.clock.advance(5 * MINUTE - 1);
    // It sleeps no longer than to the next timer.
    expect(await round()).toBeLessThanOrEqual(10);
    expect(fired).toEqual([]);
    world.clock.advance(1);
    await round();
    expect(fired).toEqual(['BACKTEST_TIMEOUT SLOW DONE']);
    expect(await stateOf('SLOW')).toMatchObject({ state: 'BACKTEST_FAILED' });
    expect(await timersOf('SLOW')).toEqual([]);
    const [row] = await world.sql`
      select status, error from baskets.backtest join baskets.basket using (basket_id)
      where code = 'SLOW'`;
    expect(row).toEqual({ status: 'FAILED', error: 'it took longer than 300 s' });
    const breaches = createSlaBreachStore(world.sql);
    const page = { first: 10, after: null } as never;
    expect(await breaches.page({ codes: ['SLOW'], kinds: ['BACKTEST'] }, page)).toMatchObject([
      { limitMs: 300_000, actualMs: 300_000, vendor: null, detail: 'it took longer than 300 s' },
    ]);
    const told = await world.sql`
      select payload ->> 'kind' as kind from platform.outbox
      where topic = 'basket-sla-breached' and payload ->> 'code' = 'SLOW'`;
    expect(told).toEqual([{ kind: 'BACKTEST' }]);
  });

  test('an approval expires, a launch happens, a listing is given up', async () => {
    await submitted('EXPIRING');
    const launchAt = new Date(world.clock.nowMs() + 13 * DAY).toISOString();
    await submitted('LAUNCHING', { launchAt });
    await world.command(carl, 'approveBasket', { code: 'LAUNCHING' });
    expect(await stateOf('LAUNCHING')).toMatchObject({ state: 'APPROVED' });
    const { fired, round } = await worker();
    world.clock.advance(13 * DAY);
    await round();
    expect(await stateOf('LAUNCHING')).toMatchObject({ state: 'LISTING' });
    world.clock.advance(2 * MINUTE);
    await round();
    expect(await stateOf('LAUNCHING')).toMatchObject({ state: 'LISTING_FAILED' });
    world.clock.advance(DAY);
    await round();
    expect(await stateOf('EXPIRING')).toMatchObject({
      state: 'BACKTESTED',
      version: { status: 'DRAFT' },
    });
    expect(fired).toEqual([
      'LAUNCH_DUE LAUNCHING DONE',
      'LISTING_EXHAUSTED LAUNCHING DONE',
      'APPROVAL_EXPIRED EXPIRING DONE',
    ]);
  });

  test('a launch that fails compliance comes again, later each time, and is audited', async () => {
    const launchAt = new Date(world.clock.nowMs() + DAY).toISOString();
    await submitted('UNFIT', { launchAt });
    await world.command(carl, 'approveBasket', { code: 'UNFIT' });
    const none = { instruments: () => Promise.resolve(new Map()) };
    const reference = { ...world.deps.reference, ...none };
    const { fired, round } = await worker({ reference });
    world.clock.advance(DAY);
    await round();
    await round();
    expect(fired).toEqual(['LAUNCH_DUE UNFIT LATER']);
    world.clock.advance(1_000);
    await round();
    world.clock.advance(1_000);
    await round();
    expect(fired).toEqual(['LAUNCH_DUE UNFIT LATER', 'LAUNCH_DUE UNFIT LATER']);
    expect(
      await world.ask(
        mia,
        `{ basket(code: "UNFIT") { state transitions(withRefused: true) {
        edges { node { event refusal } } } } }`,
      ),
    ).toMatchObject({
      basket: {
        state: 'APPROVED',
        transitions: {
          edges: expect.arrayContaining([
            { node: { event: 'LAUNCH_DUE', refusal: 'COMPLIANCE_FAILED' } },
          ]),
        },
      },
    });
    await world.command(mia, 'cancelBasket', { code: 'UNFIT' });
    expect(await timersOf('UNFIT')).toEqual([]);
  });

  test('a rebalance waits for its closes, then starts', async () => {
    const code = 'REBALANCE';
    await active(code);
    await world.command(mia, 'rebalanceBasket', {
      code,
      constituents: [{ symbol: 'A' }, { symbol: 'C' }],
    });
    await world.command(carl, 'approveBasket', { code });
    let closes: 'LATER' | 'STARTED' = 'LATER';
    const asked: unknown[] = [];
    const { fired, round } = await worker({
      rebalanceDue: (due) => {
        asked.push(due);
        return Promise.resolve(closes);
      },
    });
    world.clock.advance(4 * DAY);
    await round();
    closes = 'STARTED';
    world.clock.advance(2_000);
    await round();
    expect(fired).toEqual(['START_REBALANCE REBALANCE LATER', 'START_REBALANCE REBALANCE DONE']);
    expect(asked[0]).toEqual({ code, versionNumber: 2 });
    await world.command(carl, 'revokeApproval', { code });
    expect(await timersOf(code)).toEqual(['APPROVAL_EXPIRED']);
  });

  test('a rebalance whose process died fails, and the old version goes on', async () => {
    const code = 'DIED';
    await active(code);
    await world.command(mia, 'rebalanceBasket', { code, constituents: [{ symbol: 'C' }] });
    await world.command(carl, 'approveBasket', { code });
    const { fired, round } = await worker({
      rebalanceDue: async () => {
        const closes = ['A', 'B', 'C'].map((symbol) => ({ symbol, price: price(decimal('9')) }));
        const start = { code, versionNumber: 2, closes, level: level(decimal('1000')) };
        expect(await startRebalance(world.deps, start)).toMatchObject({ ok: true });
        return 'STARTED';
      },
    });
    world.clock.advance(4 * DAY);
    await round();
    expect(await stateOf(code)).toMatchObject({ state: 'REBALANCING' });
    world.clock.advance(10 * MINUTE);
    await round();
    expect(await stateOf(code)).toEqual({ state: 'ACTIVE', version: { status: 'EFFECTIVE' } });
    expect(fired).toEqual(['START_REBALANCE DIED DONE', 'REBALANCE_FAILED DIED DONE']);
    const data = await world.ask(mia, `{ basket(code: "DIED") { versions { status } } }`);
    expect(data).toEqual({
      basket: { versions: [{ status: 'EFFECTIVE' }, { status: 'FAILED' }] },
    });
  });

  test('a removal is complete when its last day is over', async () => {
    const code = 'LEAVING';
    await active(code);
    await world.command(mia, 'requestDelisting', { code });
    await world.command(carl, 'requestDelisting', { code });
    const { fired, round } = await worker();
    await round();
    expect(fired).toEqual([]);
    world.clock.advance(4 * DAY);
    await round();
    expect(fired).toEqual(['DELISTING_COMPLETED LEAVING DONE']);
    expect(await stateOf(code)).toMatchObject({ state: 'DELISTED' });
  });

  test('a worker that is killed while it works leaves nothing hanging', async () => {
    await backtesting('KILLED');
    world.clock.advance(5 * MINUTE);
    const script = fileURLToPath(new URL('./hanging-timers-process.ts', import.meta.url));
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', script, world.databaseUrl, String(world.clock.nowMs())],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    expect(String(said)).toBe('BACKTEST_TIMEOUT KILLED\n');
    const { fired, round } = await worker();
    await round();
    expect(fired).toEqual([]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect
      .poll(() => round().then(() => fired), { timeout: 10_000 })
      .toEqual(['BACKTEST_TIMEOUT KILLED DONE']);
    expect(await stateOf('KILLED')).toMatchObject({ state: 'BACKTEST_FAILED' });
  });

  test('two workers that fire the same timer do it once', async () => {
    await backtesting('ONCE');
    const [timer] = await createTimerStore(world.sql).due(world.clock.nowMs() + 5 * MINUTE, 1);
    if (!timer) throw new Error('the timeout is set');
    world.clock.advance(5 * MINUTE);
    const deps = { ...world.deps, rebalanceDue: () => Promise.resolve('LATER' as const) };
    const both = await Promise.all([fireTimer(deps, timer), fireTimer(deps, timer)]);
    expect(both.map(({ outcome }) => outcome).toSorted()).toEqual(['DONE', 'LATER']);
    expect(await timersOf('ONCE')).toEqual([]);
  });
});
