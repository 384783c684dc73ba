/**
 * Takes the lots that a corporate action delivers to the position in the other instrument: of the
 * same book, account and contract. They are received once per action and position, by the id of the
 * command.
 *
 * What an action delivered in time is in its event. What a late one delivers is known when it is
 * corrected: it follows from the lots at the end of the day before. When a correction changes what
 * was received already, the receiver replaces it, as something late of its own.
 */

import { addDays, type BusinessDate } from '#kernel/business-date';
import { invariant } from '#platform/errors';
import { NO_CONTRACT_TERMS } from '../domain/contract-terms.ts';
import type { CorporateAction, DeliveredLots } from '../domain/corporate-action.ts';
import { applyCorporateAction } from '../domain/corporate-action-effect.ts';
import { receiveLots, replaceReceivedLots } from '../domain/decide-lot-event.ts';
import type { LotEventRefusalReason } from '../domain/lot-event-refusal.ts';
import type { CorporateActionApplied, ReceivedLot } from '../domain/position-event.ts';
import { type PositionKey, positionKeyOf } from '../domain/position-key.ts';
import type { TaxLot } from '../domain/tax-lot.ts';
import type { CommandOrigin } from '../store/event-codec.ts';
import type { InstrumentPositions } from '../store/instrument-positions.ts';
import type { PositionRepository } from '../store/positions.ts';
import type { TradeBatchStore } from '../store/trade-batches.ts';
import type { WriteCommand, WriteOutcome } from './decide-batch.ts';
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
    const delivery = { action: event.action, delivered };
    if (await deliver(deps, of, delivery)) continue;
    await replaceDelivery(deps, cause, delivery);
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

/** False when lots of it, the same or others, were received before. */
async function deliver(
  deps: DeliverLotsDeps,
  { key, version, origin }: DeliveryCause,
  { action, delivered }: Delivery,
): Promise<boolean> {
  const { actionId, effectiveDate } = action;
  const commandId = receiptIdOf(action, key);
  if (delivered === null) return false;
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
  if (outcome?.type === 'RECORDED') return outcome.position !== null;
  if (outcome?.type === 'ID_TAKEN') return false;
  throw notReceived(actionId, key, outcome);
}

/**
 * The lots as they are delivered now, in the place of those that were received; nothing when they
 * are the same. Once per correction: what a later one has changed comes with its own.
 */
async function replaceDelivery(
  deps: DeliverLotsDeps,
  { key, version, origin }: DeliveryCause,
  { action, delivered }: Delivery,
): Promise<void> {
  const { actionId, effectiveDate } = action;
  const receiptId = receiptIdOf(action, key);
  const receipt = (await deps.recorded.outcomesOf([receiptId])).get(receiptId);
  const instrumentId = receiverIn(action);
  if (receipt === undefined || instrumentId === null) return;
  const lots = delivered?.lots.map(receivedLot) ?? [];
  const receiptVersion = receipt.eventVersion;
  const content = contentOf(lots, effectiveDate);
  const [outcome] = await deps.writers.submit([
    {
      key: await receiverOf(deps, key, instrumentId),
      once: {
        commandId: `${receiptId} corrected ${version}`,
        requestHash: deps.fingerprint(content).text,
      },
      origin: { ...origin, source: DELIVERY_SOURCE, causationId: `${key.text}#${version}` },
      history: { afterVersion: receiptVersion - 1 },
      decide: (position, { today, history }) =>
        replaceReceivedLots(position, {
          type: 'ReplaceReceivedLots',
          receiptVersion,
          history,
          transferId: actionId,
          cause: 'CORPORATE_ACTION',
          fromPositionKey: key.text,
          effectiveDate,
          lots,
          today,
        }),
    },
  ]);
  if (outcome?.type === 'NOT_PROCESSED' || outcome?.type === 'REFUSED') {
    throw notReceived(actionId, key, outcome);
  }
}

function receiptIdOf({ actionId }: CorporateAction, { text }: PositionKey): string {
  return `receive ${actionId} ${text}`;
}

function receiverIn(action: CorporateAction): string | null {
  switch (action.type) {
    case 'SPIN_OFF':
      return action.childInstrumentId;
    case 'MERGER':
      return action.acquirerInstrumentId;
    case 'SYMBOL_CHANGE':
      return action.newInstrumentId;
    case 'SPLIT':
    case 'STOCK_DIVIDEND':
    case 'CASH_MERGER':
    case 'RETURN_OF_CAPITAL':
      return null;
  }
}

function notReceived(
  actionId: string,
  { text }: PositionKey,
  outcome: WriteOutcome<LotEventRefusalReason> | undefined,
): Error {
  const why = outcome?.type === 'REFUSED' ? outcome.message : 'it could not be stored';
  return new Error(`lots of ${actionId} from ${text} were not received: ${why}`);
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
