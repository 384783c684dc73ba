import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cusipCheckDigit,
  figiCheckDigit,
  isinCheckDigit,
  leiCheckDigits,
  type ParsedIdentifier,
  parseCusip,
  parseFigi,
  parseIsin,
  parseLei,
  parseSedol,
  sedolCheckDigit,
} from './identifiers.ts';

const CHARACTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');

const refusalOf = (parsed: ParsedIdentifier<string>) => (parsed.ok ? undefined : parsed.message);

describe('[G-6] LEI, ISO 17442', () => {
  test.each([
    '213800KUD8LAJWSQ9D15',
    '54930084UKLVMY22DS16',
    '213800WSGIIZCXF1P572',
    '5493000IBP32UQZ0KL24',
    'TEST00PROTOTRADE0107',
  ])('accepts %s', (lei) => {
    expect(parseLei(lei)).toEqual({ ok: true, value: lei });
  });

  test('refuses 213800KUD8LXJWSQ9D15, whose check would be 58', () => {
    expect(refusalOf(parseLei('213800KUD8LXJWSQ9D15'))).toBe(
      'LEI 213800KUD8LXJWSQ9D15: expected check digit 58, was 15',
    );
    expect(leiCheckDigits('213800KUD8LXJWSQ9D')).toBe('58');
  });
});

describe('[G-7] ISIN, ISO 6166', () => {
  test.each([
    ['US037833100', '5'],
    ['US594918104', '5'],
    ['GB000263494', '6'],
    ['DE000BAY001', '7'],
    ['AU0000XVGZA', '3'],
  ])('%s has the check digit %s', (body, check) => {
    expect(isinCheckDigit(body)).toBe(check);
    expect(parseIsin(`${body}${check}`)).toEqual({ ok: true, value: `${body}${check}` });
  });
});

describe('[G-8] FIGI', () => {
  test.each([
    ['BBG000BLNQ1', '6'],
    ['BBG000B9XRY', '4'],
    ['BBG000BPH45', '9'],
  ])('%s has the check digit %s', (body, check) => {
    expect(figiCheckDigit(body)).toBe(check);
    expect(parseFigi(`${body}${check}`)).toEqual({ ok: true, value: `${body}${check}` });
  });

  test.each(['BAG000BLNQ16', 'GBG000BLNQ16', 'BBX000BLNQ16', 'BBG000BLNE16'])(
    'refuses %s: a vowel, a country prefix or no G in third place',
    (figi) => {
      expect(refusalOf(parseFigi(figi))).toMatch(/^FIGI: expected two consonants/);
    },
  );
});

describe('CUSIP and SEDOL', () => {
  test('CUSIP 03783310 has the check digit 0', () => {
    expect(cusipCheckDigit('03783310')).toBe('0');
    expect(parseCusip('037833100').ok).toBe(true);
    expect(refusalOf(parseCusip('037833101'))).toMatch(/expected check digit 0, was 1/);
  });

  test('SEDOL 026349 has the check digit 4', () => {
    expect(sedolCheckDigit('026349')).toBe('4');
    expect(parseSedol('0263494').ok).toBe(true);
    expect(refusalOf(parseSedol('0263A94'))).toMatch(/expected 6 consonants or digits/);
  });
});

test('a letter taken for another, or a digit for another, is always found in an LEI', () => {
  const lei = '213800KUD8LAJWSQ9D15';
  const isLetter = (character: string) => character >= 'A';
  fc.assert(
    fc.property(fc.nat({ max: 17 }), fc.constantFrom(...CHARACTERS), (place, other) => {
      fc.pre(isLetter(lei.charAt(place)) === isLetter(other));
      const changed = `${lei.slice(0, place)}${other}${lei.slice(place + 1)}`;
      expect(parseLei(changed).ok).toBe(changed === lei);
    }),
  );
});

test('refused text is shown in short', () => {
  expect(refusalOf(parseIsin('X'.repeat(10_000)))?.length).toBeLessThan(120);
});
