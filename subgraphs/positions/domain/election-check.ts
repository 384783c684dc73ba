/** Whether lots that are chosen for a recorded sale are there, by all that is known now. */

import type { BusinessDate } from '#kernel/business-date';
import { refuse, type Refusal } from '#kernel/decision';
import { type Checkpoint, firstMethodOf, replay, replayOn } from './fold.ts';
import { openLedger } from './lot-ledger.ts';
import type { ElectedLot } from './lot-relief.ts';
import { initialPosition } from './position.ts';
import { type HistoryEvent, type TimelineEntry, timelineOf } from './timeline.ts';
import { allocateTrade } from './trade-allocation.ts';

export interface ElectionAsked {
  readonly tradeId: string;
  /** Of the event that first recorded or booked the sale. */
  readonly targetVersion: number;
  readonly lots: readonly ElectedLot[];
  readonly today: BusinessDate;
}

export type ElectionFault = Refusal<'INVALID_LOT_ELECTION'>;

/**
 * Counts the sale with the lots on its day, everything late in its place, as the correction will.
 * Null when it can be met and no other sale loses lots that were chosen for it. `known` is the
 * history in version order, whole or from a checkpoint of an earlier day than the sale.
 */
export function electionFaultOn(
  known: readonly HistoryEvent[],
  asked: ElectionAsked,
  from: Checkpoint = initialPosition,
): ElectionFault | null {
  const entries = timelineOf([...known, electionOf(known, asked)], EVERYTHING);
  const index = entries.findIndex((entry) => isSale(entry, asked.tradeId));
  const fact = entries[index]?.fact;
  if (fact?.type !== 'TRADE') return null;
  const reliefMethod = firstMethodOf(known, from);
  const before = replayOn(openLedger({ ...from, reliefMethod }), entries.slice(0, index));
  const { trade, lotId } = fact;
  const method = before.state.reliefMethod;
  const { effects, electionFault } = allocateTrade(before.state, trade, { method, lotId });
  if (electionFault !== null) return invalid(asked, electionFault.message ?? electionFault.reason);
  if (effects.allocations.length === 0) {
    return invalid(asked, 'expected a trade that closes lots, was one that opens them');
  }
  const { brokenElections } = replayOn(openLedger(before.state), entries.slice(index), before);
  const lost = brokenElections.length === 0 ? [] : newlyBroken(brokenElections, known, from);
  if (lost.length === 0) return null;
  return invalid(asked, `expected lots that no other sale needs, were those of event ${lost[0]}`);
}

const EVERYTHING = { effectiveAt: null, settleAll: true } as const;

function electionOf(
  known: readonly HistoryEvent[],
  { tradeId, targetVersion, lots, today }: ElectionAsked,
): HistoryEvent {
  return {
    version: (known.at(-1)?.version ?? 0) + 1,
    event: {
      type: 'LOT_RELIEF_ELECTED',
      target: { tradeId, version: targetVersion },
      lots,
      effectiveDate: today,
      late: { tipDate: today, bookedOn: today },
    },
  };
}

function isSale({ fact }: TimelineEntry, tradeId: string): boolean {
  return fact.type === 'TRADE' && fact.trade.tradeId === tradeId;
}

function newlyBroken(
  broken: readonly number[],
  known: readonly HistoryEvent[],
  from: Checkpoint,
): readonly number[] {
  const already = new Set(replay(known, { ...EVERYTHING, from }).brokenElections);
  return broken.filter((version) => !already.has(version));
}

function invalid({ tradeId }: ElectionAsked, message: string): ElectionFault {
  return refuse('INVALID_LOT_ELECTION', `${tradeId}: ${message}`);
}
