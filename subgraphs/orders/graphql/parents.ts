/** What resolvers of a type receive, where it is not what the schema shows. */

import type { CashAccount } from '../domain/cash-account.ts';
import type { OrderUpdateView, OrderView } from '../domain/order-view.ts';
import type { ExecutionView } from '../store/order-views.ts';

export type OrderParent = OrderView;

export type ExecutionParent = ExecutionView;

export type OrderUpdateParent = OrderUpdateView & { readonly sequence: string };

export interface AccountParent {
  readonly id: string;
}

export type CashBalanceParent = CashAccount;
