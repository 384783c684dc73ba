/**
 * Identifiers of firms and instruments with their check digits. Each parser answers with a branded
 * text, or with what was expected and what was found.
 */

/** Legal entity identifier, ISO 17442. */
export type Lei = string & { readonly brand: 'Lei' };
/** International securities identification number, ISO 6166. */
export type Isin = string & { readonly brand: 'Isin' };
/** Financial instrument global identifier, OMG FIGI. */
export type Figi = string & { readonly brand: 'Figi' };
/** North American security identifier, ANSI X9.6. */
export type Cusip = string & { readonly brand: 'Cusip' };
/** Identifier of the London Stock Exchange. */
export type Sedol = string & { readonly brand: 'Sedol' };

export type ParsedIdentifier<T extends string> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string };

interface Scheme {
  readonly name: string;
  /** Body and check digits, which come last. */
  readonly form: RegExp;
  readonly formInWords: string;
  readonly checkLength: number;
  /** Of the body alone, without its check digits. */
  readonly checkOf: (body: string) => string;
}

const LEI: Scheme = {
  name: 'LEI',
  form: /^[A-Z0-9]{18}[0-9]{2}$/,
  formInWords: '18 letters or digits and 2 check digits',
  checkLength: 2,
  checkOf: leiCheckDigits,
};

const ISIN: Scheme = {
  name: 'ISIN',
  form: /^[A-Z]{2}[A-Z0-9]{9}[0-9]$/,
  formInWords: 'two letters, 9 letters or digits and a check digit',
  checkLength: 1,
  checkOf: isinCheckDigit,
};

const FIGI: Scheme = {
  name: 'FIGI',
  form: /^(?!BS|BM|GG|GB|GH|KY|VG)[B-DF-HJ-NP-TV-Z]{2}G[B-DF-HJ-NP-TV-Z0-9]{8}[0-9]$/,
  formInWords: 'two consonants (no ISIN prefix), G, 8 consonants or digits and a check digit',
  checkLength: 1,
  checkOf: figiCheckDigit,
};

const CUSIP: Scheme = {
  name: 'CUSIP',
  form: /^[A-Z0-9*@#]{8}[0-9]$/,
  formInWords: '8 letters, digits or * @ # and a check digit',
  checkLength: 1,
  checkOf: cusipCheckDigit,
};

const SEDOL: Scheme = {
  name: 'SEDOL',
  form: /^[B-DF-HJ-NP-TV-Z0-9]{6}[0-9]$/,
  formInWords: '6 consonants or digits and a check digit',
  checkLength: 1,
  checkOf: sedolCheckDigit,
};

export const parseLei = (text: string): ParsedIdentifier<Lei> => parseAs<Lei>(LEI, text);
export const parseIsin = (text: string): ParsedIdentifier<Isin> => parseAs<Isin>(ISIN, text);
export const parseFigi = (text: string): ParsedIdentifier<Figi> => parseAs<Figi>(FIGI, text);
export const parseCusip = (text: string): ParsedIdentifier<Cusip> => parseAs<Cusip>(CUSIP, text);
export const parseSedol = (text: string): ParsedIdentifier<Sedol> => parseAs<Sedol>(SEDOL, text);

const MAX_SHOWN_CHARACTERS = 40;

function parseAs<T extends string>(scheme: Scheme, text: string): ParsedIdentifier<T> {
  if (!scheme.form.test(text)) {
    const shown = text.slice(0, MAX_SHOWN_CHARACTERS);
    return { ok: false, message: `${scheme.name}: expected ${scheme.formInWords}, was "${shown}"` };
  }
  const body = text.slice(0, -scheme.checkLength);
  const found = text.slice(-scheme.checkLength);
  const expected = scheme.checkOf(body);
  if (found !== expected) {
    return {
      ok: false,
      message: `${scheme.name} ${text}: expected check digit ${expected}, was ${found}`,
    };
  }
  return { ok: true, value: text as T };
}

/** 98 minus the number mod 97, letters counting 10 to 35 and two zeros in place of the check. */
export function leiCheckDigits(body: string): string {
  let remainder = 0;
  for (const digit of `${expanded(body)}00`) remainder = (remainder * 10 + Number(digit)) % 97;
  return String(98 - remainder).padStart(2, '0');
}

/** Letters become two digits first; then every other digit from the right is doubled. */
export function isinCheckDigit(body: string): string {
  const digits = expanded(body).split('').toReversed().map(Number);
  return complement(digits.map((digit, place) => digitSum(place % 2 === 0 ? digit * 2 : digit)));
}

/** Letters stay one number of two digits, and are doubled as a whole: not the rule of the ISIN. */
export function figiCheckDigit(body: string): string {
  return everySecondDoubled(body);
}

export function cusipCheckDigit(body: string): string {
  return everySecondDoubled(body);
}

const SEDOL_WEIGHTS = [1, 3, 1, 7, 3, 9];

export function sedolCheckDigit(body: string): string {
  return complement(
    body.split('').map((character, place) => valueOf(character) * (SEDOL_WEIGHTS[place] ?? 0)),
  );
}

function everySecondDoubled(body: string): string {
  const values = body.split('').map(valueOf);
  return complement(values.map((value, place) => digitSum(place % 2 === 1 ? value * 2 : value)));
}

function complement(summands: readonly number[]): string {
  const sum = summands.reduce((total, summand) => total + summand, 0);
  return String((10 - (sum % 10)) % 10);
}

const VALUES = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*@#';

/** 0 to 9 for digits, 10 to 35 for letters, then the three signs a CUSIP may have. */
function valueOf(character: string): number {
  return VALUES.indexOf(character);
}

function expanded(body: string): string {
  return body.split('').map(valueOf).join('');
}

function digitSum(value: number): number {
  return Math.floor(value / 10) + (value % 10);
}
