/**
 * Transactions that survive the loss of their connection.
 *
 * The driver (postgres.js 3.4.9) writes whatever follows, the `rollback` included, to a socket that
 * is null by then, from a callback of its own: that ends the process, and nobody can catch it
 * (its issues 1066, 1154, 1208). It also rejects the transaction by itself. So once the connection
 * is lost, the work never comes back to the driver: neither with a result nor with an error.
 */

import type { Sql, TransactionSql } from 'postgres';

const LOST_CODES: ReadonlySet<string> = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  // Of the server, who then cuts the connection: shutdown, crash.
  '57P01',
  '57P02',
]);
const MAX_CAUSES = 5;

type Work<T> = (tx: TransactionSql) => T | Promise<T>;

/**
 * `sql` with another `begin(work)`. Inside `work` ask through its `tx` only: when another
 * connection is lost there, the transaction stays open until the server ends it for idleness.
 */
export function withSafeTransactions(sql: Sql): Sql {
  const begin = sql.begin.bind(sql);
  const safeBegin = async <T>(work: Work<T>) => {
    const state = { isOver: false };
    try {
      return await begin((tx) => settledUnlessLost(tx, work, state));
    } finally {
      state.isOver = true;
    }
  };
  return Object.assign(sql, { begin: safeBegin });
}

async function settledUnlessLost<T>(
  tx: TransactionSql,
  work: Work<T>,
  state: { readonly isOver: boolean },
): Promise<T> {
  const guarded = new Proxy(tx, {
    apply(target, self, parameters: Parameters<TransactionSql>) {
      if (state.isOver) throw new Error('the transaction is over');
      return Reflect.apply(target, self, parameters);
    },
  });
  try {
    const result = await work(guarded);
    return state.isOver ? await never() : result;
  } catch (error) {
    if (state.isOver || isConnectionLost(error)) return never();
    throw error;
  }
}

const never = (): Promise<never> => new Promise(() => undefined);

function isConnectionLost(error: unknown): boolean {
  let each: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && each instanceof Error; depth += 1) {
    if ('code' in each && typeof each.code === 'string' && LOST_CODES.has(each.code)) return true;
    each = each.cause;
  }
  return false;
}
