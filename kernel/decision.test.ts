import { expect, test } from 'vitest';
import { accept, refuse } from './decision.ts';

test('a decision accepts with its events, or refuses with one reason', () => {
  expect(accept('a', 'b')).toEqual({ ok: true, events: ['a', 'b'] });
  expect(accept()).toEqual({ ok: true, events: [] });
  expect(refuse('OVERFILL')).toEqual({ ok: false, reason: 'OVERFILL' });
  expect(refuse('OVERFILL', 'expected at most 20, was 21')).toEqual({
    ok: false,
    reason: 'OVERFILL',
    message: 'expected at most 20, was 21',
  });
});
