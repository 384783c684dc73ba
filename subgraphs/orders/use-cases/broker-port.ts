/**
 * What the platform asks of a broker. The broker answers by reports (`record-report.ts`), at any
 * time and in its own order; each method resolves when the broker has taken the request, or refused
 * it, and may report before that.
 */

import type { Order } from '../domain/order.ts';

export interface BrokerPort {
  readonly name: string;
  /** True when no market ever sees the order. */
  readonly isSimulated: boolean;
  /** Asking twice for the same order changes nothing: it is asked again after a restart. */
  route(order: Order): Promise<void>;
  /** The order waits as PENDING_CANCEL. */
  cancel(order: Order): Promise<void>;
  /** The order waits as PENDING_REPLACE, with the new terms in `pending`. */
  replace(order: Order): Promise<void>;
}
