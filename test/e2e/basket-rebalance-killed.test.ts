/**
 * A rebalance whose process is killed: after the approval, and between its two steps. Each next
 * process goes on by the table. The test holds the rebalance up in the database at the step where
 * it wants to kill.
 */

import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decimal, formatDecimal } from '#kernel/decimal';
import { price, type Price } from '#kernel/money';
import { systemClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { currentVersion } from '../../subgraphs/baskets/domain/basket.ts';
import { indexUnits } from '../../subgraphs/baskets/domain/index-base.ts';
import { level, SAME_CURRENCY } from '../../subgraphs/baskets/domain/index-level.ts';
import { closingLevel } from '../../subgraphs/baskets/domain/index-rebalance.ts';
import { createClosePriceReader } from '../../subgraphs/baskets/store/close-prices.ts';
import { createCorporateActionStore } from '../../subgraphs/baskets/store/corporate-actions.ts';
import { baseIndex } from '../../subgraphs/baskets/use-cases/base-index.ts';
import { readBasket } from '../../subgraphs/baskets/use-cases/carry-out-rebalance.ts';
import { completeListing } from '../../subgraphs/baskets/use-cases/complete-listing.ts';
import { reportBacktestCompleted } from '../../subgraphs/baskets/use-cases/report-backtest.ts';
import { type BacktestProcess, startBacktestProcess } from '../support/backtest-process.ts';
import { type BasketLifeWorld, openBasketLifeWorld } from '../support/basket-life-world.ts';

const CODE = 'KILLED';
const MIA = { user: 'mia', roles: ['portfolio_manager'] } as const;
const CARL = { user: 'carl', roles: ['approver'] } as const;
const ALWAYS_DUE = { INDEX_CLOSE_UTC: '00:00', INDEX_DAYS: 'all' };
const CLOSES = { A: '110', B: '90', C: '50' };
/** 1000 x (0.6 x 1.1 + 0.4 x 0.9), every name having stood at 100. */
const LEVEL = '1020';
const LOCK = 4_711;
const SOON = { timeout: 60_000, interval: 50 };
const LIMIT_MS = 240_000;

describe('BK-9 kill -9 in a rebalance', () => {
  let world: BasketLifeWorld;
  let gate: Sql;
  const running = new Set<BacktestProcess>();

  beforeAll(async () => {
    world = await openBasketLifeWorld({
      clock: { ...systemClock, advance: () => undefined },
      indexCalendar: { closeMinuteUtc: 0, days: 'ALL' },
    });
    gate = await openGate(world);
    await listed(world);
  });
  afterAll(async () => {
    for (const each of running) await each.kill();
    await gate.end();
    await world.close();
  });

  async function start(): Promise<BacktestProcess> {
    const started = await startBacktestProcess(world.databaseUrl, ALWAYS_DUE);
    running.add(started);
    return started;
  }

  /** With what it was doing in the database, which would notice by itself later. */
  async function kill(victim: BacktestProcess): Promise<void> {
    await victim.kill();
    running.delete(victim);
    await world.owner`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'`;
  }

  /** Without a turn, for which it would wait while the rebalance is held up. */
  const standing = async () => {
    const rows = await world.sql<{ state: string; status: string }[]>`
      select state, version.status
      from baskets.basket join baskets.basket_version as version using (basket_id)
      where code = ${CODE} order by number`;
    return [rows[0]?.state, ...rows.map(({ status }) => status)];
  };

  test(
    'the next process starts it, the one after that finishes it at the same level',
    async () => {
      const first = await start();
      await holdUp(gate, 'START_REBALANCE');
      const date = systemClock.today();
      await insertCloses(world.owner, date);
      const wanted = { code: CODE, effectiveDate: date, weighting: 'EQUAL' };
      const constituents = ['B', 'C'].map((symbol) => ({ symbol }));
      await world.command(MIA, 'rebalanceBasket', { ...wanted, constituents });
      await world.command(CARL, 'approveBasket', { code: CODE });
      await expect.poll(() => waiting(world.owner), SOON).toBeGreaterThan(0);
      await kill(first);
      expect(await standing()).toEqual(['ACTIVE', 'EFFECTIVE', 'SCHEDULED']);

      await holdUp(gate, 'REBALANCE_APPLIED');
      const second = await start();
      await expect.poll(standing, SOON).toEqual(['REBALANCING', 'EFFECTIVE', 'SCHEDULED']);
      await expect.poll(() => waiting(world.owner), SOON).toBeGreaterThan(0);
      await kill(second);
      expect(await standing()).toEqual(['REBALANCING', 'EFFECTIVE', 'SCHEDULED']);

      await holdUp(gate, 'NOTHING');
      // A correction of the close comes too late: those that were frozen count.
      await world.owner`update market_data.price_bar set close = close * 2
      where business_date = ${date}::text::date`;
      await start();
      await expect.poll(standing, SOON).toEqual(['ACTIVE', 'SUPERSEDED', 'EFFECTIVE']);
      const effective = currentVersion(await readBasket(depsOf(world), CODE));
      expect(effective.constituents.map(({ symbol }) => symbol)).toEqual(['B', 'C']);
      const found = closingLevel(effective, { currency: 'USD', closes: prices(), fx: new Map() });
      expect(found.ok && formatDecimal(found.value)).toBe(LEVEL);
      const events = await world.sql<{ event: string }[]>`
      select event from baskets.transition join baskets.basket using (basket_id)
      where code = ${CODE} and refusal is null order by number desc limit 3`;
      expect(events.map(({ event }) => event).toReversed()).toEqual([
        'SCHEDULE_REBALANCE',
        'START_REBALANCE',
        'REBALANCE_APPLIED',
      ]);
    },
    LIMIT_MS,
  );
});

const depsOf = (world: BasketLifeWorld) => ({
  ...world.deps,
  logger: silentLogger,
  closePrices: createClosePriceReader(world.sql),
  actions: createCorporateActionStore(world.sql),
});
const prices = (): ReadonlyMap<string, Price> =>
  new Map(Object.entries(CLOSES).map(([symbol, text]) => [symbol, price(decimal(text))]));

/** ACTIVE, at 1000 with A and B at 100. */
async function listed(world: BasketLifeWorld): Promise<void> {
  const constituents = [
    { symbol: 'A', weight: '0.6' },
    { symbol: 'B', weight: '0.4' },
  ];
  const names = { code: CODE, name: CODE, currency: 'USD', weighting: 'FIXED', constituents };
  await world.command(MIA, 'createBasket', names);
  const drafted = currentVersion(await readBasket(depsOf(world), CODE));
  const start = level(decimal('1000'));
  const based = indexUnits(
    drafted.constituents.map(({ weight }) => {
      return { weight, price: price(decimal('100')), fx: SAME_CURRENCY };
    }),
    start,
  );
  if (!based) throw new Error('no units');
  const base = { ...based, level: start, basedAtMs: world.clock.nowMs() };
  await baseIndex(world.deps, CODE, { versionNumber: 1, base });
  await world.command(MIA, 'triggerBacktest', { code: CODE, from: '2026-01-05', to: '2026-11-13' });
  const [row] = await world.sql<{ backtestId: string; versionHash: string }[]>`
    select backtest_id as "backtestId", version_hash as "versionHash" from baskets.backtest`;
  if (!row) throw new Error('no backtest');
  await reportBacktestCompleted(world.deps, { code: CODE, ...row });
  await world.command(MIA, 'submitBasketForApproval', { code: CODE });
  await world.command(CARL, 'approveBasket', { code: CODE });
  const answer = await completeListing(world.deps, { code: CODE, level: start });
  expect(answer).toMatchObject({ ok: true });
}

async function insertCloses(owner: Sql, date: string): Promise<void> {
  for (const [symbol, text] of Object.entries(CLOSES)) {
    const close = String(decimal(text));
    await owner`
      insert into market_data.price_bar (series_id, business_date, close)
      select series_id, ${date}::text::date, ${close}::text::bigint
      from market_data.price_series where instrument_id = ${`ins_${symbol}`}
      on conflict do nothing`;
  }
}

/** A session that holds the lock on which a row of the audit trail waits, of one event. */
async function openGate(world: BasketLifeWorld): Promise<Sql> {
  await world.owner.unsafe(`
    create table baskets.held_up (event text);
    insert into baskets.held_up values ('NOTHING');
    grant select on baskets.held_up to plumbline_app;
    create function baskets.hold_up() returns trigger language plpgsql as $$
    begin
      if new.event = (select event from baskets.held_up) and new.refusal is null then
        perform pg_advisory_lock(${LOCK});
      end if;
      return new;
    end $$;
    create trigger hold_up before insert on baskets.transition
      for each row execute function baskets.hold_up()`);
  const sql = postgres(world.ownerUrl, { max: 1, onnotice: () => undefined });
  await sql`select pg_advisory_lock(${LOCK})`;
  return sql;
}

async function holdUp(gate: Sql, event: string): Promise<void> {
  await gate`update baskets.held_up set event = ${event}`;
}

async function waiting(owner: Sql): Promise<number> {
  const [row] = await owner<{ count: number }[]>`
    select count(*)::int as count from pg_locks
    where locktype = 'advisory' and objid = ${LOCK} and not granted
      and database = (select oid from pg_database where datname = current_database())`;
  return row?.count ?? 0;
}
