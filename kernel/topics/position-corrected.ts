/** Topic `position-corrected`: estimates replaced by recalculated figures, keyed by position. */

import { type Decimal, decimal, formatDecimal } from '../decimal.ts';
import type { EventType } from './event-type.ts';
import {
  encodeFigures,
  type FiguresOfPosition,
  figuresOf,
  type PositionFields,
  positionFieldsOf,
} from './position-fields.ts';
import { integer, oneOf, parsed, payload, text, UnreadableEvent } from './reading.ts';

export const POSITION_CORRECTED_TOPIC = 'position-corrected';
/** A late trade may change thousands of gains, and many records are kept in memory. */
export const MAX_RESTATED_GAINS_TOLD = 100;

/** A gain that was reported before and is another now. */
export interface GainRestated {
  readonly tradeId: string;
  /** Of the event that reported it. */
  readonly eventVersion: number;
  readonly before: Decimal;
  readonly after: Decimal;
}

export interface PositionWasCorrected extends PositionFields {
  /** Of the correction in the position. */
  readonly eventVersion: number;
  /** Ids of the trades, amendments, resets and actions that came late, oldest effective first. */
  readonly causedBy: readonly string[];
  /** Before any of them was known. */
  readonly beforeTrade: FiguresOfPosition;
  /** The estimate that the correction replaced. */
  readonly before: FiguresOfPosition;
  readonly after: FiguresOfPosition;
  /** The first of them, oldest event first; the event itself has all. */
  readonly restatedGains: readonly GainRestated[];
  readonly restatedCount: number;
  /** after - before of all of them. */
  readonly restatedTotal: Decimal;
  /** Facts that were counted anew. */
  readonly replayedCount: number;
  readonly reliefMethod: string;
  readonly reconciliationStatus: 'RECONCILED' | 'PROVISIONAL' | 'PENDING';
  /** Who caused it: a user or a service principal. */
  readonly user: string;
}

export const positionCorrected: EventType<PositionWasCorrected> = {
  topic: POSITION_CORRECTED_TOPIC,
  name: 'PositionCorrected',
  version: 1,
  encode: (event) => ({
    ...event,
    beforeTrade: encodeFigures(event.beforeTrade),
    before: encodeFigures(event.before),
    after: encodeFigures(event.after),
    restatedGains: event.restatedGains.map((each) => ({
      ...each,
      before: formatDecimal(each.before),
      after: formatDecimal(each.after),
    })),
    restatedTotal: formatDecimal(event.restatedTotal),
  }),
  parse: (value) => {
    const from = payload(value);
    return {
      ...positionFieldsOf(from),
      eventVersion: integer(from, 'eventVersion'),
      causedBy: list(from['causedBy'], 'causedBy').map((causedBy) =>
        text({ causedBy }, 'causedBy'),
      ),
      beforeTrade: figuresOf(from['beforeTrade']),
      before: figuresOf(from['before']),
      after: figuresOf(from['after']),
      restatedGains: list(from['restatedGains'], 'restatedGains').map(gainOf),
      restatedCount: integer(from, 'restatedCount'),
      restatedTotal: parsed(from, 'restatedTotal', decimal),
      replayedCount: integer(from, 'replayedCount'),
      reliefMethod: text(from, 'reliefMethod'),
      reconciliationStatus: oneOf(from, 'reconciliationStatus', [
        'RECONCILED',
        'PROVISIONAL',
        'PENDING',
      ]),
      user: text(from, 'user'),
    };
  },
};

function gainOf(value: unknown): GainRestated {
  const from = payload(value);
  return {
    tradeId: text(from, 'tradeId'),
    eventVersion: integer(from, 'eventVersion'),
    before: parsed(from, 'before', decimal),
    after: parsed(from, 'after', decimal),
  };
}

function list(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new UnreadableEvent(`${field}: expected a list, was ${JSON.stringify(value) ?? 'nothing'}`);
}
