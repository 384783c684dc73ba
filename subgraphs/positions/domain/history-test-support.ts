/** A position with its history, for tests: commands in, events and published states out. */

import type { BusinessDate } from '#kernel/business-date';
import { weekdays } from './book-calendar.ts';
import type { ContractTerms } from './contract-terms.ts';
import { initialPosition, type Position } from './position.ts';
import type { PositionCommand } from './position-command.ts';
import { decide, evolve, type PositionRefusalReason } from './position-decider.ts';
import type { PositionEvent } from './position-event.ts';
import { recalculate } from './recalculation.ts';
import { targetOf } from './target-trade.ts';
import type { KnownEvent } from './timeline.ts';
import type { Trade } from './trade.ts';

const START_MS = Date.UTC(2026, 0, 1);

export interface History {
  readonly known: KnownEvent[];
  /** Last versions of the decisions: what lies between is never seen. */
  readonly decidedAt: number[];
  /** What was published right after each event. */
  readonly published: Position[];
  today: BusinessDate;
  terms: ContractTerms;
  /** Of the next event. */
  nowMs: number;
}

export function historyOf(today: BusinessDate, terms: ContractTerms): History {
  return { known: [], published: [], decidedAt: [], today, terms, nowMs: START_MS };
}

export const currentOf = ({ published }: History): Position => published.at(-1) ?? initialPosition;

export function record(history: History, events: readonly PositionEvent[]): void {
  for (const event of events) {
    const after = evolve(currentOf(history), event);
    history.known.push({ event, version: after.version, recordedAtMs: history.nowMs });
    history.published.push(after);
    history.nowMs += 1;
  }
  if (events.length > 0) history.decidedAt.push(history.known.length);
}

/** The reason when it is refused; undefined when its events are recorded. */
export function submit(
  history: History,
  command: PositionCommand,
): PositionRefusalReason | undefined {
  const decision = decide(currentOf(history), command);
  if (!decision.ok) return decision.reason;
  record(history, decision.events);
  return undefined;
}

export function apply(history: History, trade: Trade): PositionRefusalReason | undefined {
  const { today, terms } = history;
  return submit(history, {
    type: 'ApplyTrade',
    trade,
    today,
    terms,
    calendar: weekdays,
    uti: null,
  });
}

export function bust(history: History, tradeId: string): PositionRefusalReason | undefined {
  const { known, today } = history;
  const target = targetOf(known, tradeId);
  return submit(history, { type: 'BustTrade', tradeId, target, reason: 'error', today });
}

/** Amends to the terms that `change` makes of the present ones. */
export function amend(
  history: History,
  tradeId: string,
  change: (terms: Trade) => Trade,
): PositionRefusalReason | undefined {
  const { known, today } = history;
  const target = targetOf(known, tradeId);
  if (target === null) return 'UNKNOWN_TRADE';
  return submit(history, {
    type: 'AmendTrade',
    amendmentId: `A${known.length}`,
    tradeId,
    target,
    newTrade: change(target.trade),
    reason: 'error',
    today,
    calendar: weekdays,
  });
}

/** Settles what is pending; the answer says how it went. */
export function correct(history: History): string {
  const { isLongOnly } = history.terms;
  const result = recalculate(history.known, { isLongOnly });
  if (result.type === 'NOTHING_PENDING') return result.type;
  const refused =
    result.type === 'REFUSED'
      ? submit(history, { ...result, type: 'RefuseCorrection' })
      : submit(history, { type: 'Correct', recalculated: result.recalculated });
  if (refused !== undefined) throw new Error(refused);
  return result.type === 'REFUSED' ? result.reason : 'CORRECTED';
}
