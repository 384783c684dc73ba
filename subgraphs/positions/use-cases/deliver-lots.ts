/**
 * Takes the lots that a corporate action delivers to the position in the other instrument: of the
 * same book, account and contract. They are received once per action and position, by the id of the
 * command.
 *
 * What an action delivered in time is in its event. What a late one delivers is known when it is
 * corrected: it follows from the lots at the end of the day before. A correction that changes what
 * was received already is not carried over: it fails, and is kept as a failed record for people.
 */

import { addDays, type BusinessDate } from '#kernel/business-date';
import { invariant } from '#platform/errors';
import { NO_CONTRACT_TERMS } from '../domain/contract-terms.ts';
import type { CorporateAction, DeliveredLots } from '../domain/corporate-action.ts';
import { applyCorporateAction } from '../domain/corporate-action-effect.ts';
import { receiveLots } from '../domain/decide-lot-event.ts';
import type { LotEventRefusalReason } from '../domain/lot-event-refusal.ts';
import type { CorporateActionApplied, ReceivedLot } from '../domain/position-event.ts';
import { type PositionKey, positionKeyOf } from '../domain/position-key.ts';
import type { TaxLot } from '../domain/tax-lot.ts';
import type { CommandOrigin } from '../store/event-codec.ts';
import type { InstrumentPositions } from '../store/instrument-positions.ts';
import type { PositionRepository } from '../store/positions.ts';
import type { TradeBatchStore } from '../store/trade-batches.ts';
import type { WriteCommand } from './decide-batch.ts';
import { findPositionAt, type FindPositionDeps } from './find-position.ts';
import type { RecordTradesDeps } from './record-trades.ts';

export const DELIVERY_SOURCE = 'corporate-actions';

export interface DeliverLotsDeps
  extends
    Pick<RecordTradesDeps, 'writers' | 'contracts' | 'fingerprint'>,
    Pick<FindPositionDeps, 'knownHistory' | 'replays' | 'clock'> {
  readonly instrumentPositions: InstrumentPositions;
  readonly positions: Pick<PositionRepository, 'eventsOf'>;
  readonly recorded: Pick<TradeBatchStore, 'outcomesOf'>;
}

export interface DeliveryCause {
  readonly key: PositionKey;
  /** Of the corporate action, or of the correction. */
  readonly version: number;
  readonly origin: CommandOrigin;
}

/** An action that came in time. */
export async function deliverInTime(deps: DeliverLotsDeps, cause: DeliveryCause): Promise<void> {
  const [recorded] = await deps.positions.eventsOf([cause]);
  invariant(recorded, `event ${cause.version} of ${cause.key.text} is stored`);
  const { event } = recorded;
  if (event.type !== 'CORPORATE_ACTION_APPLIED') return;
  await deliver(deps, cause, { action: event.action, delivered: event.delivered });
}

/** Actions that the correction put in their place, and earlier ones whose lots it may concern. */
export async function deliverCorrected(deps: DeliverLotsDeps, cause: DeliveryCause): Promise<void> {
  const [[correction], actions] = await Promise.all([
    deps.positions.eventsOf([cause]),
    deps.instrumentPositions.corporateActionsOf(cause.key),
  ]);
  if (correction?.event.type !== 'HISTORICAL_POSITION_CORRECTED') return;
  const { basedOnVersion } = correction.event;
  for (const { event, version } of actions) {
    if (event.type !== 'CORPORATE_ACTION_APPLIED' || !delivers(event.action)) continue;
    // A late one that the correction has not counted waits for its own.
    if (version > basedOnVersion) continue;
    const delivered = await deliveredNow(deps, cause, event);
    const of = { key: cause.key, version, origin: cause.origin };
    await deliver(deps, of, { action: event.action, delivered });
  }
}

function delivers({ type }: CorporateAction): boolean {
  return type === 'SPIN_OFF' || type === 'MERGER' || type === 'SYMBOL_CHANGE';
}

