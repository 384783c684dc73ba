/** Baskets in order of code. */

import type { PageRequest } from '#platform/connection';
import type { BasketState } from '../domain/transition-table.ts';
import type { BasketReader } from '../store/basket-reader.ts';
import type { BasketRow } from '../store/basket-rows.ts';
import { checkedCodes } from './check-codes.ts';

export interface ListBasketsDeps {
  readonly reader: Pick<BasketReader, 'list'>;
}

/** Null and undefined do not filter. */
export interface BasketWish {
  readonly states?: readonly BasketState[] | null | undefined;
  readonly codes?: readonly string[] | null | undefined;
  readonly search?: string | null | undefined;
}

/** One more than asked when there is a next page. */
export async function listBaskets(
  { reader }: ListBasketsDeps,
  { states, codes, search }: BasketWish,
  page: PageRequest,
): Promise<readonly BasketRow[]> {
  return reader.list(
    {
      states: states ?? undefined,
      codes: codes ? checkedCodes(codes) : undefined,
      search: search ?? undefined,
    },
    page,
  );
}
