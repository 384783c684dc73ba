/** Reads what clients send, where the SDL cannot say what is right. Throws BAD_USER_INPUT. */

import { price, quantity } from '#kernel/money';
import type { PageRequest } from '#platform/connection';
import { invariant, PlatformError } from '#platform/errors';
import type { RequestContext } from '#platform/request-context';
import type { Cause } from '../domain/cause.ts';
import type { OrderView } from '../domain/order-view.ts';
import { type AccountId, accountId, clOrdId, type OrderRequest } from '../domain/order.ts';
import type { OrderFilter as StoredFilter } from '../store/order-views.ts';
import type { OrderFilter, PlaceOrderInput } from './types.generated.ts';

/** Of clOrdId and commandId. */
export const MAX_CLIENT_ID_LENGTH = 64;
/** Of account and book ids: as in the key of a position. */
export const MAX_OWNER_ID_LENGTH = 32;
export const MAX_SYMBOL_LENGTH = 32;
export const MAX_FILTERED_ORDERS = 500;

/** Printable ASCII without blanks. */
const CLIENT_ID = /^[\x21-\x7e]+$/;
const ARRIVAL = /^\d{1,18}$/;
const OWNER_ID = /^[A-Za-z0-9._:@/+#-]+$/;

export function readClientId(field: string, text: string): string {
  return matching(text, CLIENT_ID, {
    field,
    maxLength: MAX_CLIENT_ID_LENGTH,
    expected: 'printable characters without blanks',
  });
}

/** Upper case, like the positions' keys: `Acc-1` and `ACC-1` are one account. */
export function readAccountId(text: string): AccountId {
  return accountId(readOwnerId('accountId', text));
}

function readOwnerId(field: string, text: string): string {
  return matching(text, OWNER_ID, {
    field,
    maxLength: MAX_OWNER_ID_LENGTH,
    expected: 'letters, digits or . _ : @ / + # -',
  }).toUpperCase();
}

export function readOrder(input: PlaceOrderInput): OrderRequest {
  const { side, ordType } = input;
  return {
    clOrdId: clOrdId(readClientId('clOrdId', input.clOrdId)),
    accountId: readAccountId(input.accountId),
    bookId: readOwnerId('bookId', input.bookId),
    // An unknown symbol is refused later, with the order kept: only its length is bounded here.
    symbol: matching(input.symbol, CLIENT_ID, {
      field: 'symbol',
      maxLength: MAX_SYMBOL_LENGTH,
      expected: 'printable characters without blanks',
    }).toUpperCase(),
    side,
    ordType,
    timeInForce: input.timeInForce ?? 'DAY',
    orderQty: quantity(input.orderQty),
    price: input.price === null || input.price === undefined ? null : price(input.price),
    stopPx: input.stopPx === null || input.stopPx === undefined ? null : price(input.stopPx),
  };
}

/** Looking up what cannot be is looking up what is not there. */
export function isClientId(text: string): boolean {
  return text.length <= MAX_CLIENT_ID_LENGTH && CLIENT_ID.test(text);
}

/** The place of the last order of a page, which its cursor holds. */
export function readArrival(page: PageRequest): bigint | null {
  const [text] = page.after ?? [];
  if (text === undefined) return null;
  if (!ARRIVAL.test(text)) {
    throw new PlatformError('BAD_USER_INPUT', 'after: expected a cursor of this list');
  }
  return BigInt(text);
}

export function readFilter(filter: OrderFilter | null | undefined): StoredFilter {
  const clOrdIds = filter?.clOrdIds ?? null;
  if (clOrdIds !== null && clOrdIds.length > MAX_FILTERED_ORDERS) {
    throw new PlatformError(
      'BAD_USER_INPUT',
      `clOrdIds: expected at most ${MAX_FILTERED_ORDERS}, was ${clOrdIds.length}`,
      { details: { limit: 'MAX_FILTERED_ORDERS' } },
    );
  }
  return {
    accountId: readFiltered(filter?.accountId),
    bookId: readFiltered(filter?.bookId),
    symbol: readFiltered(filter?.symbol),
    side: filter?.side ?? null,
    ordStatuses: filter?.ordStatuses ?? null,
    clOrdIds: clOrdIds && clOrdIds.filter(isClientId),
  };
}

/** What no id looks like matches nothing: the empty text stands for it. */
function readFiltered(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  return isClientId(text) ? text.toUpperCase() : '';
}

/** The same filter, for updates as they come. */
export function matches(filter: StoredFilter): (order: OrderView) => boolean {
  const statuses = filter.ordStatuses && new Set(filter.ordStatuses);
  const ids = filter.clOrdIds && new Set<string>(filter.clOrdIds);
  return (order) =>
    (filter.accountId === null || order.accountId === filter.accountId) &&
    (filter.bookId === null || order.bookId === filter.bookId) &&
    (filter.symbol === null || order.symbol === filter.symbol) &&
    (filter.side === null || order.side === filter.side) &&
    (statuses === null || statuses.has(order.ordStatus)) &&
    (ids === null || ids.has(order.clOrdId));
}

export function causeOf({ identity, correlationId }: RequestContext, atMs: number): Cause {
  invariant(identity, 'mutations need a token');
  return { correlationId, causationId: null, user: identity.user, atMs };
}

function matching(
  text: string,
  pattern: RegExp,
  wanted: { readonly field: string; readonly maxLength: number; readonly expected: string },
): string {
  if (text.length <= wanted.maxLength && pattern.test(text)) return text;
  const shown = JSON.stringify(text.slice(0, wanted.maxLength + 1));
  throw new PlatformError(
    'BAD_USER_INPUT',
    `${wanted.field}: expected 1 to ${wanted.maxLength} ${wanted.expected}, was ${shown}`,
  );
}
