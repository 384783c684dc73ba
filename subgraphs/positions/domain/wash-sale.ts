/**
 * Wash sales (US IRC 1091): a loss is disallowed as far as the same instrument was bought within 30
 * days before or after the sale; it goes into the basis of what was bought.
 */

import { addDays, type BusinessDate, daysBetween } from '#kernel/business-date';
import { divideHalfEven } from '#kernel/decimal';
import { type Amount, amount, type Quantity, quantity } from '#kernel/money';
import type { UnitRatio } from './corporate-action.ts';
import { type LotReliefMethod, takeFrom } from './lot-relief.ts';
import { isShort, openUnits, type TaxLot } from './tax-lot.ts';

/** Calendar days on either side of the sale, both ends counted: 61 with the day itself. */
export const WASH_WINDOW_DAYS = 30;
/** Losses remembered for one position; beyond it the oldest are forgotten first. */
export const MAX_REMEMBERED_LOSSES = 10_000;

/** What a sale lost on one lot, as far as nothing has replaced it yet. */
export interface RememberedLoss {
  readonly saleTradeId: string;
  readonly saleDate: BusinessDate;
  readonly lossLotId: string;
  /** The acquisition that lost: its own units never replace it. */
  readonly sourceTradeId: string;
  readonly isShort: boolean;
  /** From the lot's tax date to the sale. */
  readonly holdingDays: number;
  /** Not replaced yet, above zero. */
  readonly quantity: Quantity;
  /** On those units, above zero. */
  readonly loss: Amount;
}

/** What wash sales need to know of the past: part of the state of a position. */
export interface WashMemory {
  /** In order of sale, then of acquisition; none older than the window before `latestDate`. */
  readonly losses: readonly RememberedLoss[];
  /** Largest effective date of the trades seen; null before the first. */
  readonly latestDate: BusinessDate | null;
  /** Lots split so far: the number in the id of the last one. */
  readonly splitCount: number;
}

export const NO_WASH_MEMORY: WashMemory = { losses: [], latestDate: null, splitCount: 0 };

/** Units that replace units sold at a loss, and the loss that moves to them. */
export interface WashSaleAdjustment {
  readonly saleTradeId: string;
  readonly saleDate: BusinessDate;
  readonly lossLotId: string;
  /** The lot that was bought. */
  readonly replacementLotId: string;
  /** The lot that takes on the loss: the same, or the part split from it. */
  readonly adjustedLotId: string;
  /** Above zero. */
  readonly quantity: Quantity;
  /** Above zero: raises the basis of the adjusted lot and the realized gain of the position. */
  readonly disallowed: Amount;
  /** New tax date of the adjusted lot: earlier by the days for which the sold lot was held. */
  readonly acquiredOn: BusinessDate;
}

/** A trade that is in the lots, as wash sales see it. */
export interface WashTrade {
  readonly tradeId: string;
  readonly effectiveDate: BusinessDate;
  readonly allocations: readonly {
    readonly lotId: string;
    readonly takenQuantity: Quantity;
    readonly gain: Amount;
  }[];
  /** Null: the trade opened nothing. */
  readonly openedLotId: string | null;
}

export interface WashSales {
  readonly adjustments: readonly WashSaleAdjustment[];
  readonly memory: WashMemory;
}

/**
 * Finds what a trade washes: earlier losses, by the lot it opens, and its own losses, by lots
 * bought in the window and still open. Takes the lots before and after the trade; the adjustments
 * are not in them yet.
 *
 * Lots bought first are matched first, earlier losses before later ones. Units that have replaced
 * others, and what is left of the lot that was sold, do not count. The loss on a part of the units
 * is rounded half-even to 1e-8 and the last units take the rest. Short sales mirror this. A pool
 * (AVERAGE) has no lots to tell apart: nothing is washed.
 */
