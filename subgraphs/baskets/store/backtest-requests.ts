/** Backtests as the life cycle sees them: asked for, taken back, out of time. */

import type { Sql, TransactionSql } from 'postgres';
import { instantText } from '#platform/instant-column';
import type { SupersededBacktest } from '../domain/basket-command.ts';
import { isBacktestFact } from '../domain/basket-fact.ts';
import type { Projected } from './approvals.ts';
import { backtestParamsToJson } from './fact-json-composition.ts';

/** Writes what the worker looks for, in the transaction of the fact. */
export async function saveBacktestRequest(
  tx: TransactionSql,
  step: Projected & { readonly actor: string },
): Promise<void> {
  const { fact, after, actor, atMs } = step;
  if (!isBacktestFact(fact)) return;
  const at = instantText(atMs);
  switch (fact.type) {
    case 'BacktestTriggered': {
      const { backtestId, versionNumber, versionHash, params } = fact;
      await tx`
        insert into baskets.backtest
          (backtest_id, basket_id, version_number, version_hash, params, from_date, to_date,
           status, requested_by, queued_at)
        values (${backtestId}, ${after.id}, ${versionNumber}, ${versionHash},
          ${JSON.stringify(backtestParamsToJson(params))}::text::jsonb, ${params.from}::text::date,
          ${params.to}::text::date, 'QUEUED', ${actor}, ${at}::text::timestamptz)`;
      break;
    }
    case 'BacktestCompleted':
      // The worker has written the result before: nobody sees it complete before the basket is.
      await tx`
        update baskets.backtest
        set status = 'COMPLETED', progress = 1, ended_at = ${at}::text::timestamptz
        where backtest_id = ${fact.backtestId} and status = 'RUNNING'`;
      break;
    case 'BacktestCancelled':
      await endOpen(tx, fact.backtestId, { status: 'CANCELED', error: null, at });
      break;
    case 'BacktestFailed':
      await endOpen(tx, fact.backtestId, { status: 'FAILED', error: fact.reason, at });
      break;
  }
}

/** What a worker has ended itself stays as it said. */
async function endOpen(
  tx: TransactionSql,
  backtestId: string,
  end: { readonly status: string; readonly error: string | null; readonly at: string },
): Promise<void> {
  await tx`
    update baskets.backtest
    set status = ${end.status}, error = ${end.error}, ended_at = ${end.at}::text::timestamptz
    where backtest_id = ${backtestId} and status in ('QUEUED', 'RUNNING')`;
}

export type BacktestQueueReader = ReturnType<typeof createBacktestQueueReader>;

export function createBacktestQueueReader(sql: Sql) {
  return {
    /** Waiting or running, of all baskets. */
    async openCount(): Promise<number> {
      const [row] = await sql<{ count: number }[]>`
        select count(*)::int as count from baskets.backtest
        where status in ('QUEUED', 'RUNNING')`;
      return row?.count ?? 0;
    },

    /** The last finished one of the basket, when an input of it was corrected since. */
    async supersededLast(code: string): Promise<SupersededBacktest | null> {
      const [row] = await sql<{ backtestId: string; because: string | null }[]>`
        select backtest_id as "backtestId", superseded_because as because
        from (
          select t.* from baskets.backtest t join baskets.basket b using (basket_id)
          where b.code = ${code} and t.status in ('COMPLETED', 'SUPERSEDED')
          order by t.ended_at desc, t.queued_at desc limit 1) last
        where status = 'SUPERSEDED'`;
      return row ? { backtestId: row.backtestId, because: row.because ?? 'inputs changed' } : null;
    },
  };
}
