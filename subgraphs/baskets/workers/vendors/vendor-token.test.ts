import { describe, expect, test } from 'vitest';
import { fixedClock } from '#platform/clock';
import { createVendorTokens } from './vendor-token.ts';

const AWAY = { kind: 'UNAVAILABLE', why: 'UNREACHABLE', text: 'away' } as const;

function tokensOnTest() {
  const clock = fixedClock(Date.UTC(2026, 10, 20, 12));
  let fetched = 0;
  let isAway = false;
  const tokens = createVendorTokens(async () => {
    fetched += 1;
    return isAway ? AWAY : { kind: 'TOKEN', token: `T${fetched}`, expiresInMs: 10_000 };
  }, clock);
  return {
    clock,
    tokens,
    away: (now: boolean) => void (isAway = now),
    count: () => fetched,
    async now() {
      const held = await tokens.current();
      return held.kind === 'TOKEN' ? `${held.token} for ${held.refreshInMs}` : held.kind;
    },
  };
}

describe('BK-7 the token of a vendor', () => {
  test('is fetched once for all who ask, and again after four fifths of its life', async () => {
    const { clock, count, now } = tokensOnTest();
    expect(await Promise.all([now(), now()])).toEqual(['T1 for 8000', 'T1 for 8000']);
    clock.advance(7_999);
    expect(await now()).toBe('T1 for 1');
    clock.advance(1);
    expect(await now()).toBe('T2 for 8000');
    expect(count()).toBe(2);
  });

  test('that cannot be renewed is used to its end, asked for again each second', async () => {
    const { away, clock, count, now } = tokensOnTest();
    await now();
    away(true);
    clock.advance(8_000);
    expect(await now()).toBe('T1 for 1000');
    clock.advance(500);
    expect(await now()).toBe('T1 for 500');
    expect(count()).toBe(2);
    clock.advance(1_499);
    expect(await now()).toBe('T1 for 1000');
    clock.advance(1);
    expect(await now()).toBe('UNAVAILABLE');
    away(false);
    expect(await now()).toBe('T5 for 8000');
  });

  test('that the vendor does not take any more is not used again', async () => {
    const { away, now, tokens } = tokensOnTest();
    await now();
    away(true);
    tokens.drop('T0');
    expect(await now()).toBe('T1 for 8000');
    tokens.drop('T1');
    expect(await now()).toBe('UNAVAILABLE');
  });
});