export function washSales(
  memory: WashMemory,
  trade: WashTrade,
  lots: {
    readonly before: readonly TaxLot[];
    readonly after: readonly TaxLot[];
    readonly method: LotReliefMethod;
  },
): WashSales {
  if (lots.method === 'AVERAGE') return { adjustments: [], memory };
  const { effectiveDate, openedLotId } = trade;
  const latestDate = later(memory.latestDate, effectiveDate);
  const opened = openedLotId === null ? [] : lots.after.filter((lot) => lot.lotId === openedLotId);
  const earlier = matchLosses(memory.losses, opened, memory.splitCount);

  const losses = lossesOf(trade, lots.before);
  const { from, to } = windowAround(effectiveDate);
  const bought =
    losses.length === 0
      ? []
      : lots.after.filter((lot) => lot.openDate >= from && lot.openDate <= to);
  const own = matchLosses(losses, bought, earlier.splitCount);

  const oldest = addDays(latestDate, -WASH_WINDOW_DAYS);
  const open = [...earlier.open, ...own.open].filter(({ saleDate }) => saleDate >= oldest);
  return {
    adjustments: [...earlier.adjustments, ...own.adjustments],
    memory: {
      losses: inOrderOfSale(open).slice(-MAX_REMEMBERED_LOSSES),
      latestDate,
      splitCount: own.splitCount,
    },
  };
}

interface Matches {
  readonly adjustments: readonly WashSaleAdjustment[];
  /** What no lot replaces. */
  readonly open: readonly RememberedLoss[];
  readonly splitCount: number;
}

function matchLosses(
  losses: readonly RememberedLoss[],
  bought: readonly TaxLot[],
  splitsBefore: number,
): Matches {
  const free = [...bought];
  const adjustments: WashSaleAdjustment[] = [];
  const open: RememberedLoss[] = [];
  let splitCount = splitsBefore;
  for (const loss of losses) {
    const window = windowAround(loss.saleDate);
    let unmatched: RememberedLoss | null = loss;
    for (let index = 0; unmatched !== null && index < free.length;) {
      const lot = free[index];
      if (lot === undefined || !replaces(lot, unmatched, window)) {
        index += 1;
        continue;
      }
      const adjustment = match(unmatched, lot, `${lot.lotId}~${splitCount + 1}`);
      adjustments.push(adjustment);
      unmatched = without(unmatched, adjustment);
      if (adjustment.adjustedLotId === lot.lotId) {
        free.splice(index, 1);
      } else {
        splitCount += 1;
        free.splice(index, 1, ...adjusted(lot, adjustment).slice(0, 1));
      }
    }
    if (unmatched !== null) open.push(unmatched);
  }
  return { adjustments, open, splitCount };
}

/**
 * The memory after a split: the same losses, on other units (rounded down to 1e-8), so that they
 * still meet the units that are bought from now on.
 */
export function washMemoryAfterSplit(memory: WashMemory, ratio: UnitRatio): WashMemory {
  const losses = memory.losses.flatMap((loss): readonly RememberedLoss[] => {
    const units = (loss.quantity * ratio.numerator) / ratio.denominator;
    return units === 0n ? [] : [{ ...loss, quantity: quantity(units) }];
  });
  return { ...memory, losses };
}

/** The lots after adjustments that are on record. */
export function afterWashSales(
  openLots: readonly TaxLot[],
  adjustments: readonly WashSaleAdjustment[],
): readonly TaxLot[] {
  return adjustments.reduce(
    (lots, adjustment) =>
      lots.flatMap((lot) => {
        return lot.lotId === adjustment.replacementLotId ? adjusted(lot, adjustment) : [lot];
      }),
    openLots,
  );
}

