/** Decides the trades of a batch one after the other, each on the position the one before left. */

import type { BusinessDate } from '#kernel/business-date';
import { invariant } from '#platform/errors';
import { weekdays } from '../domain/book-calendar.ts';
import type { ContractTerms } from '../domain/contract-terms.ts';
import { initialPosition, type Position } from '../domain/position.ts';
import { decide, evolve } from '../domain/position-decider.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { Trade } from '../domain/trade.ts';
import type { TradeClassification } from '../domain/trade-classification.ts';
import type { TradeRefusalReason } from '../domain/trade-refusal.ts';
import { closedPeriodFault } from '../domain/trade-validation.ts';
import type { NewEvent, TradeBatch } from '../store/batch-statement.ts';
import type { StoredOutcome } from '../store/trade-batches.ts';

/** A trade that passed the gate, on its way to the writer of its partition. */
export interface TradeCommand {
  readonly trade: Trade;
  /** Fingerprint of the trade's content: tells the same trade again from another one. */
  readonly requestHash: string;
  /** Of its contract, with the books closed for all contracts in it. */
  readonly terms: ContractTerms;
  /** Null when it is still to be generated. */
  readonly uti: string | null;
  readonly source: string;
  readonly user: string;
  readonly correlationId: string;
  readonly causationId: string | null;
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

export interface BatchFacts {
  readonly stored: ReadonlyMap<string, StoredOutcome>;
  /** By position key; one without history may be left out. */
  readonly positions: ReadonlyMap<string, Position>;
  readonly today: BusinessDate;
}

export interface DecidedBatch {
  readonly outcomes: readonly TradeOutcome[];
  readonly writes: TradeBatch;
}

export function decideBatch(commands: readonly TradeCommand[], facts: BatchFacts): DecidedBatch {
  const accepted = new Map<string, StoredOutcome>(facts.stored);
  const touched = new Map<string, { readonly key: PositionKey; readonly position: Position }>();
  const events: NewEvent[] = [];

  const outcomes = commands.map((command): TradeOutcome => {
    const { trade, requestHash, terms, uti } = command;
    const before = accepted.get(trade.tradeId);
    if (before !== undefined) return repeated(command, before);
    // After the look at what is recorded: the same trade again is no new one of a closed period.
    const closed = closedPeriodFault(trade, terms.booksClosedBefore);
    if (closed !== undefined) return refused(trade.tradeId, closed.reason, closed.message);

    const key = trade.key;
    const position =
      touched.get(key.text)?.position ?? facts.positions.get(key.text) ?? initialPosition;
    const decision = decide(position, {
      type: 'ApplyTrade',
      trade,
      today: facts.today,
      terms,
      calendar: weekdays,
      uti,
    });
    if (!decision.ok) return refused(trade.tradeId, decision.reason, decision.message);

    const [event] = decision.events;
    invariant(event, 'an accepted trade has an event');
    if (event.type !== 'TRADE_APPLIED' || decision.events.length > 1) {
      const isBooking = event.type === 'FORWARD_TRADE_BOOKED';
      const reason = isBooking ? 'FORWARD_DATED_NOT_SUPPORTED' : 'BACKDATED_NOT_SUPPORTED';
      return refused(trade.tradeId, reason, 'comes with a later release');
    }
    const after = evolve(position, event);
    touched.set(key.text, { key, position: after });
    const { user, correlationId, causationId, source } = command;
    events.push({ event, after, requestHash, user, correlationId, causationId, source });
    const { classification } = event;
    const eventVersion = after.version;
    accepted.set(trade.tradeId, {
      requestHash,
      positionKey: key.text,
      eventVersion,
      classification,
      uti,
    });
    const { tradeId } = trade;
    return { type: 'RECORDED', tradeId, key, eventVersion, classification, uti, position: after };
  });
  return { outcomes, writes: { events, snapshots: [...touched.values()] } };
}

/** The same trade gets the first answer again; another one under its id is refused. */
function repeated(command: TradeCommand, before: StoredOutcome): TradeOutcome {
  const { tradeId, key } = command.trade;
  if (before.requestHash !== command.requestHash) {
    return refused(
      tradeId,
      'DUPLICATE_TRADE_ID_DIFFERENT_CONTENT',
      `tradeId: expected the content with which ${tradeId} was recorded as event ` +
        `${before.eventVersion} of ${before.positionKey}, was another one`,
    );
  }
  const { eventVersion, classification, uti } = before;
  return { type: 'RECORDED', tradeId, key, eventVersion, classification, uti, position: null };
}

export function refused(
  tradeId: string,
  reason: TradeRefusalReason,
  message: string | undefined,
): TradeOutcome {
  return { type: 'REFUSED', tradeId, reason, message: message ?? reason };
}
