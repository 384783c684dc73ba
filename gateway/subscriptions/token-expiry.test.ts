import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '#platform/clock';
import { onExpiry } from './token-expiry.ts';

const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a token for 30 days expires after 30 days, and not at once', () => {
  const expired = vi.fn<() => void>();
  onExpiry(Date.now() + 30 * DAY_MS, systemClock, expired);
  vi.advanceTimersByTime(30 * DAY_MS - 1);
  expect(expired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2);
  expect(expired).toHaveBeenCalledTimes(1);
});

test('a token that has expired does so at once', () => {
  const expired = vi.fn<() => void>();
  onExpiry(Date.now() - 1, systemClock, expired);
  vi.advanceTimersByTime(1);
  expect(expired).toHaveBeenCalledTimes(1);
});

test('an expiry that is forgotten never comes', () => {
  const expired = vi.fn<() => void>();
  const forget = onExpiry(Date.now() + 30 * DAY_MS, systemClock, expired);
  vi.advanceTimersByTime(26 * DAY_MS);
  forget();
  vi.advanceTimersByTime(10 * DAY_MS);
  expect(expired).not.toHaveBeenCalled();
});
