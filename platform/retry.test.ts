import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { PlatformError } from './errors.ts';
import { createGuard, DEFAULT_GUARD, type GuardOptions } from './retry.ts';

const guard = (options: Partial<GuardOptions> = {}) =>
  createGuard({
    ...DEFAULT_GUARD,
    name: 'vendor',
    firstBackoffMs: 1,
    maxBackoffMs: 5,
    breakAfterFailures: 100,
    ...options,
  });
const refused = (): Error => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

/** Fails with each of the errors in turn, then answers. */
function flaky(...errors: readonly Error[]) {
  let calls = 0;
  return {
    calls: () => calls,
    work: async () => {
      const error = errors[calls];
      calls += 1;
      if (error) throw error;
      return 'answer';
    },
  };
}

describe('PL-5 guarded calls', () => {
  test('an outage is tried again, at most maxRetries times', async () => {
    const passing = flaky(refused(), refused());
    await expect(guard({ maxRetries: 2 }).run(passing.work)).resolves.toBe('answer');
    expect(passing.calls()).toBe(3);
    const lasting = flaky(refused(), refused(), refused());
    await expect(guard({ maxRetries: 2 }).run(lasting.work)).rejects.toThrow('refused');
    expect(lasting.calls()).toBe(3);
  });

  test('what is no outage passes through, once, and does not open the breaker', async () => {
    const strict = guard({ breakAfterFailures: 1 });
    const bug = new TypeError('a bug');
    const broken = flaky(bug);
    await expect(strict.run(broken.work)).rejects.toBe(bug);
    const input = new PlatformError('BAD_USER_INPUT', 'no such symbol');
    await expect(strict.run(flaky(input).work)).rejects.toBe(input);
    expect(broken.calls()).toBe(1);
    expect(strict.isOpen).toBe(false);
  });

  test('an attempt that takes too long is told to stop and counts as an outage', async () => {
    const told: boolean[] = [];
    const slow = guard({ timeoutMs: 10, maxRetries: 1 }).run(async (signal) => {
      await delay(5_000, undefined, { signal }).catch(() => told.push(signal.aborted));
    });
    await expect(slow).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'vendor did not answer within 10 ms',
      details: { dependency: 'vendor' },
    });
    expect(told).toEqual([true, true]);
  });

  test('the breaker opens after failures in a row, asks later, and closes on success', async () => {
    const vendor = guard({ maxRetries: 0, breakAfterFailures: 2, openForMs: 40 });
    await expect(vendor.run(flaky(refused()).work)).rejects.toThrow('refused');
    await vendor.run(flaky().work);
    await expect(vendor.run(flaky(refused()).work)).rejects.toThrow('refused');
    expect(vendor.isOpen).toBe(false);
    await expect(vendor.run(flaky(refused()).work)).rejects.toThrow('refused');
    expect(vendor.isOpen).toBe(true);
    const unasked = flaky();
    await expect(vendor.run(unasked.work)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(unasked.calls()).toBe(0);
    await delay(50);
    await expect(vendor.run(flaky().work)).resolves.toBe('answer');
    expect(vendor.isOpen).toBe(false);
  });
});
