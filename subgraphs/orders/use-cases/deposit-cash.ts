/** Pays cash into an account; opens the account when it is new. */

import { createHash } from 'node:crypto';
import { formatDecimal } from '#kernel/decimal';
import { type Amount, parseCurrencyCode } from '#kernel/money';
import { decideCash, emptyCashAccount } from '../domain/cash-account.ts';
import type { Cause } from '../domain/cause.ts';
import type { AccountId } from '../domain/order.ts';
import type { OrderStore } from '../store/order-store.ts';

/** Of one deposit: far beyond any real one, far below what the columns hold. */
export const MAX_DEPOSIT = 10n ** 24n;

export interface DepositRequest {
  readonly accountId: AccountId;
  readonly amount: Amount;
  readonly currency: string;
  readonly commandId: string;
}

/** In order of precedence. */
export type DepositRefuseReason =
  'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT' | 'INVALID_CURRENCY' | 'INVALID_AMOUNT';

export type DepositCashResult =
  | { readonly ok: true; readonly isRepeated: boolean }
  | { readonly ok: false; readonly reason: DepositRefuseReason; readonly message: string };

export async function depositCash(
  { orders }: { readonly orders: OrderStore },
  request: DepositRequest,
  cause: Cause,
): Promise<DepositCashResult> {
  const { accountId, amount, commandId } = request;
  const earlier = await answerRepeated(orders, request);
  if (earlier !== null) return earlier;
  const currency = parseCurrencyCode(request.currency);
  if (currency === undefined) {
    const message = `currency: expected a code such as USD, was ${request.currency.slice(0, 20)}`;
    return { ok: false, reason: 'INVALID_CURRENCY', message };
  }
  const event = { type: 'CashDeposited', amount, commandId } as const;
  const decision = decideCash(emptyCashAccount(accountId, currency), event);
  if (!decision.ok || amount > MAX_DEPOSIT) {
    const message =
      `amount: expected above 0 and at most ${formatDecimal(MAX_DEPOSIT)}, ` +
      `was ${formatDecimal(amount)}`;
    return { ok: false, reason: 'INVALID_AMOUNT', message };
  }
  try {
    await orders.inTransaction(async (tx) => {
      await tx.deposit({ accountId, currency }, event, cause);
      await tx.rememberAnswer({
        commandId: rememberedId(request),
        command: 'depositCash',
        contentHash: contentHashOf(request),
        answer: { accountId, currency, amount: formatDecimal(amount) },
        user: cause.user,
      });
    });
    return { ok: true, isRepeated: false };
  } catch (error) {
    const winner = orders.isDuplicate(error) ? await answerRepeated(orders, request) : null;
    if (winner === null) throw error;
    return winner;
  }
}

async function answerRepeated(
  orders: OrderStore,
  request: DepositRequest,
): Promise<DepositCashResult | null> {
  const answer = await orders.findAnswer(rememberedId(request));
  if (answer === null) return null;
  if (answer.command === 'depositCash' && answer.contentHash === contentHashOf(request)) {
    return { ok: true, isRepeated: true };
  }
  const message = `commandId ${request.commandId} belongs to a command with other content`;
  return { ok: false, reason: 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT', message };
}

/** One id may serve several accounts. Neither part has blanks, so no other command is like it. */
function rememberedId({ accountId, commandId }: DepositRequest): string {
  return `${accountId} ${commandId}`;
}

function contentHashOf({ accountId, amount, currency }: DepositRequest): string {
  const content = [accountId, formatDecimal(amount), currency];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
