/** Replays the recorded files, when they are there, through the real rules. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode } from '#kernel/money';
import { systemClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { parseSymbol, type InstrumentId } from '../domain/instrument.ts';
import type { StoredTick } from '../domain/stored-tick.ts';
import type { SourceTick, TickInstrument } from '../domain/tick.ts';
import { type IngestResult, ingestTicks } from '../use-cases/ingest-ticks.ts';
import { createTickBook } from '../use-cases/tick-book.ts';
import type { FeedInstrument, FeedSink } from './feed.ts';
import { createReplayFeed } from './replay-feed.ts';

const TICKS = fileURLToPath(new URL('../../../../shared/data/ticks/', import.meta.url));
const [TRADES, QUOTES, FX] = [
  'crypto_spot_trades_20240808',
  'crypto_spot_quotes_20240808',
  'fx_quotes_20140508',
].map((name) => path.join(TICKS, `${name}.csv.gz`)) as [string, string, string];
const isThere = [TRADES, QUOTES, FX].every((file) => existsSync(file));
if (!isThere) process.stderr.write(`skipped, no recorded ticks in ${TICKS}\n`);

/** Three seconds alone; the machine may be busy. */
const WHOLE_FILES = { timeout: 60_000 };
/** Faster than anything can be read: the replay is never early. */
const AT_ONCE = 1e12;

interface Heard {
  readonly sent: SourceTick[];
  readonly published: StoredTick[];
  readonly instruments: FeedInstrument[];
  readonly unreadable: string[];
  readonly rules: Record<string, number>;
  accepted: number;
}

/** Plays the files to their end through the rules; nothing is stored. */
async function replay(files: readonly string[], speed = AT_ONCE): Promise<Heard> {
  const heard: Heard = {
    sent: [],
    published: [],
    instruments: [],
    unreadable: [],
    rules: {},
    accepted: 0,
  };
  const instruments = new Map<string, TickInstrument>();
  const book = createTickBook(
    (symbols) =>
      Promise.resolve(
        new Map(
          symbols.flatMap((symbol) => {
            const known = instruments.get(symbol);
            return known ? [[symbol, known]] : [];
          }),
        ),
      ),
    { run: 1n, lastPrices: new Map(), positions: new Map() },
  );
  const ignore = () => undefined;
  const observer = {
    received: ignore,
    accepted: ignore,
    rejected: ignore,
    quarantined: ignore,
    yielded: ignore,
    ended: ignore,
  };
  const deps = {
    book,
    publish: (ticks: readonly StoredTick[]) => heard.published.push(...ticks),
    store: { add: ignore, room: () => Promise.resolve() },
    clock: systemClock,
    newId: () => '',
    observer,
  };
  const count = ({ accepted, rejected, quarantined }: IngestResult) => {
    heard.accepted += accepted;
    for (const { rule } of [...rejected, ...quarantined]) {
      heard.rules[rule] = (heard.rules[rule] ?? 0) + 1;
    }
  };
  const sink: FeedSink = {
    async take(ticks) {
      heard.sent.push(...ticks);
      count(await ingestTicks(deps, ticks));
    },
    unreadable: (_source, reason) => heard.unreadable.push(reason),
    addInstruments: (added) => {
      for (const { symbol, assetClass, currency } of added) {
        heard.instruments.push({ symbol, assetClass, currency });
        const parsed = parseSymbol(symbol);
        if (parsed === undefined) continue;
        const id = `ins_${symbol}` as InstrumentId;
        const code = currencyCode(currency);
        instruments.set(symbol, {
          id,
          symbol: parsed,
          assetClass,
          currency: code,
          previousClose: null,
        });
      }
      return Promise.resolve();
    },
    restarted: () => Promise.resolve(),
  };
  const feed = createReplayFeed({ files, speed, clock: systemClock, logger: silentLogger });
  await feed.start(sink);
  await feed.finished();
  expect(feed.status()).toMatchObject({ state: 'FINISHED', problem: null });
  await feed.stop();
  return heard;
}

