import { expect, test } from 'vitest';
import { businessDate } from '#kernel/business-date';
import { isUti, utiOf } from './uti.ts';

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

test.each<[string, boolean]>([
  [utiOf(issuer, date, 7n), true],
  ['213800KUD8LAJWSQ9D151', true],
  ['213800KUD8LAJWSQ9D15', false],
  ['213800KUD8LXJWSQ9D15ABC', false],
  ['213800KUD8LAJWSQ9D15abc', false],
  [`213800KUD8LAJWSQ9D15${'A'.repeat(33)}`, false],
  ['', false],
])('%s is a UTI: %s', (text, expected) => {
  expect(isUti(text)).toBe(expected);
});
