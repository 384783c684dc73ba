/** Sends a corrected trade in the place of one that was refused, under a new trade id. */

import type { BusinessDate } from '#kernel/business-date';
import type { Decimal } from '#kernel/decimal';
import type { Side, TradeRequest } from '../domain/trade.ts';
import {
  attemptDeadLetter,
  type DeadLetterAnswer,
  type DeadLetterCommand,
  type DeadLetterDeps,
  letterOf,
  reasonGiven,
  refusedCommand,
} from './attempt-dead-letter.ts';

/** Left out, and null where a trade must have a value: as it was. */
export interface TradeChanges {
  readonly bookId?: string | null | undefined;
  readonly accountId?: string | null | undefined;
  readonly symbol?: string | null | undefined;
  readonly side?: Side | null | undefined;
  readonly quantity?: Decimal | null | undefined;
  readonly price?: Decimal | null | undefined;
  readonly effectiveDate?: BusinessDate | null | undefined;
  /** Null: none, also for those below. */
  readonly currency?: string | null | undefined;
  readonly fees?: Decimal | null | undefined;
  readonly executedAtMs?: number | null | undefined;
  readonly contractId?: string | null | undefined;
  readonly electedLots?: TradeRequest['electedLots'] | undefined;
  readonly overrideReason?: string | null | undefined;
}

export interface CorrectCommand extends DeadLetterCommand {
  readonly newTradeId: string;
  readonly changes: TradeChanges;
  readonly reason: string;
}

export async function correctDeadLetter(
  deps: DeadLetterDeps,
  { newTradeId, changes, reason, ...command }: CorrectCommand,
): Promise<DeadLetterAnswer> {
  const comment = reasonGiven(reason);
  const found = await letterOf(deps, command);
  if (!found.ok) return found;
  const { letter } = found;
  const corrected = correctedTrade(letter.trade, newTradeId, changes);
  if (!corrected.ok) {
    const message = `expected a whole trade, missing: ${corrected.missing.join(', ')}`;
    return refusedCommand(letter, 'INCOMPLETE_TRADE', message);
  }
  if (newTradeId === letter.trade?.tradeId) {
    const message = `newTradeId: expected another than that of the refused trade, ${newTradeId}`;
    return refusedCommand(letter, 'TRADE_ID_NOT_NEW', message);
  }
  return attemptDeadLetter(deps, letter, {
    ...command,
    action: 'CORRECT',
    trade: corrected.trade,
    comment,
  });
}

type Corrected =
  | { readonly ok: true; readonly trade: TradeRequest }
  | { readonly ok: false; readonly missing: readonly string[] };

function correctedTrade(
  refused: TradeRequest | null,
  tradeId: string,
  changes: TradeChanges,
): Corrected {
  const needed = {
    bookId: changes.bookId ?? refused?.bookId,
    accountId: changes.accountId ?? refused?.accountId,
    symbol: changes.symbol ?? refused?.symbol,
    side: changes.side ?? refused?.side,
    quantity: changes.quantity ?? refused?.quantity,
    price: changes.price ?? refused?.price,
    effectiveDate: changes.effectiveDate ?? refused?.effectiveDate,
  };
  if (!isWhole(needed)) {
    const missing = Object.entries(needed).filter(([, value]) => value === undefined);
    return { ok: false, missing: missing.map(([field]) => field) };
  }
  const trade: TradeRequest = {
    tradeId,
    ...needed,
    currency: changed(changes.currency, refused?.currency),
    fees: changed(changes.fees, refused?.fees),
    executedAtMs: changed(changes.executedAtMs, refused?.executedAtMs),
    contractId: changed(changes.contractId, refused?.contractId),
    clOrdId: refused?.clOrdId ?? null,
    electedLots: changed(changes.electedLots, refused?.electedLots),
    overrideReason: changed(changes.overrideReason, refused?.overrideReason),
  };
  return { ok: true, trade };
}

/** Null asks for none; what was left out stays as it was. */
function changed<T>(change: T | null | undefined, before: T | null | undefined): T | null {
  return change === undefined ? (before ?? null) : change;
}

type Whole<T> = { readonly [Field in keyof T]: Exclude<T[Field], undefined> };

function isWhole<T extends object>(fields: T): fields is T & Whole<T> {
  return Object.values(fields).every((value) => value !== undefined);
}
