import { expect, test } from 'vitest';
import { fixedClock } from '#platform/clock';
import type { RequestContext } from '#platform/request-context';
import { oncePerRequest } from './request-tokens.ts';

function contextOf(): RequestContext {
  const { signal } = new AbortController();
  return { identity: null, correlationId: 'c', deadlineAtMs: 0, signal };
}

test('fetches of a request share a token while it is fresh, those of others do not', async () => {
  let signed = 0;
  const clock = fixedClock(1_000);
  const tokens = oncePerRequest(
    {
      sign: async () => `token ${(signed += 1)}`,
      verify: () => Promise.reject(new Error('nobody verifies here')),
    },
    clock,
  );
  const context = contextOf();
  expect(await Promise.all([tokens.sign(context), tokens.sign(context)])).toEqual([
    'token 1',
    'token 1',
  ]);
  expect(await tokens.sign(contextOf())).toBe('token 2');
  clock.advance(30_000);
  expect(await tokens.sign(context)).toBe('token 3');
});
