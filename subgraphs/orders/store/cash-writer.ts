/** Moves cash: one conditional update, its event, and both lines of the ledger. */

import type { Sql, TransactionSql } from 'postgres';
import { decimal, formatDecimal } from '#kernel/decimal';
import { amount, type CurrencyCode, currencyCode } from '#kernel/money';
import {
  type CashAccount,
  cashDelta,
  type CashEvent,
  ledgerLines,
} from '../domain/cash-account.ts';
import type { Cause } from '../domain/cause.ts';
import type { AccountId } from '../domain/order.ts';

interface CashRow {
  readonly currency: string;
  readonly balance: string;
  readonly reserved: string;
  readonly version: number;
}

export interface CashOf {
  readonly accountId: AccountId;
  readonly currency: CurrencyCode;
}

export const cashStream = ({ accountId, currency }: CashOf): string =>
  `cash:${accountId}|${currency}`;

/**
 * False, and nothing is written, when the account does not cover it. The condition is part of the
 * update, so two orders that arrive together can never spend the same money: the second one waits
 * for the row and then sees what the first one left.
 */
export async function moveCash(
  tx: TransactionSql,
  of: CashOf,
  event: CashEvent,
  cause: Cause,
): Promise<boolean> {
  const delta = cashDelta(event);
  const balance = formatDecimal(delta.balance);
  const reserved = formatDecimal(delta.reserved);
  const [row] = await tx<{ version: number }[]>`
    update orders.cash_account
    set balance = balance + ${balance}::numeric, reserved = reserved + ${reserved}::numeric,
      version = version + 1
    where account_id = ${of.accountId} and currency = ${of.currency}
      and reserved + ${reserved}::numeric >= 0
      and balance + ${balance}::numeric >= reserved + ${reserved}::numeric
    returning version`;
  if (row === undefined) return false;
  await writeCashEvent(tx, of, { event, version: row.version, cause });
  return true;
}

/** Opens the account in this currency when it is new; a deposit is always covered. */
export async function depositInto(
  tx: TransactionSql,
  of: CashOf,
  event: Extract<CashEvent, { type: 'CashDeposited' }>,
  cause: Cause,
): Promise<CashAccount> {
  const [row] = await tx<CashRow[]>`
    insert into orders.cash_account as account (account_id, currency, balance, reserved, version)
    values (${of.accountId}, ${of.currency}, ${formatDecimal(event.amount)}::numeric, 0, 1)
    on conflict (account_id, currency) do update
    set balance = account.balance + excluded.balance, version = account.version + 1
    returning currency, balance, reserved, version`;
  if (row === undefined) throw new Error('an upsert returns its row');
  await writeCashEvent(tx, of, { event, version: row.version, cause });
  return cashAccountOf(of.accountId, row);
}

/**
 * All cash of the account, its rows locked until the transaction ends: the orders of one account
 * are checked one after the other, each against what the one before left.
 */
export async function lockCash(
  tx: TransactionSql,
  accountId: AccountId,
): Promise<readonly CashAccount[]> {
  const rows = await tx<CashRow[]>`
    select currency, balance, reserved, version from orders.cash_account
    where account_id = ${accountId} order by currency for update`;
  return rows.map((row) => cashAccountOf(accountId, row));
}

export async function readCash(
  sql: Sql,
  accountIds: readonly string[],
): Promise<readonly CashAccount[]> {
  const rows = await sql<(CashRow & { account_id: AccountId })[]>`
    select account_id, currency, balance, reserved, version from orders.cash_account
    where account_id = any(${accountIds as string[]}) order by account_id, currency`;
  return rows.map((row) => cashAccountOf(row.account_id, row));
}

async function writeCashEvent(
  tx: TransactionSql,
  of: CashOf,
  { event, version, cause }: { event: CashEvent; version: number; cause: Cause },
): Promise<void> {
  const stream = cashStream(of);
  const lines = ledgerLines(event);
  const written = tx`
    insert into orders.event_store
      (stream_id, stream_version, event_type, schema_version, payload, correlation_id,
       causation_id, user_id)
    values (${stream}, ${version}, ${event.type}, 1, ${storedText(event)}::text::jsonb,
      ${cause.correlationId}, ${cause.causationId}, ${cause.user})`;
  const balanced = tx`
    insert into orders.cash_ledger
      (stream_id, stream_version, line, account_id, currency, ledger_account, debit, credit,
       reference)
    select ${stream}, ${version}::int, line, ${of.accountId}, ${of.currency}, ledger_account,
      debit::numeric, credit::numeric, ${referenceOf(event)}
    from unnest(
      ${lines.map(({ ledgerAccount }) => ledgerAccount)}::text[],
      ${lines.map(({ debit }) => formatDecimal(debit))}::text[],
      ${lines.map(({ credit }) => formatDecimal(credit))}::text[])
      with ordinality as entry (ledger_account, debit, credit, line)`;
  await Promise.all(lines.length === 0 ? [written] : [written, balanced]);
}

function referenceOf(event: CashEvent): string {
  switch (event.type) {
    case 'CashDeposited':
      return event.commandId;
    case 'PurchasePaid':
    case 'SaleReceived':
      return event.execId;
    case 'CashReserved':
    case 'CashReleased':
      return event.orderId;
  }
}

function storedText({ type: _type, ...fields }: CashEvent): string {
  return JSON.stringify(fields, (_key, value: unknown) =>
    typeof value === 'bigint' ? formatDecimal(value) : value,
  );
}

function cashAccountOf(accountId: AccountId, row: CashRow): CashAccount {
  return {
    accountId,
    currency: currencyCode(row.currency),
    balance: amount(decimal(row.balance)),
    reserved: amount(decimal(row.reserved)),
    version: row.version,
  };
}
