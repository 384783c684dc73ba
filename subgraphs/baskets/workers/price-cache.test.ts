import { describe, expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import type { PriceRequest } from '../domain/backtest-job.ts';
import { createPriceCache } from './price-cache.ts';

const REQUEST: PriceRequest = {
  symbols: ['A'],
  benchmarkSymbol: null,
  currency: 'USD',
  from: businessDate('2024-01-01'),
  to: businessDate('2024-12-31'),
  withOpens: false,
};
const BYTES = 8;
const NEVER = new AbortController().signal;

function cacheOf(maxBytes: number) {
  const asked: string[] = [];
  let state = '';
  const cache = createPriceCache({
    maxBytes,
    load: async () => {
      asked.push(state);
      const loaded = state;
      await Promise.resolve();
      return {
        ok: true,
        state: loaded,
        snapshot: loaded,
        unadjusted: [],
        panel: {
          days: new Int32Array(0),
          names: 1,
          closes: new Float64Array(1),
          opens: undefined,
          benchmark: undefined,
          weekendDaysLeftOut: 0,
          offSessionCloses: 0,
        },
      };
    },
  });
  const load = (wanted: string, signal = NEVER) => {
    state = wanted;
    return cache.load(REQUEST, wanted, signal);
  };
  return { cache, asked, load };
}

describe('prices in memory', () => {
  test('are read once for all who ask meanwhile, and not again after', async () => {
    const { asked, load } = cacheOf(10 * BYTES);
    await Promise.all([load('one'), load('one')]);
    await load('one');
    expect(asked).toEqual(['one']);
  });

  test('stay within their bytes: the least recently used are given up', async () => {
    const { cache, asked, load } = cacheOf(2 * BYTES);
    for (const state of ['one', 'two', 'one', 'three', 'one', 'two']) await load(state);
    expect(asked).toEqual(['one', 'two', 'three', 'two']);
    expect(cache.bytes).toBe(2 * BYTES);
  });

  test('larger than all memory are not kept', async () => {
    const { cache, load } = cacheOf(BYTES - 1);
    await load('one');
    expect(cache.bytes).toBe(0);
  });

  test('are not waited for by whom nobody waits, yet kept for the others', async () => {
    const { asked, load } = cacheOf(10 * BYTES);
    const ending = new AbortController();
    const waiting = load('one', ending.signal);
    ending.abort(new Error('no longer wanted'));
    await expect(waiting).rejects.toThrow('no longer wanted');
    await load('one');
    expect(asked).toEqual(['one']);
  });
});
