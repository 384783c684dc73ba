/** Unique transaction identifiers, after ISO 23897. */

import type { BusinessDate } from '#kernel/business-date';

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
