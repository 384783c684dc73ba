/** Events put into the store by SQL, as many as are asked for, in the time that takes. */

import type { Sql } from 'postgres';

export interface StoredEvents {
  /** In all, over 1,000 positions of 10 books. */
  readonly count: number;
  /** Of the first event; the next ones are a second apart. */
  readonly from: string;
}

/** Event n is about trade Tn, by user n % 7, of the workflow n / 10, in position n % 1,000. */
export async function storeEvents(sql: Sql, { count, from }: StoredEvents): Promise<void> {
  await sql`
    insert into positions.event_store
      (position_key, event_ver, event_type, schema_ver, effective_date, recorded_at, trade_id, side,
        quantity, price, fees, payload, correlation_id, user_id, source)
    select format('BOOK-%s|ACCOUNT-%s|INS_X|USD|-|NET', n % 10, n % 1000), 1 + n / 1000,
      'TRADE_APPLIED', 1, ${from}::date, ${from}::timestamptz + n * interval '1 second', 'T' || n,
      'BUY', 100000000, 1000000000, 0, ${PAYLOAD}::text::jsonb, 'workflow-' || n / 10,
      'user-' || n % 7, 'graphql'
    from generate_series(0, ${count - 1}::int) as n`;
  await sql`
    insert into positions.idempotency_store
      (command_id, request_hash, position_key, event_ver, classification, uti, recorded_at)
    select trade_id, 'hash', position_key, event_ver, 'CURRENT_DATED', 'uti', recorded_at
    from positions.event_store`;
  await sql`
    insert into positions.snapshot_store
      (position_key, book_id, account_id, instrument_id, symbol, currency, lane, last_ver, quantity,
        cost_basis, realized_pnl, lot_count, relief_method, reconciliation_status,
        pending_backdated, last_recorded_at)
    select position_key, split_part(position_key, '|', 1), split_part(position_key, '|', 2),
      'ins_X', 'X', 'USD', 'NET', max(event_ver), 1, 1, 0, 1, 'FIFO', 'RECONCILED', 0,
      max(recorded_at)
    from positions.event_store group by position_key`;
  await sql`analyze positions.event_store, positions.idempotency_store, positions.snapshot_store`;
}

/** About as long as that of a real trade. */
const PAYLOAD = JSON.stringify({
  effect: 'INCREASE',
  classification: 'CURRENT_DATED',
  reliefMethod: 'FIFO',
  opened: { lotId: 'T1', quantity: '1', costBasis: '10' },
  realizedPnl: '0',
  clOrdId: null,
  note: 'x'.repeat(200),
});
