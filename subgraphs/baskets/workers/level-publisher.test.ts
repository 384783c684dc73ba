import { Registry } from 'prom-client';
import { beforeEach, describe, expect, test } from 'vitest';
import { decimal, formatDecimal } from '#kernel/decimal';
import { currencyCode, price, quantity, weight } from '#kernel/money';
import { fixedClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { divisor, level } from '../domain/index-level.ts';
import type { IndexDefinition } from '../domain/live-index.ts';
import type { NewLevel } from '../store/levels.ts';
import { LevelEngine } from './level-engine.ts';
import { createLevelHub, type LevelHub } from './level-hub.ts';
import { createLevelMetrics } from './level-metrics.ts';
import { LevelPublisher } from './level-publisher.ts';

const NOW = 1_800_000_000_000;
const BASE = level(decimal('1000'));

/** One unit of A at 100 is 1000 points. */
const definition: IndexDefinition = {
  basketId: 'bsk_1',
  code: 'ONE',
  currency: currencyCode('USD'),
  state: 'DRAFT',
  baseLevel: BASE,
  actions: [],
  sessions: new Map(),
  version: {
    number: 1,
    status: 'DRAFT',
    origin: 'EDIT',
    weighting: 'FIXED',
    weighing: null,
    hash: '#',
    constituents: [
      {
        symbol: 'A',
        instrumentId: 'ins_A',
        currency: currencyCode('USD'),
        weight: weight(decimal('1')),
      },
    ],
    base: {
      units: [quantity(decimal('1'))],
      divisor: divisor(10n ** 23n),
      level: BASE,
      basedAtMs: NOW,
    },
  },
};

let hub: LevelHub;
let engine: LevelEngine;
let publisher: LevelPublisher;
let stored: NewLevel[][];
let isStoreDown: boolean;
let published: (string | null)[];
let sequence: bigint;
let valued: string[];
const clock = fixedClock(NOW);

function tick(text: string): void {
  const at = clock.nowMs();
  sequence += 1n;
  const last = { price: price(decimal(text)), eventTimeMs: at, receivedAtMs: at, sequence };
  engine.accept([['A', { ...last, quality: 'GOOD' }]]);
}

beforeEach(() => {
  hub = createLevelHub();
  engine = new LevelEngine();
  stored = [];
  isStoreDown = false;
  published = [];
  sequence = 0n;
  valued = [];
  publisher = new LevelPublisher({
    engine,
    hub: {
      latest: hub.latest,
      publish: (each) => {
        published.push(each.level === null ? each.gap : formatDecimal(each.level));
        hub.publish(each);
      },
    },
    levels: {
      store: async (levels) => {
        if (isStoreDown) throw new Error('the store is down');
        stored.push([...levels]);
      },
    },
    clock,
    logger: silentLogger,
    metrics: createLevelMetrics(new Registry()),
    sla: {
      onValued: ({ code, inputAtMs, valuedAtMs }) =>
        valued.push(`${code} ${valuedAtMs - inputAtMs}`),
    },
    conflateMs: 200,
  });
  engine.put(definition);
});

describe('BK-6 publishing levels', () => {
  test('many ticks between two turns are one level, the newest', () => {
    for (const text of ['100', '101', '102']) tick(text);
    publisher.flush();
    expect(published).toEqual(['1020']);
  });

  test('nothing is published when nothing changed', () => {
    tick('100');
    publisher.flush();
    publisher.flush();
    tick('100');
    publisher.flush();
    expect(published).toEqual(['1000']);
  });

  test('a live level tells how long ago its newest price came, whatever else moved it', () => {
    tick('100');
    publisher.heard(clock.nowMs());
    publisher.flush();
    expect(valued).toEqual([]);
    engine.put({ ...definition, state: 'ACTIVE' });
    tick('101');
    publisher.heard(clock.nowMs() - 9);
    publisher.heard(clock.nowMs() - 40);
    publisher.flush();
    clock.advance(1_000);
    tick('102');
    publisher.flush();
    expect(valued).toEqual(['ONE 9']);
  });

  test('a jump waits one turn and is then confirmed', () => {
    tick('100');
    publisher.flush();
    tick('120');
    publisher.flush();
    expect(published).toEqual(['1000']);
    publisher.flush();
    expect(published).toEqual(['1000', '1200']);
    publisher.stop();
  });

  test('a jump that goes back is never published', () => {
    tick('100');
    publisher.flush();
    tick('1');
    publisher.flush();
    clock.advance(1);
    tick('100.5');
    publisher.flush();
    expect(published).toEqual(['1000', '1005']);
    publisher.stop();
  });

  test('the sequence grows even when the clock stands still', () => {
    tick('100');
    publisher.flush();
    const first = hub.latest('bsk_1')?.sequence ?? 0n;
    tick('101');
    publisher.flush();
    expect(hub.latest('bsk_1')?.sequence).toBe(first + 1n);
  });

  test('stores the newest level once, and again what failed', async () => {
    publisher.flush();
    expect(published).toEqual(['PRICE_MISSING']);
    await publisher.store();
    expect(stored).toEqual([]);
    for (const text of ['100', '101']) {
      tick(text);
      publisher.flush();
    }
    isStoreDown = true;
    await expect(publisher.store()).rejects.toThrow('the store is down');
    isStoreDown = false;
    await publisher.store();
    await publisher.store();
    const levels = stored.map((batch) => batch.map((each) => formatDecimal(each.level)));
    expect(levels).toEqual([['1010']]);
  });
});
