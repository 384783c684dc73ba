import { describe, expect, test } from 'vitest';
import { MAX_AUTOMATIC_RETRIES, retryPauseMs } from './dead-letter.ts';

const SECOND = 1_000;

describe('PS-9 automatic retries', () => {
  test('double their pauses and end after the eighth', () => {
    const pauses = Array.from({ length: MAX_AUTOMATIC_RETRIES + 1 }, (_, automaticRetries) =>
      retryPauseMs({ reason: 'UNKNOWN_INSTRUMENT', source: 'trade-events', automaticRetries }),
    );
    const seconds = [15, 30, 60, 120, 240, 480, 960, 1_920];
    expect(pauses).toEqual([...seconds.map((each) => each * SECOND), null]);
  });

  test.each([
    ['UNKNOWN_INSTRUMENT', 'trade-events', true],
    ['UNKNOWN_CONTRACT', 'trade-events', true],
    ['NOT_PROCESSED', 'trade-events', true],
    ['INVALID_PRICE', 'trade-events', false],
    ['DUPLICATE_TRADE_ID_DIFFERENT_CONTENT', 'trade-events', false],
    ['UNREADABLE_PAYLOAD', 'trade-events', false],
    ['UNKNOWN_INSTRUMENT', 'graphql', false],
    ['NOT_PROCESSED', 'graphql', false],
  ])('of %s from %s: %s', (reason, source, isRetried) => {
    const pause = retryPauseMs({ reason, source, automaticRetries: 0 });
    expect(pause !== null).toBe(isRetried);
  });
});
