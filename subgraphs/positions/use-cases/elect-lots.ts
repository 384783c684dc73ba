/** Names the lots that a recorded sale takes, no later than its settlement. */

import { addDays } from '#kernel/business-date';
import { quantity } from '#kernel/money';
import { PlatformError } from '#platform/errors';
import { weekdays } from '../domain/book-calendar.ts';
import { settlementFault } from '../domain/decide-amendment.ts';
import { type ElectionFault, electionFaultOn } from '../domain/election-check.ts';
import type { ElectionRefusalReason } from '../domain/election-refusal.ts';
import type { ElectedLot } from '../domain/lot-relief.ts';
import { decide } from '../domain/position-decider.ts';
import { targetOf } from '../domain/target-trade.ts';
import type { ElectedLotRequest } from '../domain/trade.ts';
import type { CommandOrigin } from '../store/event-codec.ts';
import type { TradeBatchStore } from '../store/trade-batches.ts';
import {
  type ChangedTrade,
  changeTrade,
  type ChangeTradeDeps,
  type RefusedChange,
  requireCommandId,
} from './change-trade.ts';
import type { FindPositionDeps } from './find-position.ts';
import { MAX_HISTORY_PER_COMMAND } from './partition-writers.ts';
import { MAX_ELECTED_LOTS } from './record-trades.ts';

export interface ElectLotsDeps
  extends ChangeTradeDeps, Pick<FindPositionDeps, 'knownHistory' | 'replays' | 'clock'> {
  readonly recorded: Pick<TradeBatchStore, 'history'>;
}

export interface Election {
  readonly tradeId: string;
  readonly commandId: string;
  readonly lots: readonly ElectedLotRequest[];
}

export type ElectedLots = ChangedTrade | RefusedChange<ElectionRefusalReason>;

/** Once per command id: the same election again gets the first answer. A later one replaces it. */
export async function electLots(
  deps: ElectLotsDeps,
  { tradeId, commandId, lots: asked }: Election,
  origin: CommandOrigin,
): Promise<ElectedLots> {
  requireCommandId('commandId', commandId);
  requireRoom(asked);
  const lots = asked.map((each) => ({ lotId: each.lotId, quantity: quantity(each.quantity) }));
  const lotsFault = await lotsFaultOf(deps, tradeId, lots);
  const content = [tradeId, lots.map((each) => [each.lotId, each.quantity.toString()])];
  return changeTrade<ElectionRefusalReason>(deps, {
    tradeId,
    commandId: `elect ${commandId}`,
    content: JSON.stringify(content),
    idTaken: {
      reason: 'DUPLICATE_COMMAND_ID_DIFFERENT_CONTENT',
      message: `commandId: expected what ${commandId} said before, was something else`,
    },
    origin,
    decide: (position, { today, target }) =>
      decide(position, {
        type: 'ElectLots',
        tradeId,
        target,
        lots,
        lotsFault,
        today,
        calendar: weekdays,
      }),
  });
}

/** Null also where the trade alone says no: the decision is made with the position in hand. */
async function lotsFaultOf(
  { tradePlaces, recorded, knownHistory, replays, clock }: ElectLotsDeps,
  tradeId: string,
  lots: readonly ElectedLot[],
): Promise<ElectionFault | null> {
  const key = await tradePlaces.placeOf(tradeId);
  if (key === undefined) return null;
  const about = await recorded.history(key, { tradeId }, MAX_HISTORY_PER_COMMAND);
  const target = about && targetOf(about, tradeId);
  const today = clock.today();
  if (!target || target.isBusted || settlementFault(target.trade, today, weekdays)) return null;
  return replays.run(async () => {
    const upTo = await knownHistory.lastVersion(key, null);
    // The sale itself is counted anew: it may not be in the checkpoint.
    const withDay = addDays(target.trade.effectiveDate, -1);
    const asked = { upTo, knownAtMs: null, effectiveAt: null, withDay };
    const { from, events } = await knownHistory.load(key, asked);
    const election = { tradeId, targetVersion: target.version, lots, today };
    return electionFaultOn(events, election, from);
  });
}

function requireRoom({ length }: Election['lots']): void {
  if (length <= MAX_ELECTED_LOTS) return;
  throw new PlatformError(
    'BAD_USER_INPUT',
    `lots: expected at most ${MAX_ELECTED_LOTS}, were ${length}`,
    { details: { limit: 'MAX_ELECTED_LOTS' } },
  );
}
