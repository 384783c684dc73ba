import { expect, test } from 'vitest';
import { PlatformError } from './errors.ts';
import { isOutage } from './outage.ts';

const coded = (code: string): Error => Object.assign(new Error(code), { code });

test.each([
  { name: 'a refused connection', error: coded('ECONNREFUSED'), expected: true },
  { name: 'a closed pool connection', error: coded('CONNECTION_CLOSED'), expected: true },
  { name: 'a Postgres that shuts down', error: coded('57P01'), expected: true },
  { name: 'our own TIMEOUT', error: new PlatformError('TIMEOUT', 'late'), expected: true },
  {
    name: 'an outage as the cause',
    error: new Error('could not save', { cause: coded('ECONNRESET') }),
    expected: true,
  },
  { name: 'a unique violation', error: coded('23505'), expected: false },
  { name: 'a conflict', error: new PlatformError('VERSION_CONFLICT', 'again'), expected: false },
  { name: 'bad input', error: new PlatformError('BAD_USER_INPUT', 'no'), expected: false },
  { name: 'a bug', error: new TypeError('x is undefined'), expected: false },
  { name: 'no error at all', error: 'ECONNREFUSED', expected: false },
])('$name: outage is $expected', ({ error, expected }) => {
  expect(isOutage(error)).toBe(expected);
});

test('a circle of causes ends', () => {
  const error = new Error('a');
  error.cause = error;
  expect(isOutage(error)).toBe(false);
});
