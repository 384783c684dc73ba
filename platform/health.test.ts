import { describe, expect, test } from 'vitest';
import { readinessOf } from './health.ts';

const ok = async (): Promise<void> => undefined;
const failing = async (): Promise<void> => {
  throw new Error('connection refused');
};
const hanging = (): Promise<void> => new Promise(() => undefined);

describe('PL-5 readiness', () => {
  test('is given when every needed check passes', async () => {
    expect(await readinessOf({ database: ok, subgraphs: ok })).toEqual({
      isReady: true,
      checks: { database: 'ok', subgraphs: 'ok' },
    });
  });

  test('names what fails, also by throwing at once, and what does not answer in time', async () => {
    const throwing = (): Promise<void> => {
      throw new Error('not configured');
    };
    const checks = { database: failing, redis: hanging, mail: throwing, subgraphs: ok };
    expect(await readinessOf(checks, { timeoutMs: 20 })).toEqual({
      isReady: false,
      checks: {
        database: 'connection refused',
        redis: 'no answer in 20 ms',
        mail: 'not configured',
        subgraphs: 'ok',
      },
    });
  });

  test('is not lost with a check that is only optional', async () => {
    expect(await readinessOf({ database: ok }, { optional: { redis: failing } })).toEqual({
      isReady: true,
      checks: { database: 'ok', redis: 'connection refused' },
    });
  });
});
