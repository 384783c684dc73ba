/**
 * The lots and figures of a position while events are being counted: changed in place, so that a
 * long history is folded without a copy per event. Positions themselves are never changed.
 */

import type { BusinessDate } from '#kernel/business-date';
import { amount, type Quantity, quantity } from '#kernel/money';
import { afterCorporateAction } from './corporate-action-effect.ts';
import { addRanked, type LotRanking, rankLots, removeRanked } from './lot-ranking.ts';
import { afterTaking, type LotReliefMethod, type TakenFromLot, takeFrom } from './lot-relief.ts';
import type { LotState } from './position.ts';
import type {
  Allocation,
  CorporateActionApplied,
  LotEffects,
  OpenedLot,
  ReceivedLot,
} from './position-event.ts';
import { afterReset, type LotReset } from './price-reset.ts';
import {
  afterWashSales,
  type WashMemory,
  type WashSaleAdjustment,
  washSales,
} from './wash-sale.ts';
import { openedLot, openUnits, pooled, type TaxLot } from './tax-lot.ts';
import type { Trade } from './trade.ts';

export interface LotLedger {
  quantity: bigint;
  costBasis: bigint;
  realizedPnl: bigint;
  cycleRealizedPnl: bigint;
  lots: TaxLot[];
  nextLotSerial: number;
  reliefMethod: LotReliefMethod;
  lastEffectiveDate: BusinessDate | null;
  washMemory: WashMemory;
  /** Kept while a replay asks for it; null when it would not follow from the lots any more. */
  ranked: LotRanking | null;
}

export function openLedger(state: LotState): LotLedger {
  return {
    quantity: state.quantity,
    costBasis: state.costBasis,
    realizedPnl: state.realizedPnl,
    cycleRealizedPnl: state.cycleRealizedPnl,
    lots: state.lots.slice(),
    nextLotSerial: state.nextLotSerial,
    reliefMethod: state.reliefMethod,
    lastEffectiveDate: state.lastEffectiveDate,
    washMemory: state.washMemory,
    ranked: null,
  };
}

/** Ends the use of the ledger: its lots become those of the state. */
export function closeLedger(ledger: LotLedger): LotState {
  return {
    quantity: quantity(ledger.quantity),
    costBasis: amount(ledger.costBasis),
    realizedPnl: amount(ledger.realizedPnl),
    cycleRealizedPnl: amount(ledger.cycleRealizedPnl),
    lots: ledger.lots,
    nextLotSerial: ledger.nextLotSerial,
    reliefMethod: ledger.reliefMethod,
    lastEffectiveDate: ledger.lastEffectiveDate,
    washMemory: ledger.washMemory,
  };
}

/**
 * From here on lots are kept in the order of the method, too: for replays, where many sales follow
 * each other. For a single sale, looking through the lots is cheaper.
 */
export function keepRanked(ledger: LotLedger): void {
  const { reliefMethod, ranked, lots } = ledger;
  if (reliefMethod !== 'HIFO' && reliefMethod !== 'LOFO') return;
  if (ranked?.method !== reliefMethod) ledger.ranked = rankLots(reliefMethod, lots);
}

/** For lots that were changed as a whole. */
function replaceLots(ledger: LotLedger, lots: readonly TaxLot[]): void {
  ledger.lots = lots.slice();
  ledger.ranked = null;
}

export type CountedTrade = Pick<Trade, 'side' | 'effectiveDate' | 'tradeId'>;

/** Counts what a trade did. Its lot has the trade's own day, also when that is long past. */
export function countTrade(ledger: LotLedger, trade: CountedTrade, effects: LotEffects): void {
  const { allocations, opened, effect, realizedPnl } = effects;
  const isPooled = effects.reliefMethod === 'AVERAGE';
  if (isPooled) pool(ledger);
  if (effect === 'NEW_TRADE') ledger.cycleRealizedPnl = 0n;

  for (const allocation of allocations) {
    take(ledger, allocation);
    ledger.quantity += trade.side === 'BUY' ? allocation.takenQuantity : -allocation.takenQuantity;
    ledger.costBasis -= allocation.basisOut;
  }
  addGain(ledger, realizedPnl);
  if (opened !== null) {
    if (allocations.length > 0) ledger.cycleRealizedPnl = 0n;
    open(ledger, trade, opened);
  }
  if (isPooled) pool(ledger);
}

