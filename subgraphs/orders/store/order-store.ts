/** Orders by their events, and the transactions that change them. */

import { LRUCache } from 'lru-cache';
import postgres, { type Sql, type TransactionSql } from 'postgres';
import { PlatformError } from '#platform/errors';
import type { CashAccount, CashEvent } from '../domain/cash-account.ts';
import type { Cause } from '../domain/cause.ts';
import type { OrderChange, VersionedOrder } from '../domain/order-change.ts';
import { type AccountId, evolve, type Order, type OrderId, orderId } from '../domain/order.ts';
import { type CashOf, depositInto, lockCash } from './cash-writer.ts';
import { type Answer, findAnswer, rememberAnswer, type StoredAnswer } from './command-log.ts';
import { availableUnits, type HoldingOf } from './holdings.ts';
import { parseOrderEvent } from './order-event-codec.ts';
import { orderStream } from './order-records.ts';
import { writeChange } from './order-writer.ts';

const MAX_CACHED_ORDERS = 10_000;
/** Of one read for the broker's book. */
export const MAX_OPEN_ORDERS_PER_READ = 10_000;

export interface PlacedBefore {
  readonly orderId: OrderId;
  readonly contentHash: string;
}

/** What may be done inside one transaction. */
export interface OrderTransaction {
  lockCash(accountId: AccountId): Promise<readonly CashAccount[]>;
  availableUnits(of: HoldingOf): Promise<bigint>;
  /** False when the cash does not cover it: nothing was written then. */
  write(change: OrderChange, cause: Cause, contentHash?: string): Promise<boolean>;
  deposit(
    of: CashOf,
    event: Extract<CashEvent, { type: 'CashDeposited' }>,
    cause: Cause,
  ): Promise<CashAccount>;
  rememberAnswer(answer: Answer): Promise<void>;
}

export interface OrderStore {
  load(id: OrderId): Promise<VersionedOrder | null>;
  findByClOrdId(clOrdId: string): Promise<PlacedBefore | null>;
  findAnswer(commandId: string): Promise<StoredAnswer | null>;
  /** Oldest first. */
  openOrders(): Promise<readonly OpenOrder[]>;
  /** Throws VERSION_CONFLICT when something read before has moved on. */
  inTransaction<T>(work: (tx: OrderTransaction) => Promise<T>): Promise<T>;
  /** Whether a transaction failed because its clOrdId or commandId was taken meanwhile. */
  isDuplicate(error: unknown): boolean;
  /** Marks executions that the positions have counted; others' trades are passed over. */
  confirmExecutions(execIds: readonly string[]): Promise<void>;
  /** Marks executions that the positions refused; answers those that are ours. */
  refuseExecutions(refusals: readonly TradeRefusal[]): Promise<readonly string[]>;
}

export interface OpenOrder {
  readonly orderId: OrderId;
  readonly symbol: string;
}

export interface TradeRefusal {
  readonly execId: string;
  readonly refusal: string;
}

const UNIQUE_VIOLATION = '23505';
const CLIENT_KEYS: readonly string[] = ['order_by_cl_ord_id', 'command_log_pkey'];

interface EventRow {
  readonly stream_version: number;
  readonly event_type: string;
  readonly payload: unknown;
  readonly correlation_id: string;
}

export function createOrderStore(sql: Sql): OrderStore {
  // Only a start for the next load, which always asks for what came after it.
  const known = new LRUCache<OrderId, VersionedOrder>({ max: MAX_CACHED_ORDERS });

  return {
    async load(id) {
      const loaded = await loadAfter(sql, id, known.get(id));
      if (loaded !== null) known.set(id, loaded);
      return loaded;
    },
    async findByClOrdId(clOrdId) {
      const [row] = await sql<{ order_id: string; content_hash: string }[]>`
        select order_id, content_hash from orders.order_snapshot where cl_ord_id = ${clOrdId}`;
      return row ? { orderId: orderId(row.order_id), contentHash: row.content_hash } : null;
    },
    findAnswer: (commandId) => findAnswer(sql, commandId),
    async openOrders() {
      const rows = await sql<{ order_id: string; symbol: string }[]>`
        select order_id, symbol from orders.order_snapshot where leaves_qty > 0
        order by arrival limit ${MAX_OPEN_ORDERS_PER_READ}`;
      return rows.map((row) => ({ orderId: orderId(row.order_id), symbol: row.symbol }));
    },
    async inTransaction<T>(work: (tx: OrderTransaction) => Promise<T>): Promise<T> {
      const outcome: { value?: T } = {};
      try {
        await sql.begin(async (tx) => {
          outcome.value = await work(transactionOf(tx));
        });
      } catch (error) {
        if (!isUniqueViolation(error, ['event_store_pkey'])) throw error;
        const message = 'somebody else has changed it meanwhile: read it and try again';
        throw new PlatformError('VERSION_CONFLICT', message, { cause: error });
      }
      return outcome.value as T;
    },
    isDuplicate: (error) => isUniqueViolation(error, CLIENT_KEYS),
    confirmExecutions: (execIds) => confirmExecutions(sql, execIds),
    refuseExecutions: (refusals) => refuseExecutions(sql, refusals),
  };
}

function isUniqueViolation(error: unknown, constraints: readonly string[]): boolean {
  return (
    error instanceof postgres.PostgresError &&
    error.code === UNIQUE_VIOLATION &&
    constraints.includes(error.constraint_name ?? '')
  );
}

async function loadAfter(
  sql: Sql,
  id: OrderId,
  before: VersionedOrder | undefined,
): Promise<VersionedOrder | null> {
  const rows = await sql<EventRow[]>`
    select stream_version, event_type, payload, correlation_id from orders.event_store
    where stream_id = ${orderStream(id)} and stream_version > ${before?.version ?? 0}
    order by stream_version`;
  const order = rows.reduce<Order | null>(
    (state, row) => evolve(state, parseOrderEvent(row.event_type, row.payload)),
    before?.order ?? null,
  );
  const correlationId = before?.correlationId ?? rows[0]?.correlation_id;
  const version = rows.at(-1)?.stream_version ?? before?.version;
  if (order === null || correlationId === undefined || version === undefined) return null;
  return { order, version, correlationId };
}

async function confirmExecutions(sql: Sql, execIds: readonly string[]): Promise<void> {
  await sql`
    update orders.execution set position_status = 'APPLIED', position_refusal = null
    where exec_id = any(${[...execIds]}::text[]) and position_status <> 'APPLIED'`;
}

async function refuseExecutions(
  sql: Sql,
  refusals: readonly TradeRefusal[],
): Promise<readonly string[]> {
  const rows = await sql<{ exec_id: string }[]>`
    update orders.execution as e
    set position_status = 'REFUSED', position_refusal = r.refusal
    from unnest(
      ${refusals.map(({ execId }) => execId)}::text[],
      ${refusals.map(({ refusal }) => refusal)}::text[]) as r (exec_id, refusal)
    where e.exec_id = r.exec_id and e.position_status = 'SUBMITTED'
    returning e.exec_id`;
  return rows.map((row) => row.exec_id);
}

function transactionOf(tx: TransactionSql): OrderTransaction {
  return {
    lockCash: (accountId) => lockCash(tx, accountId),
    availableUnits: (of) => availableUnits(tx, of),
    write: (change, cause, contentHash) =>
      writeChange(tx, change, { cause, contentHash: contentHash ?? null }),
    deposit: (of, event, cause) => depositInto(tx, of, event, cause),
    rememberAnswer: (answer) => rememberAnswer(tx, answer),
  };
}
