/** Records what a broker reports of an order: once, however often it is reported. */

import { invariant } from '#platform/errors';
import type { Clock } from '#platform/clock';
import { type BrokerReport, decide, type OrderDecisionReason } from '../domain/decide-order.ts';
import { planChange, type VersionedOrder } from '../domain/order-change.ts';
import type { OrderId } from '../domain/order.ts';
import type { OrderStore } from '../store/order-store.ts';
import { retryOnConflict } from './version-conflict.ts';

export interface RecordReportDeps {
  readonly orders: OrderStore;
  readonly clock: Clock;
  readonly onExecution: () => void;
}

export type RecordReportResult =
  | { readonly ok: true; readonly placed: VersionedOrder }
  | {
      readonly ok: false;
      readonly reason: OrderDecisionReason;
      /** As it stands; null when there is no such order. */
      readonly placed: VersionedOrder | null;
    };

/** `reporter` is the service principal of the broker. */
export async function recordReport(
  { orders, clock, onExecution }: RecordReportDeps,
  { orderId, report, reporter }: { orderId: OrderId; report: BrokerReport; reporter: string },
): Promise<RecordReportResult> {
  return retryOnConflict(async () => {
    const before = await orders.load(orderId);
    const decision = decide(before?.order ?? null, report);
    if (!decision.ok || before === null) {
      return { ok: false, reason: decision.ok ? 'UNKNOWN_ORDER' : decision.reason, placed: before };
    }
    const change = planChange(before, decision.events);
    if (change === undefined) return { ok: true, placed: before };
    const { correlationId, version } = before;
    const cause = {
      correlationId,
      causationId: `order:${orderId}@${version}`,
      user: reporter,
      atMs: clock.nowMs(),
    };
    const isCovered = await orders.inTransaction((tx) => tx.write(change, cause));
    invariant(isCovered, `cash reserved for ${orderId} covers what it reports`);
    if (report.type === 'ReportFill') onExecution();
    const { after: order, steps } = change;
    return { ok: true, placed: { order, version: version + steps.length, correlationId } };
  });
}
