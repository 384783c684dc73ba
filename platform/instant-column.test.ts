import { expect, test } from 'vitest';
import { instantOf, instantText } from './instant-column.ts';

test.each([
  ['2026-11-20 14:30:00.123+00', '2026-11-20T14:30:00.123Z'],
  ['2026-11-20 14:30:00.123999+00', '2026-11-20T14:30:00.123Z'],
  ['2026-11-20 14:30:00+05:30', '2026-11-20T09:00:00.000Z'],
])('reads %s of Postgres as the instant %s', (stored, instant) => {
  expect(instantText(instantOf(stored))).toBe(instant);
});

test('refuses text that is no instant', () => {
  expect(() => instantOf('infinity')).toThrow('expected an instant, was "infinity"');
});
