import { describe, expect, test } from 'vitest';
import { DateScalar, DateTimeScalar } from './scalars.ts';

describe('a Date', () => {
  test.each(['1800-01-01', '2026-11-20', '2999-12-31'])('%s is taken', (text) => {
    expect(DateScalar.parseValue(text)).toBe(text);
  });

  test.each(['0000-01-01', '1799-12-31', '3000-01-01', '2026-02-29'])('%s is refused', (text) => {
    expect(() => DateScalar.parseValue(text)).toThrow(
      `Date: expected a day such as "2026-11-20" of the years 1800 to 2999, was "${text}"`,
    );
  });
});

describe('a DateTime', () => {
  test.each(['1800-01-01T00:00:00Z', '2999-12-31T23:59:59.999Z', '2024-02-29T12:00:00+01:00'])(
    '%s is taken',
    (text) => {
      expect(DateTimeScalar.parseValue(text)).toBe(Date.parse(text));
    },
  );

  test.each([
    '0000-01-01T00:00:00Z',
    '1799-12-31T23:59:59Z',
    '3000-01-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-11-20T25:00:00Z',
  ])('%s is refused', (text) => {
    const expected = 'an instant such as "2026-11-20T14:30:00.123Z" of the years 1800 to 2999';
    expect(() => DateTimeScalar.parseValue(text)).toThrow(`expected ${expected}, was "${text}"`);
  });
});
