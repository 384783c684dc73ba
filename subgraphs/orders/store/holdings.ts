/** How many units an account may sell now. */

import type { TransactionSql } from 'postgres';
import type { CurrencyCode } from '#kernel/money';

export interface HoldingOf {
  readonly accountId: string;
  readonly bookId: string;
  readonly symbol: string;
  readonly currency: CurrencyCode;
}

/**
 * Units in the position, less what open SELL orders still mean to sell, less what they have sold
 * and the positions have not confirmed.
 *
 * The position is asked, and not our own fills alone, so that trades recorded there by hand count.
 * It is one statement on purpose, for one statement sees one snapshot: a fill moves from "open" to
 * "unconfirmed" to "gone from the position" while we look, and two statements could miss it between
 * two of those places and sell it twice. Within one snapshot it can only be seen twice: between the
 * position's commit and our reading of `trade-applied` a sold unit is taken off two times, and an
 * order may be refused that would pass a moment later.
 *
 * The caller holds the lock on the account's cash, so no other order of it comes in meanwhile.
 */
export async function availableUnits(tx: TransactionSql, of: HoldingOf): Promise<bigint> {
  const { accountId, bookId, symbol, currency } = of;
  const [row] = await tx<{ units: string }[]>`
    select (
      coalesce((
        select sum(quantity) from published.positions
        where account_id = ${accountId} and book_id = ${bookId} and symbol = ${symbol}
          and currency = ${currency} and contract_id is null), 0)
      - coalesce((
        select sum(leaves_qty) * 100000000 from orders.order_snapshot
        where account_id = ${accountId} and book_id = ${bookId} and symbol = ${symbol}
          and side = 'SELL' and leaves_qty > 0), 0)
      - coalesce((
        select sum(last_qty) from orders.execution
        where account_id = ${accountId} and book_id = ${bookId} and symbol = ${symbol}
          and side = 'SELL' and exec_type = 'TRADE' and position_status <> 'APPLIED'), 0)
    )::numeric(60, 0)::text as units`;
  return BigInt(row?.units ?? '0');
}
