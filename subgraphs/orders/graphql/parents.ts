/** What resolvers of a type receive, where it is not what the schema shows. */

import type { CashAccount } from '../domain/cash-account.ts';
import type { OrderView } from '../domain/order-view.ts';
import type { ExecutionView } from '../store/order-views.ts';
import type { SequencedUpdate } from '../workers/topic-follower.ts';

export type OrderParent = OrderView;

export type ExecutionParent = ExecutionView;

export type OrderUpdateParent = SequencedUpdate;

export interface AccountParent {
  readonly id: string;
}

export type CashBalanceParent = CashAccount;
