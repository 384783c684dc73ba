/**
 * The cash of one account in one currency: what is there, what open orders have reserved, and the
 * double entry behind every movement.
 */

import { formatDecimal } from '#kernel/decimal';
import { accept, type Decision, refuse } from '#kernel/decision';
import { type Amount, amount, type CurrencyCode } from '#kernel/money';
import type { AccountId, ExecId, OrderId } from './order.ts';

export interface CashAccount {
  readonly accountId: AccountId;
  readonly currency: CurrencyCode;
  readonly balance: Amount;
  /** Part of the balance that open BUY orders may still need. */
  readonly reserved: Amount;
  /** Number of events so far. */
  readonly version: number;
}

/** Amounts are above zero. */
export type CashEvent =
  | { readonly type: 'CashDeposited'; readonly amount: Amount; readonly commandId: string }
  | { readonly type: 'CashReserved'; readonly amount: Amount; readonly orderId: OrderId }
  | { readonly type: 'CashReleased'; readonly amount: Amount; readonly orderId: OrderId }
  | {
      readonly type: 'PurchasePaid';
      readonly amount: Amount;
      /** How much less is reserved afterwards: at least the amount, unless the fill came late. */
      readonly released: Amount;
      readonly orderId: OrderId;
      readonly execId: ExecId;
    }
  | {
      readonly type: 'SaleReceived';
      readonly amount: Amount;
      readonly orderId: OrderId;
      readonly execId: ExecId;
    };

export interface CashDelta {
  readonly balance: Amount;
  readonly reserved: Amount;
}

export function emptyCashAccount(accountId: AccountId, currency: CurrencyCode): CashAccount {
  return { accountId, currency, balance: amount(0n), reserved: amount(0n), version: 0 };
}

export function available(account: CashAccount): Amount {
  return amount(account.balance - account.reserved);
}

/** The one rule of an account: never more reserved than there is, and nothing below zero. */
export function decideCash(
  account: CashAccount,
  event: CashEvent,
): Decision<CashEvent, 'INVALID_AMOUNT' | 'INSUFFICIENT_FUNDS'> {
  if (event.amount <= 0n) {
    return refuse('INVALID_AMOUNT', `amount: expected above 0, was ${formatDecimal(event.amount)}`);
  }
  const after = evolveCash(account, event);
  if (after.reserved < 0n || available(after) < 0n) {
    return refuse(
      'INSUFFICIENT_FUNDS',
      `expected at least ${formatDecimal(event.amount)} ${account.currency} available, ` +
        `was ${formatDecimal(available(account))}`,
    );
  }
  return accept(event);
}

export function evolveCash(account: CashAccount, event: CashEvent): CashAccount {
  const delta = cashDelta(event);
  return {
    ...account,
    balance: amount(account.balance + delta.balance),
    reserved: amount(account.reserved + delta.reserved),
    version: account.version + 1,
  };
}

export function cashDelta(event: CashEvent): CashDelta {
  const none = amount(0n);
  switch (event.type) {
    case 'CashDeposited':
    case 'SaleReceived':
      return { balance: event.amount, reserved: none };
    case 'CashReserved':
      return { balance: none, reserved: event.amount };
    case 'CashReleased':
      return { balance: none, reserved: amount(-event.amount) };
    case 'PurchasePaid':
      return { balance: amount(-event.amount), reserved: amount(-event.released) };
  }
}

/** The accounts of the ledger: the client's money, and where it comes from or goes to. */
export type LedgerAccount = 'CLIENT_CASH' | 'EXTERNAL_FUNDING' | 'BROKER_SETTLEMENT';

export interface LedgerLine {
  readonly ledgerAccount: LedgerAccount;
  readonly debit: Amount;
  readonly credit: Amount;
}

/**
 * The two lines of a movement: the debit of one account is the credit of the other, so all debits
 * equal all credits, and CLIENT_CASH's debits minus its credits are the balance. A reservation
 * moves no money and has none.
 */
export function ledgerLines(event: CashEvent): readonly LedgerLine[] {
  switch (event.type) {
    case 'CashDeposited':
      return movement('CLIENT_CASH', 'EXTERNAL_FUNDING', event.amount);
    case 'SaleReceived':
      return movement('CLIENT_CASH', 'BROKER_SETTLEMENT', event.amount);
    case 'PurchasePaid':
      return movement('BROKER_SETTLEMENT', 'CLIENT_CASH', event.amount);
    case 'CashReserved':
    case 'CashReleased':
      return [];
  }
}

function movement(to: LedgerAccount, from: LedgerAccount, moved: Amount): readonly LedgerLine[] {
  const none = amount(0n);
  return [
    { ledgerAccount: to, debit: moved, credit: none },
    { ledgerAccount: from, debit: none, credit: moved },
  ];
}