/** It counts at the start of its day: on the lots as they were at the end of the day before. */
async function deliveredNow(
  deps: DeliverLotsDeps,
  { key }: DeliveryCause,
  { action }: CorporateActionApplied,
): Promise<DeliveredLots | null> {
  const effectiveAt = addDays(action.effectiveDate, -1);
  const before = await findPositionAt(deps, key, { effectiveAt, knownAtMs: null });
  if (before === undefined) return null;
  return applyCorporateAction(before.lots, action, before.reliefMethod).delivered;
}

interface Delivery {
  readonly action: CorporateAction;
  readonly delivered: DeliveredLots | null;
}

async function deliver(
  deps: DeliverLotsDeps,
  { key, version, origin }: DeliveryCause,
  { action, delivered }: Delivery,
): Promise<void> {
  const { actionId, effectiveDate } = action;
  const commandId = `receive ${actionId} ${key.text}`;
  if (delivered === null) {
    const earlier = (await deps.recorded.outcomesOf([commandId])).size;
    if (earlier > 0) throw changedDelivery(actionId, key);
    return;
  }
  const lots = delivered.lots.map(receivedLot);
  const to = await receiverOf(deps, key, delivered.instrumentId);
  const command = await receiveCommand(deps, to, { actionId, effectiveDate, from: key, lots });
  const [outcome] = await deps.writers.submit([
    {
      ...command,
      once: { commandId, requestHash: deps.fingerprint(contentOf(lots, effectiveDate)).text },
      origin: { ...origin, source: DELIVERY_SOURCE, causationId: `${key.text}#${version}` },
    },
  ]);
  if (outcome?.type === 'RECORDED') return;
  if (outcome?.type === 'ID_TAKEN') throw changedDelivery(actionId, key);
  const why = outcome?.type === 'REFUSED' ? outcome.message : 'it could not be stored';
  throw new Error(`lots of ${actionId} from ${key.text} were not received: ${why}`);
}

function changedDelivery(actionId: string, { text }: PositionKey): Error {
  return new Error(
    `${actionId} delivers other lots of ${text} than were received before: ` +
      'the position that received them has to be corrected by hand',
  );
}

interface Received {
  readonly actionId: string;
  readonly effectiveDate: BusinessDate;
  readonly from: PositionKey;
  readonly lots: readonly ReceivedLot[];
}

async function receiveCommand(
  { contracts }: DeliverLotsDeps,
  key: PositionKey,
  { actionId, effectiveDate, from, lots }: Received,
): Promise<Pick<WriteCommand<LotEventRefusalReason>, 'key' | 'decide'>> {
  const { contractId } = key;
  const found = contractId === null ? undefined : await contracts.termsByIds([contractId]);
  const terms = found?.get(contractId ?? '') ?? NO_CONTRACT_TERMS;
  return {
    key,
    decide: (position, { today }) =>
      receiveLots(position, {
        type: 'ReceiveLots',
        transferId: actionId,
        cause: 'CORPORATE_ACTION',
        fromPositionKey: from.text,
        effectiveDate,
        lots,
        terms,
        today,
      }),
  };
}

async function receiverOf(
  { instrumentPositions }: DeliverLotsDeps,
  { bookId, accountId, contractId }: PositionKey,
  instrumentId: string,
): Promise<PositionKey> {
  const instrument = await instrumentPositions.instrumentById(instrumentId);
  if (instrument === undefined) throw new Error(`market data does not know ${instrumentId}`);
  const found = positionKeyOf({ bookId, accountId, contractId, ...instrument });
  if (!found.ok) throw new Error(found.message);
  return found.key;
}

function receivedLot(lot: TaxLot): ReceivedLot {
  const { lotId, openDate, acquiredOn, quantity, costBasis, settledResets } = lot;
  const { sourceTradeId, parentLotId } = lot;
  return {
    lotId,
    openDate,
    acquiredOn,
    quantity,
    costBasis,
    settledResets,
    sourceTradeId,
    parentLotId,
  };
}

function contentOf(lots: readonly ReceivedLot[], effectiveDate: BusinessDate): string {
  return JSON.stringify([
    effectiveDate,
    lots.map((lot) => [
      lot.lotId,
      lot.openDate,
      lot.acquiredOn,
      lot.quantity.toString(),
      lot.costBasis.toString(),
      lot.settledResets.toString(),
    ]),
  ]);
}
