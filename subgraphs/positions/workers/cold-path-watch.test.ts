import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { type Logger, silentLogger } from '#platform/logger';
import type { ProvisionalPositions } from '../store/waiting-positions.ts';
import { createColdPathMetrics, watchColdPath } from './cold-path-metrics.ts';
import {
  PROVISIONAL_ALARM_SECONDS,
  QUEUE_ALARM,
  QUEUE_SCALE_ALARM,
  startColdPathWatch,
  WATCH_EVERY_MS,
} from './cold-path-watch.ts';

const QUIET: ProvisionalPositions = { count: 0, oldestSeconds: 0, refusedCount: 0 };

interface Round extends Partial<ProvisionalPositions> {
  readonly lag?: number;
  readonly isAway?: boolean;
}

/** What was said at each look, one look per round. */
async function said(rounds: readonly Round[]): Promise<readonly (readonly string[])[]> {
  const lines: string[][] = [];
  let round = 0;
  let isOver: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    isOver = resolve;
  });
  const say = (level: string) => (_facts: object, message: string) => {
    lines[round]?.push(`${level} ${message}`);
  };
  const logger = { ...silentLogger, error: say('error'), info: say('info'), warn: say('warn') };
  lines.push([]);
  const watch = startColdPathWatch({
    waiting: {
      provisional: () =>
        rounds[round]?.isAway === true
          ? Promise.reject(new Error('away'))
          : Promise.resolve({ ...QUIET, ...rounds[round] }),
    },
    lag: () => Promise.resolve(rounds[round]?.lag ?? 0),
    logger: logger as unknown as Logger,
    pause: (ms, signal) => {
      expect(ms).toBe(WATCH_EVERY_MS);
      round += 1;
      if (round < rounds.length) {
        lines.push([]);
        return Promise.resolve();
      }
      isOver();
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          resolve();
        });
      });
    },
  });
  await over;
  await watch.stop();
  return lines;
}

describe('the watch over the cold path', () => {
  test('says once that an estimate is too old, and once that it is over', async () => {
    const old = { oldestSeconds: PROVISIONAL_ALARM_SECONDS + 1 };
    expect(await said([{ oldestSeconds: PROVISIONAL_ALARM_SECONDS }, old, old, {}])).toEqual([
      [],
      ['error ALARM: a position waits for its correction too long'],
      [],
      ['info over: a position waits for its correction too long'],
    ]);
  });

  test('says that too many late events wait, and when more processes are needed', async () => {
    expect(
      await said([{ lag: QUEUE_ALARM - 1 }, { lag: QUEUE_ALARM }, { lag: QUEUE_SCALE_ALARM }]),
    ).toEqual([
      [],
      ['error ALARM: too many late events wait'],
      ['error ALARM: far too many late events wait: start more processes'],
    ]);
  });

  test('says that a correction was refused, and goes on looking after an outage', async () => {
    expect(await said([{ isAway: true }, { refusedCount: 1 }])).toEqual([
      ['warn the cold path could not be looked at'],
      ['error ALARM: corrections were refused: somebody must act'],
    ]);
  });
});

describe('the figures of the cold path', () => {
  test('are read when they are asked for, by one query', async () => {
    const registry = new Registry();
    let queries = 0;
    watchColdPath(registry, {
      waiting: () => 7,
      provisional: () => {
        queries += 1;
        return Promise.resolve({ count: 3, oldestSeconds: 12.5, refusedCount: 1 });
      },
      logger: silentLogger,
    });
    const scraped = await registry.metrics();
    expect(scraped).toContain('plumbline_positions_cold_waiting_events 7');
    expect(scraped).toContain('plumbline_positions_provisional 3');
    expect(scraped).toContain('plumbline_positions_provisional_oldest_seconds 12.5');
    expect(scraped).toContain('plumbline_positions_correction_refused 1');
    expect(queries).toBe(1);
  });

  test('do not fail a scrape while the database is away', async () => {
    const registry = new Registry();
    watchColdPath(registry, {
      waiting: () => 0,
      provisional: () => Promise.reject(new Error('away')),
      logger: silentLogger,
    });
    await expect(registry.metrics()).resolves.toContain(
      'plumbline_positions_cold_waiting_events 0',
    );
  });

  test('count what was corrected and refused, but not what was done before', async () => {
    const registry = new Registry();
    const metrics = createColdPathMetrics(registry);
    metrics.onCalculated('CORRECTED', 0.02);
    metrics.onCalculated('CORRECTED', 0.02);
    metrics.onCalculated('REFUSED', 0.02);
    metrics.onCalculated('NOTHING_LATE', 0.001);
    metrics.onCalculated('FAILED', 1);
    const scraped = await registry.metrics();
    expect(scraped).toContain('plumbline_positions_corrections_total{outcome="CORRECTED"} 2');
    expect(scraped).toContain('plumbline_positions_corrections_total{outcome="REFUSED"} 1');
    expect(scraped).not.toContain('corrections_total{outcome="NOTHING_LATE"}');
    expect(scraped).toContain(
      'plumbline_positions_recalculation_seconds_count{outcome="FAILED"} 1',
    );
  });
});
