/** Unique transaction identifiers, after ISO 23897. */

import type { BusinessDate } from '#kernel/business-date';
import { parseLei } from '#kernel/identifiers';

export interface UtiIssuer {
  /** Legal entity identifier of the generating entity, 20 characters. */
  readonly lei: string;
  /** Four characters, one code per system that generates. */
  readonly systemCode: string;
}

export const UTI_ID_BITS = 100n;
const UTI_ID_CHARACTERS = 20;

/**
 * LEI, system code, date as yyyymmdd, then a 100-bit id in base 36: 52 characters, all upper case.
 * The caller sees to it that no id comes twice.
 */
export function utiOf(issuer: UtiIssuer, date: BusinessDate, id: bigint): string {
  const digits = BigInt.asUintN(Number(UTI_ID_BITS), id).toString(36).toUpperCase();
  return (
    issuer.lei +
    issuer.systemCode +
    date.replaceAll('-', '') +
    digits.padStart(UTI_ID_CHARACTERS, '0')
  );
}

const LEI_LENGTH = 20;
/** What the generating entity adds to its LEI. */
const UTI_SUFFIX = /^[A-Z0-9]{1,32}$/;

/** An LEI with right check digits, then 1 to 32 upper-case letters or digits. */
export function isUti(text: string): boolean {
  return parseLei(text.slice(0, LEI_LENGTH)).ok && UTI_SUFFIX.test(text.slice(LEI_LENGTH));
}
