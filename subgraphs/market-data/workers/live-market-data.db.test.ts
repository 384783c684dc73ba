import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { drizzle } from 'drizzle-orm/postgres-js';
import { Registry } from 'prom-client';
import type { Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import { currencyCode } from '#kernel/money';
import { type AcceptedTick, lastPriceKey } from '#kernel/topics/accepted-ticks';
import { createInProcessBroadcast } from '#platform/broadcast/in-process-broadcast';
import { createInProcessCache } from '#platform/cache/in-process-cache';
import { fixedClock } from '#platform/clock';
import type { Config } from '#platform/config';
import { silentLogger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { parseSymbol, unknownInstrument } from '../domain/instrument.ts';
import type { SourceTick } from '../domain/tick.ts';
import { createInstrumentRepository } from '../store/instruments.ts';
import { createTickInstrumentRepository } from '../store/tick-instruments.ts';
import { createTickPastRepository } from '../store/tick-past.ts';
import { createTickRepository } from '../store/tick-repository.ts';
import { createLiveMarketData, type LiveMarketData } from './live-market-data.ts';

/** Of the first trade of the replayed file. */
const RECORDED_AT = '2024-08-08T23:54:15.342Z';
const START_MS = Date.parse('2026-11-20T15:00:00Z');

let database: TestDatabase;
let sql: Sql;
let clock: ReturnType<typeof fixedClock>;
const open: LiveMarketData[] = [];
let ids = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = openPool({ url: database.url, maxConnections: 4, applicationName: 'live-test' });
});
afterEach(async () => {
  for (const live of open.splice(0)) await live.stop();
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

/** A process of its own on the same database; what it published is in its cache. */
async function startLive(atMs = START_MS, feed: Config['feed'] = { kind: 'none' }) {
  clock = fixedClock(atMs);
  const cache = createInProcessCache();
  const instruments = createInstrumentRepository(drizzle(sql));
  const live = createLiveMarketData({
    ticks: createTickRepository(sql),
    past: createTickPastRepository(sql),
    instruments: createTickInstrumentRepository(sql),
    addInstruments: (added) =>
      instruments.addMissing(
        added.flatMap(({ symbol, ...assumed }) => {
          const known = parseSymbol(symbol);
          const currency = currencyCode(assumed.currency);
          return known ? [unknownInstrument(known, { ...assumed, currency })] : [];
        }),
      ),
    broadcast: createInProcessBroadcast({ logger: silentLogger }),
    cache,
    clock,
    newId: () => `00000000-0000-4000-8000-${`${++ids}`.padStart(12, '0')}`,
    logger: silentLogger,
    metrics: new Registry(),
    config: { feed },
  });
  open.push(live);
  await live.start();
  return { live, cache };
}

async function newInstrument(): Promise<string> {
  const symbol = `TEST${++ids}`;
  await sql`
    insert into market_data.instrument (instrument_id, symbol, name, asset_class, currency)
    values (${`ins_${symbol}`}, ${symbol}, ${symbol}, 'EQUITY', 'USD')`;
  return symbol;
}

function tick(symbol: string, price: string, more: Partial<SourceTick> = {}): SourceTick {
  return {
    symbol,
    price: decimal(price),
    bid: null,
    ask: null,
    size: null,
    currency: null,
    eventTimeMs: clock.nowMs(),
    recordedEventTimeMs: null,
    source: 'test',
    sourceSequence: null,
    isSimulated: false,
    ...more,
  };
}

const stored = (symbol: string) => sql`
  select sequence, price, source, source_sequence, flags, quality
  from market_data.tick where instrument_id = ${`ins_${symbol}`} order by sequence`;

const partitionOf = async (symbol: string) =>
  (
    await sql`select tableoid::regclass::text as name from market_data.tick
    where instrument_id = ${`ins_${symbol}`} order by sequence`
  ).map(({ name }) => String(name));

describe('MD-1 ingested ticks', () => {
  test('are stored, cached, published and readable by others when the answer comes', async () => {
    const symbol = await newInstrument();
    const { live, cache } = await startLive();
    const heard = live.priceTicks([symbol]);
    const answer = await live.ingest([
      tick(symbol, '100', { bid: decimal('99.9'), ask: decimal('100.1'), sourceSequence: '7' }),
      tick(symbol, '-1'),
      tick('NO-SUCH', '1'),
    ]);
    expect(answer).toMatchObject({
      accepted: 1,
      rejected: [
        { index: 1, rule: 'NOT_POSITIVE' },
        { index: 2, rule: 'UNKNOWN_SYMBOL' },
      ],
      quarantined: [],
    });
    expect(await stored(symbol)).toMatchObject([
      { price: decimal('100'), source: 'test', source_sequence: '7', quality: 'GOOD' },
    ]);
    const { value } = await heard.next();
    expect(value).toMatchObject({ symbol, price: '100', bid: '99.9', ask: '100.1' });
    expect(await cache.getMany([lastPriceKey(symbol)])).toEqual([value]);
    await live.stop();
    expect(await sql`select * from published.last_prices where symbol = ${symbol}`).toMatchObject([
      { price: decimal('100'), bid: decimal('99.9'), currency: 'USD', quality: 'GOOD' },
    ]);
  });

  test('a held tick is kept with its reason, and confirmed by the print that agrees', async () => {
    const symbol = await newInstrument();
    const { live } = await startLive();
    const steady = ['100', '100.1', '100', '99.9', '100', '100.1', '100'];
    await live.ingest(steady.map((price) => tick(symbol, price)));
    const held = await live.ingest([tick(symbol, '150')]);
    expect(held.quarantined).toMatchObject([{ index: 0, rule: 'SPIKE' }]);
    const status = () =>
      sql`select price, rule, status from market_data.quarantined_tick where symbol = ${symbol}
        order by quarantine_id`;
    expect(await status()).toMatchObject([{ price: decimal('150'), status: 'HELD' }]);
    await live.ingest([tick(symbol, '150.1')]);
    expect(await status()).toMatchObject([{ status: 'CONFIRMED' }]);
    const flags = (await stored(symbol)).slice(-2).map((row) => row['flags']);
    expect(flags).toEqual(['SPIKE CONFIRMED', 'SPIKE']);
  });
});

describe('MD-1 a replay from file to store', () => {
  test('brings its instruments along, and can be begun again after a restart', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'replay-'));
    const file = path.join(folder, 'trades_20240808.csv');
    writeFileSync(
      file,
      'recv_ns,symbol,trade_id,price,qty,trade_time_ms,buyer_is_maker\n' +
        '1723161254087896568,SOLBTC,11,0.0025,2,1723161255342,1\n' +
        '1723161254087996568,SOLBTC,12,0.00251,3,1723161255343,1\n',
    );
    const feed = { kind: 'replay', files: [file], speed: 1_000 } as const;
    for (const start of [0, 5_000]) {
      const { live } = await startLive(START_MS + start, feed);
      await expect.poll(() => live.feeds()[0]?.state).toBe('FINISHED');
      expect(live.newest('SOLBTC')).toMatchObject({ price: '0.00251', currency: 'BTC' });
      await live.stop();
    }
    rmSync(folder, { recursive: true });
    expect(
      await sql`select price, source_sequence, source, recorded_event_time = ${RECORDED_AT} as same
        from market_data.tick where instrument_id = 'ins_SOLBTC' order by sequence`,
    ).toMatchObject(
      ['11', '12', '11', '12'].map((source_sequence, index) => ({
        price: index % 2 === 0 ? 250000n : 251000n,
        source_sequence,
        source: 'replay:trades_20240808',
        same: index % 2 === 0,
      })),
    );
    const found = await sql`select asset_class, currency from published.instruments
      where symbol = 'SOLBTC'`;
    expect(found).toMatchObject([{ asset_class: 'CRYPTO', currency: 'BTC' }]);
  });
});