/** The units that replace come behind the rest of their lot and share its serial. */
function adjusted(lot: TaxLot, adjustment: WashSaleAdjustment): readonly TaxLot[] {
  const units = adjustment.quantity;
  const part = takeFrom(lot, units < openUnits(lot) ? units : openUnits(lot));
  const isWhole = part.takenQuantity === openUnits(lot);
  const sign = isShort(lot) ? -1n : 1n;
  const replacement: TaxLot = {
    ...lot,
    lotId: adjustment.adjustedLotId,
    parentLotId: isWhole ? lot.parentLotId : lot.lotId,
    acquiredOn: adjustment.acquiredOn,
    quantity: quantity(sign * part.takenQuantity),
    costBasis: amount(part.basisOut + adjustment.disallowed),
    settledResets: part.settledResetsOut,
    washReplaced: part.takenQuantity,
  };
  if (isWhole) return [replacement];
  const rest: TaxLot = {
    ...lot,
    quantity: quantity(lot.quantity - replacement.quantity),
    costBasis: amount(lot.costBasis - part.basisOut),
    settledResets: amount(lot.settledResets - part.settledResetsOut),
  };
  return [rest, replacement];
}

/** Losses of the sale, those of older lots first. */
function lossesOf(trade: WashTrade, before: readonly TaxLot[]): readonly RememberedLoss[] {
  const losing = trade.allocations.filter(({ gain }) => gain < 0n);
  if (losing.length === 0) return [];
  const takenByLot = new Map(losing.map((each) => [each.lotId, each]));
  return before.flatMap((lot): readonly RememberedLoss[] => {
    const taken = takenByLot.get(lot.lotId);
    if (taken === undefined) return [];
    return [
      {
        saleTradeId: trade.tradeId,
        saleDate: trade.effectiveDate,
        lossLotId: lot.lotId,
        sourceTradeId: lot.sourceTradeId,
        isShort: isShort(lot),
        holdingDays: daysBetween(lot.acquiredOn, trade.effectiveDate),
        quantity: taken.takenQuantity,
        loss: amount(-taken.gain),
      },
    ];
  });
}

interface Window {
  readonly from: BusinessDate;
  readonly to: BusinessDate;
}

function windowAround(date: BusinessDate): Window {
  return { from: addDays(date, -WASH_WINDOW_DAYS), to: addDays(date, WASH_WINDOW_DAYS) };
}

function replaces(lot: TaxLot, loss: RememberedLoss, { from, to }: Window): boolean {
  return (
    lot.sourceTradeId !== loss.sourceTradeId &&
    lot.washReplaced === 0n &&
    isShort(lot) === loss.isShort &&
    lot.openDate >= from &&
    lot.openDate <= to
  );
}

function match(loss: RememberedLoss, lot: TaxLot, splitLotId: string): WashSaleAdjustment {
  const free = openUnits(lot);
  const matched = free < loss.quantity ? free : loss.quantity;
  return {
    saleTradeId: loss.saleTradeId,
    saleDate: loss.saleDate,
    lossLotId: loss.lossLotId,
    replacementLotId: lot.lotId,
    adjustedLotId: matched === free ? lot.lotId : splitLotId,
    quantity: quantity(matched),
    disallowed: amount(
      matched === loss.quantity ? loss.loss : divideHalfEven(loss.loss * matched, loss.quantity),
    ),
    acquiredOn: addDays(lot.acquiredOn, -loss.holdingDays),
  };
}

function without(loss: RememberedLoss, adjustment: WashSaleAdjustment): RememberedLoss | null {
  const left = loss.quantity - adjustment.quantity;
  if (left === 0n) return null;
  return {
    ...loss,
    quantity: quantity(left),
    loss: amount(loss.loss - adjustment.disallowed),
  };
}

/** The sort is stable: losses of one day stay in the order in which they came. */
function inOrderOfSale(losses: readonly RememberedLoss[]): readonly RememberedLoss[] {
  return [...losses].sort((a, b) => daysBetween(b.saleDate, a.saleDate));
}

function later(a: BusinessDate | null, b: BusinessDate): BusinessDate {
  return a === null || b > a ? b : a;
}
