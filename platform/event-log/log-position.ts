/** Where a record stands in the log: by committing order of transactions, then by identity. */

import { PlatformError } from '#platform/errors';

export interface LogPosition {
  readonly xid: bigint;
  readonly id: bigint;
}

/** Before every record. */
export const LOG_START: LogPosition = { xid: 0n, id: 0n };

/** Identities stay below 2^40: a thousand records a second for 34 years. */
const ID_BITS = 40n;
const ID_MASK = (1n << ID_BITS) - 1n;
const SEQUENCE = /^\d{1,32}$/;

/** One growing number per record, so that nothing need be kept to translate back. */
export function sequenceOf({ xid, id }: LogPosition): string {
  return String((xid << ID_BITS) | id);
}

/** Throws BAD_USER_INPUT: sequences come back from clients as `after`. */
export function positionOf(sequence: string): LogPosition {
  if (!SEQUENCE.test(sequence)) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `a sequence is decimal digits, was ${JSON.stringify(sequence.slice(0, 40))}`,
    );
  }
  const value = BigInt(sequence);
  return { xid: value >> ID_BITS, id: value & ID_MASK };
}

export function isAfter(a: LogPosition, b: LogPosition): boolean {
  return a.xid === b.xid ? a.id > b.id : a.xid > b.xid;
}

/** Below zero when `a` comes first. Both as `sequenceOf` writes them, without leading zeros. */
export function compareSequences(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
