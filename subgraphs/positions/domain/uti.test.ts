import { expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { utiOf } from './uti.ts';

const issuer = { lei: 'TEST00PROTOTRADE0107', systemCode: 'PLMB' };
const date = businessDate('2026-11-20');

test('a UTI is LEI, system, date and twenty characters of id', () => {
  expect(utiOf(issuer, date, 35n)).toBe('TEST00PROTOTRADE0107PLMB202611200000000000000000000Z');
});

test('a UTI has at most 52 upper-case characters even for the largest id', () => {
  const uti = utiOf(issuer, date, 2n ** 128n - 1n);
  expect(uti).toMatch(/^[A-Z0-9]{52}$/);
  expect(uti).toBe(utiOf(issuer, date, 2n ** 100n - 1n));
});
