/** Settles the open units of the positions in an instrument against a reset price. */

import type { BusinessDate } from '#kernel/business-date';
import { type Decimal, formatDecimal } from '#kernel/decimal';
import { MAX_SCALED, price } from '#kernel/money';
import { resetPrice } from '../domain/decide-lot-event.ts';
import type { CommandOrigin } from '../store/event-codec.ts';
import {
  type ActedOnPositions,
  actOnPositions,
  type ActOnPositionsDeps,
} from './act-on-positions.ts';
import { requireCommandId } from './change-trade.ts';

/** Why no price is reset. In order of precedence. */
export type ResetRefusalReason =
  | 'UNKNOWN_INSTRUMENT'
  | 'INVALID_PRICE'
  | 'EFFECTIVE_DATE_IN_FUTURE'
  | 'DUPLICATE_RESET_ID_DIFFERENT_CONTENT';

export interface AskedReset {
  readonly resetId: string;
  readonly symbol: string;
  /** Null: the positions of all contracts, and outside. */
  readonly contractId: string | null;
  readonly price: Decimal;
  readonly effectiveDate: BusinessDate;
  /** Key of the position to go on after; null for the first page. */
  readonly after: string | null;
}

export type ResetPrices =
  | (ActedOnPositions & { readonly resetId: string })
  | {
      readonly type: 'REFUSED';
      readonly resetId: string;
      readonly reason: ResetRefusalReason;
      readonly message: string;
    };

/**
 * Once per reset and position, a page of positions at a time. Under load the first to be put off.
 */
export async function resetPrices(
  deps: ActOnPositionsDeps,
  asked: AskedReset,
  origin: CommandOrigin,
): Promise<ResetPrices> {
  const { resetId, contractId, effectiveDate, after } = asked;
  requireCommandId('resetId', resetId);
  deps.limits.admitPriceReset();
  const symbol = asked.symbol.toUpperCase();
  const instrument = (await deps.instruments.bySymbols([symbol])).get(symbol);
  if (instrument === undefined) {
    const found = JSON.stringify(symbol.slice(0, 80));
    const message = `symbol: expected one that market data knows, was ${found}`;
    return { type: 'REFUSED', resetId, reason: 'UNKNOWN_INSTRUMENT', message };
  }
  const fault = faultOf(asked, deps.clock.today());
  if (fault !== undefined) return { type: 'REFUSED', resetId, ...fault };
  const to = price(asked.price);
  const done = await actOnPositions(deps, {
    concerned: { instrumentId: instrument.instrumentId, contractId, since: effectiveDate },
    commandId: `reset ${resetId}`,
    content: JSON.stringify([contractId, to.toString(), effectiveDate]),
    after,
    origin,
    decide: (position, { today }) =>
      resetPrice(position, { type: 'ResetPrice', resetId, resetPrice: to, effectiveDate, today }),
  });
  if (done !== undefined) return { ...done, resetId };
  const message = `resetId: expected what ${resetId} said before, was something else`;
  return { type: 'REFUSED', resetId, reason: 'DUPLICATE_RESET_ID_DIFFERENT_CONTENT', message };
}

function faultOf(
  { price: to, effectiveDate }: AskedReset,
  today: BusinessDate,
): { readonly reason: ResetRefusalReason; readonly message: string } | undefined {
  if (to <= 0n || to > MAX_SCALED) {
    const message = `price: expected above zero and in range, was ${formatDecimal(to)}`;
    return { reason: 'INVALID_PRICE', message };
  }
  if (effectiveDate <= today) return undefined;
  const message = `effectiveDate: expected at most ${today}, was ${effectiveDate}`;
  return { reason: 'EFFECTIVE_DATE_IN_FUTURE', message };
}
