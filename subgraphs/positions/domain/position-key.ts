/** What makes a position one position: the unit of order, of locking and of partitioning. */

import type { CurrencyCode } from '#kernel/money';

/** Of the book, account and contract ids each. */
export const MAX_KEY_PART_LENGTH = 32;
export const MAX_POSITION_KEY_LENGTH = 128;

/** NET: long and short units of one key offset each other. Hedging lanes may come beside it. */
export type Lane = 'NET';

export interface PositionKey {
  /** `bookId|accountId|instrumentId|currency|contractId-or-"-"|lane`, upper case: the identity. */
  readonly text: string;
  readonly bookId: string;
  readonly accountId: string;
  readonly contractId: string | null;
  readonly instrumentId: string;
  readonly symbol: string;
  readonly currency: CurrencyCode;
  readonly lane: Lane;
}

export interface PositionKeyParts {
  readonly bookId: string;
  readonly accountId: string;
  readonly contractId: string | null;
  readonly instrumentId: string;
  readonly symbol: string;
  readonly currency: CurrencyCode;
}

export type PositionKeyResult =
  | { readonly ok: true; readonly key: PositionKey }
  | { readonly ok: false; readonly message: string };

const NO_CONTRACT = '-';
const KEY_PART = /^[A-Za-z0-9._:@/+#-]+$/;

/** Ids become upper case: `Book-1` and `BOOK-1` are one book. */
export function positionKeyOf(parts: PositionKeyParts): PositionKeyResult {
  const fault = ownerFault(parts);
  if (fault !== undefined) return { ok: false, message: fault };
  const bookId = parts.bookId.toUpperCase();
  const accountId = parts.accountId.toUpperCase();
  const contractId = parts.contractId?.toUpperCase() ?? null;
  const { instrumentId, symbol, currency } = parts;
  const text = [bookId, accountId, instrumentId, currency, contractId ?? NO_CONTRACT, 'NET']
    .join('|')
    .toUpperCase();
  if (text.length > MAX_POSITION_KEY_LENGTH) {
    const expected = `at most ${MAX_POSITION_KEY_LENGTH} characters`;
    return { ok: false, message: `position key: expected ${expected}, was ${text.length}` };
  }
  return {
    ok: true,
    key: { text, bookId, accountId, contractId, instrumentId, symbol, currency, lane: 'NET' },
  };
}

/** What is wrong with the ids that the caller gives; undefined when nothing is. */
export function ownerFault(
  parts: Pick<PositionKeyParts, 'bookId' | 'accountId' | 'contractId'>,
): string | undefined {
  return (
    partFault('bookId', parts.bookId) ??
    partFault('accountId', parts.accountId) ??
    (parts.contractId === null ? undefined : contractFault(parts.contractId))
  );
}

function contractFault(contractId: string): string | undefined {
  if (contractId === NO_CONTRACT) return 'contractId: leave it out for none, was "-"';
  return partFault('contractId', contractId);
}

function partFault(field: string, part: string): string | undefined {
  if (part.length <= MAX_KEY_PART_LENGTH && KEY_PART.test(part)) return undefined;
  const shown = JSON.stringify(part.slice(0, MAX_KEY_PART_LENGTH + 1));
  return (
    `${field}: expected 1 to ${MAX_KEY_PART_LENGTH} letters, digits or . _ : @ / + # -, ` +
    `was ${shown}`
  );
}
