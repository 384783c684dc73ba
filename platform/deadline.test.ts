import { describe, expect, test } from 'vitest';
import { fixedClock } from './clock.ts';
import { beforeDeadline, remainingMs, stageDeadline } from './deadline.ts';

const clock = fixedClock(1_000);

describe('PL deadlines', () => {
  test.each([
    { deadlineAtMs: 1_500, left: 500 },
    { deadlineAtMs: 1_000, left: 0 },
    { deadlineAtMs: 400, left: 0 },
  ])('at 1000 the deadline $deadlineAtMs leaves $left ms', ({ deadlineAtMs, left }) => {
    expect(remainingMs(deadlineAtMs, clock)).toBe(left);
  });

  test('a stage gets its own limit or what is left of the request, whichever is less', () => {
    expect(stageDeadline(9_000, 300, clock)).toBe(1_300);
    expect(stageDeadline(1_200, 300, clock)).toBe(1_200);
  });

  test('work in time answers, late work ends in TIMEOUT naming the stage', async () => {
    const options = { stage: 'positions', deadlineAtMs: 1_020, clock };
    await expect(beforeDeadline(Promise.resolve(7), options)).resolves.toBe(7);
    await expect(beforeDeadline(new Promise(() => undefined), options)).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'positions did not answer in time',
    });
  });
});
