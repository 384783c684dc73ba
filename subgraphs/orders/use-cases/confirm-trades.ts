/** Takes note of what the positions did with our executions. */

import type { TradeRefusedByPositions } from '#kernel/topics/trade-refused';
import type { Logger } from '#platform/logger';
import type { OrderStore } from '../store/order-store.ts';

export interface ConfirmTradesDeps {
  readonly orders: OrderStore;
  readonly logger: Logger;
  readonly onTradeRefused: () => void;
}

export async function confirmTrades(
  { orders }: ConfirmTradesDeps,
  tradeIds: readonly string[],
): Promise<void> {
  if (tradeIds.length > 0) await orders.confirmExecutions(tradeIds);
}

/** A fill that the positions refuse needs a person: cash has moved, and the holding has not. */
export async function noteRefusedTrades(
  { orders, logger, onTradeRefused }: ConfirmTradesDeps,
  refused: readonly TradeRefusedByPositions[],
): Promise<void> {
  const ours = await orders.refuseExecutions(
    refused.map(({ tradeId, reason, message }) => ({
      execId: tradeId,
      refusal: `${reason}: ${message}`,
    })),
  );
  for (const execId of ours) {
    onTradeRefused();
    logger.error({ execId }, 'ALARM: the positions refused a fill of ours');
  }
}
