import { describe, expect, test } from 'vitest';
import { fixedClock } from '#platform/clock';
import { createVendorBreaker, type VendorBreaker } from './vendor-breaker.ts';
import { DEFAULT_VENDOR_LIMITS } from './vendor-limits.ts';

const START_MS = Date.UTC(2026, 10, 20, 12);

function breakerAtNoon() {
  const clock = fixedClock(START_MS);
  return { clock, breaker: createVendorBreaker(DEFAULT_VENDOR_LIMITS.breaker, clock) };
}

function call(breaker: VendorBreaker, outcome: 'SUCCEEDED' | 'FAILED'): boolean {
  const permit = breaker.enter();
  permit?.settle(outcome);
  return permit !== null;
}

function calls(breaker: VendorBreaker, pattern: string): void {
  for (const letter of pattern) call(breaker, letter === 'x' ? 'FAILED' : 'SUCCEEDED');
}

describe('BK-7 the breaker of a vendor', () => {
  test.each([
    ['five failures in a row', 'xxxxx', 'OPEN'],
    ['four', 'xxxx.xxxx', 'CLOSED'],
    ['half of twenty calls', 'x.'.repeat(9) + '.x', 'OPEN'],
    ['half of fewer than twenty', 'x.'.repeat(9), 'CLOSED'],
    ['less than half of many', 'x..'.repeat(20), 'CLOSED'],
  ])('%s', (_what, pattern, state) => {
    const { breaker } = breakerAtNoon();
    calls(breaker, pattern);
    expect(breaker.state).toBe(state);
  });

  test('forgets what is older than ten seconds', () => {
    const { breaker, clock } = breakerAtNoon();
    calls(breaker, 'x.'.repeat(9));
    clock.advance(11_000);
    calls(breaker, '.x');
    expect(breaker.state).toBe('CLOSED');
  });

  test('opens for 15 s, doubling to 2 min, and begins anew once it has closed', () => {
    const { breaker, clock } = breakerAtNoon();
    calls(breaker, 'xxxxx');
    for (const seconds of [15, 30, 60, 120, 120]) {
      clock.advance(seconds * 1_000 - 1);
      expect(call(breaker, 'FAILED')).toBe(false);
      expect(breaker.waitMs()).toBe(1);
      clock.advance(1);
      expect(call(breaker, 'FAILED')).toBe(true);
    }
    clock.advance(120_000);
    calls(breaker, '...');
    expect(breaker.state).toBe('CLOSED');
    calls(breaker, 'xxxxx');
    expect(breaker.waitMs()).toBe(15_000);
  });

  test('lets three calls through half-open, and closes when all of them succeed', () => {
    const { breaker, clock } = breakerAtNoon();
    calls(breaker, 'xxxxx');
    clock.advance(15_000);
    const probes = [breaker.enter(), breaker.enter(), breaker.enter()];
    expect(probes).not.toContain(null);
    expect(breaker.enter()).toBeNull();
    expect(breaker.state).toBe('HALF_OPEN');
    probes[0]?.settle('SUCCEEDED');
    probes[1]?.settle('SUCCEEDED');
    expect(breaker.state).toBe('HALF_OPEN');
    probes[2]?.settle('SUCCEEDED');
    expect(breaker.state).toBe('CLOSED');
  });

  test('gives the place of a probe back that was not made', () => {
    const { breaker, clock } = breakerAtNoon();
    calls(breaker, 'xxxxx');
    clock.advance(15_000);
    breaker.enter();
    breaker.enter();
    const third = breaker.enter();
    expect(breaker.enter()).toBeNull();
    third?.cancel();
    third?.cancel();
    expect(breaker.enter()).not.toBeNull();
    expect(breaker.enter()).toBeNull();
  });

  test('hears nothing from calls of the time before it opened', () => {
    const { breaker, clock } = breakerAtNoon();
    const early = breaker.enter();
    calls(breaker, 'xxxxx');
    clock.advance(15_000);
    breaker.enter();
    early?.settle('FAILED');
    expect(breaker.state).toBe('HALF_OPEN');
  });
});
