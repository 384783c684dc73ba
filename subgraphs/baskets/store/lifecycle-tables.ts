/** Tables of the life cycle: timers, who edited and who approved, backtests, removals. */

import { sql } from 'drizzle-orm';
import {
  boolean,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
} from 'drizzle-orm/pg-core';
import { instantColumn } from '#platform/instant-column';
import { basketsSchema } from './tables.ts';

/** What falls due without anybody asking; a restart finds it here. One of a kind per basket. */
export const timer = basketsSchema.table(
  'timer',
  {
    basketId: text('basket_id').notNull(),
    code: text('code').notNull(),
    kind: text('kind').notNull(),
    dueAt: instantColumn('due_at').notNull(),
    /** Version of the basket it is about; null when it is about none. */
    versionNumber: integer('version_number'),
    /** What the command needs when it falls due, such as the id of the backtest. */
    payload: jsonb('payload')
      .notNull()
      .default(sql`'{}'::jsonb`),
    /** Failed attempts since it fell due. */
    attempts: integer('attempts').notNull().default(0),
  },
  (table) => [
    primaryKey({ name: 'timer_pkey', columns: [table.basketId, table.kind] }),
    index('timer_by_due').on(table.dueAt),
  ],
);

/**
 * Everyone who had a hand in a version, and on whose behalf: none of them may approve it. A trigger
 * refuses an approval by one of them, and an editor who approved.
 */
export const versionEditor = basketsSchema.table(
  'version_editor',
  {
    basketId: text('basket_id').notNull(),
    versionNumber: integer('version_number').notNull(),
    actor: text('actor').notNull(),
  },
  (table) => [
    primaryKey({
      name: 'version_editor_pkey',
      columns: [table.basketId, table.versionNumber, table.actor],
    }),
  ],
);

/** A version laid before the checkers; 1, 2, 3, ... per basket. */
export const approvalRequest = basketsSchema.table(
  'approval_request',
  {
    basketId: text('basket_id').notNull(),
    submission: integer('submission').notNull(),
    versionNumber: integer('version_number').notNull(),
    /** What an approval binds to. */
    versionHash: text('version_hash').notNull(),
    submittedBy: text('submitted_by').notNull(),
    submittedAt: instantColumn('submitted_at').notNull(),
    expiresAt: instantColumn('expires_at').notNull(),
    /** How many different people must approve. */
    required: integer('required').notNull(),
    /** OPEN, APPROVED, WITHDRAWN, CHANGES_REQUESTED, REJECTED, EXPIRED, REVOKED, CANCELLED. */
    status: text('status').notNull(),
    closedAt: instantColumn('closed_at'),
  },
  (table) => [
    primaryKey({ name: 'approval_request_pkey', columns: [table.basketId, table.submission] }),
    index('approval_request_by_version').on(table.basketId, table.versionNumber),
  ],
);

/** Approvals, append-only: nobody approves a submission twice. */
export const approval = basketsSchema.table(
  'approval',
  {
    basketId: text('basket_id').notNull(),
    submission: integer('submission').notNull(),
    approver: text('approver').notNull(),
    approverRoles: text('approver_roles').array().notNull(),
    onBehalfOf: text('on_behalf_of'),
    versionNumber: integer('version_number').notNull(),
    versionHash: text('version_hash').notNull(),
    approvedAt: instantColumn('approved_at').notNull(),
  },
  (table) => [
    primaryKey({
      name: 'approval_pkey',
      columns: [table.basketId, table.submission, table.approver],
    }),
  ],
);

/** Backtests: asked for, run by a worker, kept for ever. Results: backtest-tables.ts. */
export const backtest = basketsSchema.table(
  'backtest',
  {
    backtestId: text('backtest_id').primaryKey(),
    basketId: text('basket_id').notNull(),
    versionNumber: integer('version_number').notNull(),
    versionHash: text('version_hash').notNull(),
    /** Window, rules and costs as asked for: `BacktestParams`. */
    params: jsonb('params').notNull(),
    fromDate: date('from_date').notNull(),
    toDate: date('to_date').notNull(),
    /** Of version content, window, rules, costs and data snapshot; null until the data is read. */
    inputsHash: text('inputs_hash'),
    /** What the prices were when they were read; null before. */
    dataSnapshot: text('data_snapshot'),
    /** QUEUED, RUNNING, COMPLETED, FAILED, CANCELED, SUPERSEDED. */
    status: text('status').notNull(),
    /** 0 to 1. */
    progress: doublePrecision('progress').notNull().default(0),
    /** Why it failed; null otherwise. */
    error: text('error'),
    /** The backtest whose result this one shares; null when it was computed for itself. */
    sameAs: text('same_as'),
    /** Why an input is not what it was; null while the result stands. */
    supersededBecause: text('superseded_because'),
    requestedBy: text('requested_by').notNull(),
    queuedAt: instantColumn('queued_at').notNull(),
    startedAt: instantColumn('started_at'),
    endedAt: instantColumn('ended_at'),
    /** The process that runs it says so again and again; null while nobody does. */
    heartbeatAt: instantColumn('heartbeat_at'),
    runner: text('runner'),
  },
  (table) => [
    index('backtest_by_basket').on(table.basketId, table.queuedAt.desc()),
    index('backtest_waiting')
      .on(table.queuedAt)
      .where(sql`status in ('QUEUED', 'RUNNING')`),
    index('backtest_by_inputs').on(table.inputsHash),
  ],
);

/** Removals asked for: by one person, confirmed by another. */
export const delisting = basketsSchema.table(
  'delisting',
  {
    basketId: text('basket_id').notNull(),
    /** 1, 2, 3, ... per basket. */
    number: integer('number').notNull(),
    /** Last day with a level. */
    lastDate: date('last_date').notNull(),
    requestedBy: text('requested_by').notNull(),
    requestedAt: instantColumn('requested_at').notNull(),
    confirmedBy: text('confirmed_by'),
    confirmedAt: instantColumn('confirmed_at'),
    /** Who asked for it to be called off; called off once a second person confirmed that. */
    cancelRequestedBy: text('cancel_requested_by'),
    cancelConfirmedBy: text('cancel_confirmed_by'),
    /** An operator let it end without the word of every vendor. */
    isForced: boolean('is_forced').notNull().default(false),
    completedAt: instantColumn('completed_at'),
  },
  (table) => [primaryKey({ name: 'delisting_pkey', columns: [table.basketId, table.number] })],
);
