import { describe, expect, test } from 'vitest';
import { decimal } from '#kernel/decimal';
import { currencyCode, price, quantity, weight } from '#kernel/money';
import { fixedClock } from '#platform/clock';
import { silentLogger } from '#platform/logger';
import { divisor, level } from '../domain/index-level.ts';
import type { LivePrice } from '../domain/live-price.ts';
import { ILLIQUID_LIMIT_MS } from '../domain/stale-policy.ts';
import type { BasketState } from '../domain/transition-table.ts';
import { LevelEngine } from './level-engine.ts';
import { LevelGuard } from './level-guard.ts';

const NOW = 1_800_000_000_000;
const BASE = level(decimal('1000'));
const MINUTE = 60_000;

function world(weights: readonly string[], state: BasketState = 'ACTIVE') {
  const clock = fixedClock(NOW);
  const engine = new LevelEngine();
  const symbols = weights.map((_, at) => `S${at}`);
  engine.put({
    basketId: 'bsk_1',
    code: 'ONE',
    currency: currencyCode('USD'),
    state,
    baseLevel: BASE,
    actions: [],
    sessions: new Map(),
    version: {
      number: 1,
      status: 'EFFECTIVE',
      origin: 'EDIT',
      weighting: 'FIXED',
      weighing: null,
      hash: '#',
      constituents: symbols.map((symbol, at) => ({
        symbol,
        instrumentId: `ins_${symbol}`,
        currency: currencyCode('USD'),
        weight: weight(decimal(weights[at] ?? '0')),
      })),
      base: {
        units: symbols.map(() => quantity(decimal('1'))),
        divisor: divisor(10n ** 23n),
        level: BASE,
        basedAtMs: NOW,
      },
    },
  });
  let sequence = 0n;
  const asked: string[] = [];
  const guard = new LevelGuard({
    clock,
    logger: silentLogger,
    autoSuspend: ({ reason }) => {
      asked.push(reason);
      return Promise.resolve({ ok: true });
    },
  });
  return {
    clock,
    asked,
    look: () => guard.look(engine.all()),
    tick(symbol: string) {
      const at = clock.nowMs();
      sequence += 1n;
      const last: LivePrice = {
        price: price(decimal('100')),
        eventTimeMs: at,
        receivedAtMs: at,
        quality: 'GOOD',
        sequence,
      };
      engine.accept([[symbol, last]]);
    },
  };
}

describe('automatic suspension', () => {
  test('more than a quarter of the weight stale at two looks suspends a live basket', async () => {
    const { clock, asked, look, tick } = world(['0.74', '0.26']);
    tick('S0');
    tick('S1');
    await look();
    clock.advance(ILLIQUID_LIMIT_MS + 1);
    tick('S0');
    await look();
    expect(asked).toEqual([]);
    await look();
    expect(asked).toEqual(['at most 0.25 of the weight is stale, was 0.26']);
  });

  test('a quarter is not enough, and one look is not', async () => {
    const quarter = world(['0.75', '0.25']);
    quarter.tick('S0');
    quarter.tick('S1');
    await quarter.look();
    quarter.clock.advance(ILLIQUID_LIMIT_MS + 1);
    quarter.tick('S0');
    await quarter.look();
    await quarter.look();
    expect(quarter.asked).toEqual([]);

    const once = world(['1']);
    once.tick('S0');
    await once.look();
    once.clock.advance(ILLIQUID_LIMIT_MS + 1);
    await once.look();
    once.tick('S0');
    await once.look();
    once.clock.advance(ILLIQUID_LIMIT_MS + 1);
    await once.look();
    expect(once.asked).toEqual([]);
  });

  test('prices have a minute to arrive, then a missing one suspends too', async () => {
    const { clock, asked, look } = world(['1']);
    await look();
    clock.advance(MINUTE - 1);
    await look();
    await look();
    expect(asked).toEqual([]);
    clock.advance(1);
    await look();
    await look();
    expect(asked).toEqual(['there is no level: PRICE_MISSING S0']);
  });

  test('a basket that is not live is left alone', async () => {
    const { clock, asked, look } = world(['1'], 'SUSPENDED');
    await look();
    clock.advance(MINUTE);
    await look();
    await look();
    expect(asked).toEqual([]);
  });
});
