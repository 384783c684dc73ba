import { describe, expect, test } from 'vitest';
import { createBreaker } from './breaker.ts';
import { fixedClock } from './clock.ts';

const OPEN_FOR_MS = 60_000;

function breakerOnTest() {
  const clock = fixedClock(0);
  let calls = 0;
  const breaker = createBreaker({
    name: 'vendor',
    sampleSize: 10,
    openAtFailureRatio: 0.5,
    openForMs: OPEN_FOR_MS,
    closeAfterSuccesses: 5,
    clock,
  });
  const succeed = () => {
    calls += 1;
    return Promise.resolve('answer');
  };
  const fail = () => {
    calls += 1;
    return Promise.reject(new Error('away'));
  };
  return {
    clock,
    breaker,
    calls: () => calls,
    /** `+` for a call that succeeds, `-` for one that fails; answers what each was told. */
    async run(pattern: string): Promise<readonly string[]> {
      const told: string[] = [];
      for (const each of pattern) {
        const call = breaker.run(each === '+' ? succeed : fail);
        told.push(await call.catch((error: unknown) => (error as Error).message));
      }
      return told;
    },
  };
}

describe('PL-5 a breaker that counts', () => {
  test('stays closed below half of ten failures, however they come', async () => {
    const { run, breaker } = breakerOnTest();
    await run('----++++++++++----');
    expect(breaker.state).toBe('CLOSED');
  });

  test('does not judge by fewer than ten calls', async () => {
    const { run, breaker } = breakerOnTest();
    await run('---------');
    expect(breaker.state).toBe('CLOSED');
    await run('+');
    expect(breaker.state).toBe('OPEN');
  });

  test('opens at half of the last ten, and then asks nobody', async () => {
    const { run, breaker, calls } = breakerOnTest();
    await run('+++++-----');
    expect(breaker.state).toBe('OPEN');
    expect(await run('++')).toEqual([
      'vendor is not asked for now: it failed',
      'vendor is not asked for now: it failed',
    ]);
    expect(calls()).toBe(10);
  });

  test('asks again after its time, call by call, and closes after five successes', async () => {
    const { run, breaker, clock, calls } = breakerOnTest();
    await run('----------');
    clock.advance(OPEN_FOR_MS - 1);
    await run('+');
    expect(calls()).toBe(10);
    clock.advance(1);
    let answer: (value: string) => void = () => undefined;
    const probe = breaker.run(() => new Promise<string>((resolve) => (answer = resolve)));
    expect(breaker.state).toBe('HALF_OPEN');
    expect(await run('+')).toEqual(['vendor is not asked for now: it failed']);
    answer('answer');
    expect(await probe).toBe('answer');
    await run('+++');
    expect(breaker.state).toBe('HALF_OPEN');
    await run('+');
    expect(breaker.state).toBe('CLOSED');
    // With an empty memory: the failures of before do not count again.
    await run('----');
    expect(breaker.state).toBe('CLOSED');
  });

  test('opens again at the first failure while it is half open', async () => {
    const { run, breaker, clock } = breakerOnTest();
    await run('----------');
    clock.advance(OPEN_FOR_MS);
    await run('++++-');
    expect(breaker.state).toBe('OPEN');
    clock.advance(OPEN_FOR_MS - 1);
    expect(await run('+')).toEqual(['vendor is not asked for now: it failed']);
  });

  test('takes no notice of late answers to what was asked before it opened', async () => {
    const { run, breaker, clock } = breakerOnTest();
    let fail: (error: Error) => void = () => undefined;
    const late = breaker.run(() => new Promise((_resolve, reject) => (fail = reject)));
    await run('----------');
    clock.advance(OPEN_FOR_MS);
    await run('+');
    fail(new Error('late'));
    await expect(late).rejects.toThrow('late');
    expect(breaker.state).toBe('HALF_OPEN');
  });
});