describe.skipIf(!isThere)('MD-1 replay of recorded ticks', () => {
  test('accepts all 15,863 crypto trades, whose clocks differ by more than a second', async () => {
    const heard = await replay([TRADES]);
    expect(heard.rules).toEqual({});
    expect(heard.accepted).toBe(15_863);
    expect(heard.instruments).toEqual([
      { symbol: 'BTCUSDT', assetClass: 'CRYPTO', currency: 'USDT' },
      { symbol: 'ETHUSDT', assetClass: 'CRYPTO', currency: 'USDT' },
    ]);
    const [first] = heard.published;
    expect(first?.tick).toMatchObject({
      price: 61_837_63000000n,
      size: 2000000n,
      source: 'replay:crypto_spot_trades_20240808',
      sourceSequence: '3735683259',
      recordedEventTimeMs: 1723161255342,
      quality: 'GOOD',
    });
  });

  test('merges the three files, 205,687 events, in the order of each', WHOLE_FILES, async () => {
    const heard = await replay([TRADES, QUOTES, FX]);
    expect(heard.rules).toEqual({});
    expect(heard.accepted).toBe(205_687);
    expect(heard.published).toHaveLength(205_687);
    expect(heard.instruments.map(({ symbol }) => symbol).sort()).toEqual([
      'BTCUSDT',
      'ETHUSDT',
      'EURUSD',
      'NZDUSD',
    ]);
    const isFx = ({ source }: SourceTick) => source === 'replay:fx_quotes_20140508';
    const rows = gunzipSync(readFileSync(FX)).toString('utf8').trim().split('\n').slice(1);
    const day = Date.parse('2014-05-08T00:00:00Z');
    const sent = heard.sent.filter(isFx);
    const inFile = sent.every((tick, index) => {
      const [ms, symbol, bid, ask] = rows[index]?.split(',') ?? [];
      return (
        tick.symbol === symbol &&
        tick.recordedEventTimeMs === day + Number(ms) &&
        tick.bid === decimal(bid ?? '') &&
        tick.ask === decimal(ask ?? '')
      );
    });
    expect(sent).toHaveLength(rows.length);
    expect(inFile).toBe(true);
  });
});

describe('MD-1 a replay', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'replay-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (name: string, ...lines: readonly string[]): string => {
    const text = `${lines.join('\n')}\n`;
    const place = path.join(folder, name);
    writeFileSync(place, name.endsWith('.gz') ? gzipSync(text) : text);
    return place;
  };
  const FX_HEADER = 'ms_of_day,symbol,bid,ask';
  const TRADE_HEADER = 'recv_ns,symbol,trade_id,price,qty,trade_time_ms,buyer_is_maker';

  test('keeps the order within a millisecond, and skips what it cannot read', async () => {
    const heard = await replay([
      file(
        'fx_20140508.csv',
        FX_HEADER,
        '5,EURUSD,1.10,1.12',
        '5,EURUSD,1.12,1.14',
        'x,EURUSD,1.12,1.14',
        '5,EURUSD,1.11,1.13',
        '4,EURUSD,1.10,1.12',
      ),
    ]);
    expect(heard.sent.map(({ price }) => formatDecimal(price))).toEqual([
      '1.11',
      '1.13',
      '1.12',
      '1.11',
    ]);
    expect(heard.unreadable).toEqual([expect.stringContaining('line 4: expected ms_of_day')]);
  });

  test('moves event times to now, divided by the speed, without the skew of clocks', async () => {
    const trade = (recvMs: number, tradeMs: number, id: number) =>
      `${recvMs}000000,BTCUSDT,${id},60000,1,${tradeMs},1`;
    const before = Date.now();
    const heard = await replay(
      [
        file(
          'trades.csv.gz',
          TRADE_HEADER,
          trade(1723161254000, 1723161255250, 1),
          trade(1723161254400, 1723161255640, 2),
          trade(1723161254400, 1723161255650, 3),
        ),
      ],
      10,
    );
    const times = heard.sent.map(({ eventTimeMs }) => eventTimeMs);
    const [first = 0] = times;
    expect(first).toBeGreaterThanOrEqual(before);
    expect(times.map((each) => each - first)).toEqual([0, 39, 40]);
    expect(heard.sent[2]?.recordedEventTimeMs).toBe(1723161255650);
    expect(Date.now() - before).toBeGreaterThanOrEqual(35);
  });

  test('is down, with the reason, when a file is broken or of no known form', async () => {
    const broken = file('broken.csv.gz', FX_HEADER, '1,EURUSD,1,2');
    writeFileSync(broken, readFileSync(broken).subarray(0, 30));
    for (const bad of [broken, file('other.csv', 'a,b,c'), path.join(folder, 'none.csv')]) {
      const feed = createReplayFeed({
        files: [bad],
        speed: AT_ONCE,
        clock: systemClock,
        logger: silentLogger,
      });
      const nothing = () => Promise.resolve();
      await feed.start({
        take: nothing,
        addInstruments: nothing,
        restarted: nothing,
        unreadable: () => undefined,
      });
      await feed.finished();
      expect(feed.status()).toMatchObject({ state: 'DOWN', problem: expect.stringContaining(bad) });
    }
  });
});