function open(ledger: LotLedger, trade: CountedTrade, opened: OpenedLot): void {
  const lot = openedLot({
    lotId: opened.lotId,
    serial: ledger.nextLotSerial,
    openDate: trade.effectiveDate,
    quantity: opened.quantity,
    costBasis: opened.costBasis,
  });
  insert(ledger, trade.tradeId === lot.lotId ? lot : { ...lot, sourceTradeId: trade.tradeId });
}

/**
 * Counts what a trade did, and remembers what it lost. Answers with the wash sales that follow from
 * it: they are not counted yet.
 */
export function countWashTrade(
  ledger: LotLedger,
  trade: CountedTrade,
  effects: LotEffects,
): readonly WashSaleAdjustment[] {
  const before = ledger.lots.slice();
  countTrade(ledger, trade, effects);
  const { adjustments, memory } = washSales(
    ledger.washMemory,
    { ...trade, allocations: effects.allocations, openedLotId: effects.opened?.lotId ?? null },
    { before, after: ledger.lots, method: ledger.reliefMethod },
  );
  ledger.washMemory = memory;
  return adjustments;
}

/** Losses put off move from the gains into the basis of the lots that replaced what was sold. */
export function countWashSales(
  ledger: LotLedger,
  adjustments: readonly WashSaleAdjustment[],
): void {
  if (adjustments.length === 0) return;
  replaceLots(ledger, afterWashSales(ledger.lots, adjustments));
  const disallowed = disallowedBy(adjustments);
  ledger.costBasis += disallowed;
  addGain(ledger, disallowed);
}

export function disallowedBy(adjustments: readonly WashSaleAdjustment[]): bigint {
  return adjustments.reduce((sum, each) => sum + each.disallowed, 0n);
}

export function countCorporateAction(
  ledger: LotLedger,
  { perLot, reliefMethod }: Pick<CorporateActionApplied, 'perLot' | 'reliefMethod'>,
): void {
  replaceLots(ledger, afterCorporateAction(ledger.lots, perLot, reliefMethod));
  ledger.quantity = ledger.lots.reduce((sum, lot) => sum + lot.quantity, 0n);
  ledger.costBasis = ledger.lots.reduce((sum, lot) => sum + lot.costBasis, 0n);
  addGain(
    ledger,
    perLot.reduce((sum, { gain }) => sum + gain, 0n),
  );
}

/** Adds a lot of the side that is open; its basis comes with it, and no cash moves. */
function addReceived(ledger: LotLedger, received: ReceivedLot): void {
  insert(ledger, {
    ...received,
    serial: ledger.nextLotSerial,
    washReplaced: NO_UNITS,
  });
  if (ledger.reliefMethod === 'AVERAGE') pool(ledger);
}

/** Receives lots one after the other; answers which they closed. */
export function countReceived(
  ledger: LotLedger,
  lots: readonly ReceivedLot[],
): readonly Allocation[] {
  const closed: Allocation[] = [];
  for (const lot of lots) receive(ledger, lot, closed);
  return closed;
}

/**
 * Receives a lot, whatever is open. Where it meets the other side it closes units like a trade at
 * the basis that comes with it, oldest first: a position never has both.
 */