describe('MD-7 the tick store', () => {
  test('goes on above the last sequence after a restart, and still knows a duplicate', async () => {
    const symbol = await newInstrument();
    const first = await startLive();
    await first.live.ingest([
      tick(symbol, '100', { sourceSequence: '41' }),
      tick(symbol, '100', { sourceSequence: '42' }),
    ]);
    await first.live.stop();
    const second = await startLive(START_MS + 5_000);
    expect(second.live.newest(symbol)).toMatchObject({ price: '100' });
    const answer = await second.live.ingest([
      tick(symbol, '101', { sourceSequence: '42' }),
      tick(symbol, '101', { sourceSequence: '43' }),
    ]);
    expect(answer).toMatchObject({ accepted: 1, rejected: [{ index: 0, rule: 'DUPLICATE' }] });
    const sequences = (await stored(symbol)).map((row) => BigInt(row['sequence']));
    expect(sequences).toHaveLength(3);
    expect(sequences[2]).toBeGreaterThan((sequences[1] ?? 0n) + 1n);
  });

  test('knows after a restart that a source had started its numbers anew', async () => {
    const symbol = await newInstrument();
    const first = await startLive();
    const numbered = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) =>
        tick(symbol, '100', { sourceSequence: `${from + n}` }),
      );
    const answer = await first.live.ingest([...numbered(9_000, 1), ...numbered(1, 101)]);
    expect(answer).toMatchObject({ accepted: 2 });
    await first.live.stop();
    const second = await startLive(START_MS + 5_000);
    expect(await second.live.ingest(numbered(102, 1))).toMatchObject({ accepted: 1 });
  });

  test('finds the newest price after a kill, and lets go of what was held', async () => {
    const symbol = await newInstrument();
    const { live } = await startLive();
    await live.ingest([tick(symbol, '100')]);
    await live.ingest([tick(symbol, '101'), tick(symbol, '101', { bid: 2n, ask: 1n })]);
    // As a kill leaves it: ticks are committed, the last price is behind, a tick is held.
    await sql`update market_data.last_price set price = 1, sequence = sequence - 1
      where instrument_id = ${`ins_${symbol}`}`;
    const second = await startLive(START_MS + 1_000);
    expect(second.live.newest(symbol)).toMatchObject({ price: '101' });
    expect(
      await sql`select status from market_data.quarantined_tick where symbol = ${symbol}`,
    ).toMatchObject([{ status: 'DISCARDED' }]);
  });

  test('has every tick it answered for after a kill -9, once', async () => {
    const symbol = await newInstrument();
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'test/support/ingest-until-killed.ts', database.url, symbol],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let said = '';
    for await (const chunk of child.stdout) {
      said += String(chunk);
      if (said.split('\n').length > 10) break;
    }
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    const answered = Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1));
    expect(answered).toBeGreaterThanOrEqual(500);
    const promised = (await stored(symbol)).map((row) => Number(row['source_sequence']));
    expect(promised.length).toBeGreaterThanOrEqual(answered);
    expect(promised).toEqual(promised.map((_each, index) => index + 1));

    const { live } = await startLive(Date.now());
    const again = await live.ingest([
      tick(symbol, '100', { source: 'killed', sourceSequence: `${answered}` }),
      tick(symbol, '100', { source: 'killed', sourceSequence: `${promised.length + 1}` }),
    ]);
    expect(again).toMatchObject({ accepted: 1, rejected: [{ index: 0 }] });
    const sequences = (await stored(symbol)).map((row) => BigInt(row['sequence']));
    expect(new Set(sequences).size).toBe(promised.length + 1);
  });

  test('puts the ticks of a month in its own partition, over the turn of the year', async () => {
    const symbol = await newInstrument();
    const turn = Date.parse('2027-01-01T00:00:00Z');
    const { live } = await startLive(turn - 1_000);
    await live.ingest([tick(symbol, '100')]);
    clock.advance(2_000);
    await live.ingest([
      tick(symbol, '100', { eventTimeMs: turn - 1 }),
      tick(symbol, '100', { eventTimeMs: turn }),
    ]);
    expect(await partitionOf(symbol)).toEqual([
      'market_data.tick_2026_12',
      'market_data.tick_2026_12',
      'market_data.tick_2027_01',
    ]);
    const ahead = await sql`select to_regclass('market_data.tick_2027_02') as name`;
    expect(ahead[0]?.['name']).toBeNull();
  });

  test('two processes may make the same partition at once', async () => {
    const month = (repository: ReturnType<typeof createTickRepository>) =>
      repository.ensureMonths(['2031-05-01' as never]);
    await Promise.all([1, 2, 3, 4].map(() => month(createTickRepository(sql))));
    const [row] = await sql`select to_regclass('market_data.tick_2031_05')::text as name`;
    expect(row?.['name']).toBe('market_data.tick_2031_05');
  });

  test('the running role can neither change nor delete a stored tick', async () => {
    await expect(sql`update market_data.tick set price = 1`).rejects.toThrow('permission denied');
    await expect(sql`delete from market_data.tick`).rejects.toThrow('permission denied');
  });
});

describe('MD-6 subscribers', () => {
  test('hear every tick in order, whatever others do', async () => {
    const [one, two] = [await newInstrument(), await newInstrument()];
    const { live } = await startLive();
    const both = live.priceTicks([one, two.toLowerCase()]);
    const idle = live.priceTicks([one]);
    await live.ingest([tick(one, '1'), tick(two, '5'), tick(one, '1.01')]);
    const heard: AcceptedTick[] = [];
    for (const _ of [1, 2, 3]) heard.push((await both.next()).value);
    expect(heard.map(({ symbol, price }) => [symbol, price])).toEqual([
      [one, '1'],
      [two, '5'],
      [one, '1.01'],
    ]);
    await idle.return?.();
    expect(await idle.next()).toEqual({ done: true, value: undefined });
  });
});
