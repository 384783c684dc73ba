/** Trades as commands to the writers, and what became of them as answers about trades. */

import { weekdays } from '../domain/book-calendar.ts';
import type { ContractTerms } from '../domain/contract-terms.ts';
import type { Position } from '../domain/position.ts';
import { decide } from '../domain/position-decider.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { Trade } from '../domain/trade.ts';
import type { TradeClassification } from '../domain/trade-classification.ts';
import type { TradeRefusalReason } from '../domain/trade-refusal.ts';
import { closedPeriodFault } from '../domain/trade-validation.ts';
import type { CommandOrigin } from '../store/event-codec.ts';
import type { WriteCommand, WriteOutcome } from './decide-batch.ts';
import type { PartitionWriters } from './partition-writers.ts';

/** A trade that passed the gate. */
export interface TradeCommand extends CommandOrigin {
  readonly trade: Trade;
  /** Fingerprint of the trade's content: tells the same trade again from another one. */
  readonly requestHash: string;
  /** Of its contract, with the books closed for all contracts in it. */
  readonly terms: ContractTerms;
  /** Null when it is still to be generated. */
  readonly uti: string | null;
}

export type TradeOutcome =
  | {
      readonly type: 'RECORDED';
      readonly tradeId: string;
      readonly key: PositionKey;
      readonly eventVersion: number;
      readonly classification: TradeClassification;
      /** Null when it is still to be generated. */
      readonly uti: string | null;
      /** The position after the trade; null for a duplicate, which is not counted again. */
      readonly position: Position | null;
    }
  | {
      readonly type: 'REFUSED';
      readonly tradeId: string;
      readonly reason: TradeRefusalReason;
      readonly message: string;
    };

/** Answers in the order given, as `submit` of the writers does. */
export async function submitTrades(
  writers: Pick<PartitionWriters, 'submit'>,
  trades: readonly TradeCommand[],
): Promise<readonly TradeOutcome[]> {
  const outcomes = await writers.submit(trades.map(writeCommandOf));
  return outcomes.map((outcome, index) =>
    tradeOutcomeOf(trades[index]?.trade.tradeId ?? '', outcome),
  );
}

export function writeCommandOf(command: TradeCommand): WriteCommand<TradeRefusalReason> {
  const { trade, requestHash, terms, uti, source, user, correlationId, causationId } = command;
  return {
    key: trade.key,
    once: { commandId: trade.tradeId, requestHash },
    origin: { source, user, correlationId, causationId },
    // The writer has looked at what is recorded: the same trade again is no new one of a closed
    // period.
    decide: (position, { today }) =>
      closedPeriodFault(trade, terms.booksClosedBefore) ??
      decide(position, { type: 'ApplyTrade', trade, today, terms, calendar: weekdays, uti }),
  };
}

export function tradeOutcomeOf(
  tradeId: string,
  outcome: WriteOutcome<TradeRefusalReason>,
): TradeOutcome {
  switch (outcome.type) {
    case 'RECORDED': {
      const { type, key, eventVersion, classification, uti, position } = outcome;
      return {
        type,
        tradeId,
        key,
        eventVersion,
        classification: classification ?? 'CURRENT_DATED',
        uti,
        position,
      };
    }
    case 'REFUSED':
      return { ...outcome, tradeId };
    case 'ID_TAKEN':
      return refused(
        tradeId,
        'DUPLICATE_TRADE_ID_DIFFERENT_CONTENT',
        `tradeId: expected the content with which ${tradeId} was recorded as event ` +
          `${outcome.eventVersion} of ${outcome.positionKey}, was another one`,
      );
    case 'UNCHANGED':
    case 'NOT_PROCESSED':
      return refused(
        tradeId,
        'NOT_PROCESSED',
        'the trade passed every rule and could not be stored; operations will look at it',
      );
  }
}

export function refused(
  tradeId: string,
  reason: TradeRefusalReason,
  message: string | undefined,
): TradeOutcome {
  return { type: 'REFUSED', tradeId, reason, message: message ?? reason };
}
