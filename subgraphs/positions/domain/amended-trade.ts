/** The terms of a trade after an amendment, through the same gate as those of a new trade. */

import type { BusinessDate } from '#kernel/business-date';
import type { Decimal } from '#kernel/decimal';
import type { Refusal } from '#kernel/decision';
import { amount, price, quantity } from '#kernel/money';
import type { AmendmentRefusalReason } from './amendment-refusal.ts';
import type { Side, Trade } from './trade.ts';
import { executionFault, feesFault, timeFault, unitsFault } from './trade-validation.ts';

/** Well-formed, nothing checked. Null: as it was. */
export interface AmendedTerms {
  readonly side: Side | null;
  readonly quantity: Decimal | null;
  readonly price: Decimal | null;
  readonly fees: Decimal | null;
  readonly effectiveDate: BusinessDate | null;
  readonly executedAtMs: number | null;
}

export type AmendedTrade =
  { readonly ok: true; readonly trade: Trade } | Refusal<AmendmentRefusalReason>;

/** Id, key, order and elected lots stay. Reasons in the order of AMENDMENT_REFUSAL_REASONS. */
export function amendedTrade(
  trade: Trade,
  terms: AmendedTerms,
  facts: { readonly today: BusinessDate; readonly nowMs: number },
): AmendedTrade {
  const asked = {
    side: terms.side ?? trade.side,
    quantity: terms.quantity ?? trade.quantity,
    price: terms.price ?? trade.price,
    fees: terms.fees ?? trade.fees,
    effectiveDate: terms.effectiveDate ?? trade.effectiveDate,
    executedAtMs: terms.executedAtMs ?? trade.executedAtMs,
  };
  const fault =
    unitsFault(asked) ??
    feesFault(asked) ??
    timeFault(asked, facts) ??
    executionFault(asked, facts);
  if (fault !== undefined) return fault;
  return {
    ok: true,
    trade: {
      ...trade,
      ...asked,
      quantity: quantity(asked.quantity),
      price: price(asked.price),
      fees: amount(asked.fees),
    },
  };
}