function receive(ledger: LotLedger, received: ReceivedLot, allocations: Allocation[]): void {
  let left = received;
  for (const open of ledger.lots.slice()) {
    if (open.quantity < 0n === left.quantity < 0n) break;
    const units = openUnits(open) < openUnits(left) ? openUnits(open) : openUnits(left);
    const closed = takeFrom(open, units);
    const met = takeFrom({ ...left, serial: 0, washReplaced: NO_UNITS }, units);
    take(ledger, { lotId: open.lotId, openDate: open.openDate, ...closed });
    ledger.quantity += open.quantity < 0n ? units : -units;
    ledger.costBasis -= closed.basisOut;
    const proceeds = -(met.basisOut + met.settledResetsOut);
    const gain = proceeds - closed.basisOut - closed.settledResetsOut;
    addGain(ledger, gain);
    allocations.push({
      lotId: open.lotId,
      openDate: open.openDate,
      takenQuantity: closed.takenQuantity,
      basisOut: closed.basisOut,
      settledResetsOut: closed.settledResetsOut,
      proceeds: amount(proceeds),
      gain: amount(gain),
      rank: allocations.length + 1,
    });
    const rest = openUnits(left) - units;
    if (rest === 0n) return;
    left = {
      ...left,
      quantity: quantity(left.quantity < 0n ? -rest : rest),
      costBasis: amount(left.costBasis - met.basisOut),
      settledResets: amount(left.settledResets - met.settledResetsOut),
    };
  }
  addReceived(ledger, left);
}

const NO_UNITS: Quantity = quantity(0n);

export function countReset(ledger: LotLedger, perLot: readonly LotReset[]): void {
  replaceLots(ledger, afterReset(ledger.lots, perLot));
  addGain(
    ledger,
    perLot.reduce((sum, { settlement }) => sum + settlement, 0n),
  );
}

/** The newest day in the lots only ever moves on. */
export function reachDate(ledger: LotLedger, date: BusinessDate): void {
  const { lastEffectiveDate } = ledger;
  if (lastEffectiveDate === null || date > lastEffectiveDate) ledger.lastEffectiveDate = date;
}

function addGain(ledger: LotLedger, gain: bigint): void {
  ledger.realizedPnl += gain;
  ledger.cycleRealizedPnl += gain;
}

function pool(ledger: LotLedger): void {
  if (ledger.lots.length > 1) replaceLots(ledger, pooled(ledger.lots));
}

/** In its place: after the lots of its day and before those of later days. */
function insert(ledger: LotLedger, lot: TaxLot): void {
  const { lots } = ledger;
  ledger.nextLotSerial = lot.serial + 1;
  ledger.quantity += lot.quantity;
  ledger.costBasis += lot.costBasis;
  const last = lots.at(-1);
  if (last === undefined || last.openDate <= lot.openDate) lots.push(lot);
  else lots.splice(firstAfter(lots, lot.openDate), 0, lot);
  if (ledger.ranked !== null) addRanked(ledger.ranked, lot);
}

/** A lot that loses units keeps its place; one that loses all is gone. */
function take(
  { lots, ranked }: LotLedger,
  allocation: TakenFromLot & Pick<Allocation, 'lotId' | 'openDate'>,
): void {
  const index = placeOf(lots, allocation);
  const lot = lots[index];
  // Effects are recorded facts: where the lot is not found, the figures still count.
  if (lot === undefined) return;
  const left = afterTaking(lot, allocation);
  if (left !== null) lots[index] = left;
  else if (index === 0) lots.shift();
  else if (index === lots.length - 1) lots.pop();
  else lots.splice(index, 1);
  if (ranked === null) return;
  removeRanked(ranked, lot);
  if (left !== null) addRanked(ranked, left);
}

function placeOf(
  lots: readonly TaxLot[],
  { lotId, openDate }: Pick<Allocation, 'lotId' | 'openDate'>,
): number {
  if (lots[0]?.lotId === lotId) return 0;
  if (lots.at(-1)?.lotId === lotId) return lots.length - 1;
  for (let index = firstAfter(lots, openDate) - 1; index >= 0; index -= 1) {
    if (lots[index]?.lotId === lotId) return index;
  }
  return -1;
}

/** Place of the first lot opened after the date, by halving: lots lie in order of open date. */
function firstAfter(lots: readonly TaxLot[], date: BusinessDate): number {
  let low = 0;
  let high = lots.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const lot = lots[middle];
    if (lot !== undefined && lot.openDate <= date) low = middle + 1;
    else high = middle;
  }
  return low;
}
