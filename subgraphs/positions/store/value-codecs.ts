/** How values of the domain lie in the JSON columns of events, snapshots and checkpoints. */

import { businessDate } from '#kernel/business-date';
import { type Decimal, decimal, formatDecimal } from '#kernel/decimal';
import { type Amount, amount, type Price, price, type Quantity, quantity } from '#kernel/money';
import { type CompressedLots, compressLots, inflateLots } from '../domain/compressed-lots.ts';
import { type ElectedLot, LOT_RELIEF_METHODS } from '../domain/lot-relief.ts';
import {
  CORRECTION_REFUSAL_REASONS,
  type Figures,
  type ForwardBooking,
  type LotState,
  type Position,
  RECONCILIATION_STATUSES,
} from '../domain/position.ts';
import {
  type Allocation,
  type Lateness,
  type LotEffects,
  type OpenedLot,
  type Restatement,
  TRADE_EFFECTS,
  type TradeTarget,
} from '../domain/position-event.ts';
import type { PositionKey } from '../domain/position-key.ts';
import type { TaxLot } from '../domain/tax-lot.ts';
import { SIDES, type Trade } from '../domain/trade.ts';
import {
  NO_WASH_MEMORY,
  type RememberedLoss,
  type WashMemory,
  type WashSaleAdjustment,
} from '../domain/wash-sale.ts';
import {
  asText,
  integer,
  type JsonCodec,
  known,
  list,
  nullable,
  oneOf,
  optional,
  record,
  text,
  truth,
  usually,
} from './json-codec.ts';

const asDecimal = <T extends bigint>(brand: (value: Decimal) => T): JsonCodec<T> =>
  asText<T>(formatDecimal, (stored) => brand(decimal(stored)));

export const amounts: JsonCodec<Amount> = asDecimal(amount);
export const quantities: JsonCodec<Quantity> = asDecimal(quantity);
export const prices: JsonCodec<Price> = asDecimal(price);
export const dates = asText(String, businessDate);
export const methods = oneOf(LOT_RELIEF_METHODS);
export const refusalReasons = oneOf(CORRECTION_REFUSAL_REASONS);

const texts = list(text);

const compressedLots = record<CompressedLots>({
  ids: texts,
  dates: texts,
  quantities: texts,
  bases: texts,
  serials: optional(list(integer)),
  trades: optional(texts),
  acquired: optional(texts),
  resets: optional(texts),
  parents: optional(list(nullable(text))),
  washed: optional(texts),
});

/** As parallel arrays, which are smaller than a list of lots. */
export const lots: JsonCodec<readonly TaxLot[]> = {
  write: (value) => compressedLots.write(compressLots(value)),
  read: (stored) => inflateLots(compressedLots.read(stored)),
};

export const electedLots = list(record<ElectedLot>({ lotId: text, quantity: quantities }));

/** What a trade has no columns for. */
export const tradeExtras = {
  clOrdId: usually(null, nullable(text)),
  electedLots: usually(null, nullable(electedLots)),
  overrideReason: usually(null, nullable(text)),
} as const;

/** Of a position: the key is not stored with it. */
export function tradeOf(key: PositionKey): JsonCodec<Trade> {
  return record<Trade>({
    ...tradeExtras,
    key: known(key),
    tradeId: text,
    side: oneOf(SIDES),
    quantity: quantities,
    price: prices,
    fees: amounts,
    effectiveDate: dates,
    executedAtMs: nullable(integer),
  });
}

export const tradeEffects = oneOf(TRADE_EFFECTS);
export const target = record<TradeTarget>({ tradeId: text, version: integer });
export const lateness = record<Lateness>({ tipDate: dates, bookedOn: dates });
export const lateOrNot = usually(null, nullable(lateness));

export const openedLot = record<OpenedLot>({
  lotId: text,
  quantity: quantities,
  costBasis: amounts,
});

/** The gain and the rank of each follow from the others. */
export const allocations: JsonCodec<readonly Allocation[]> = {
  write: (taken) => ({
    basisOut: taken.map(({ basisOut }) => formatDecimal(basisOut)),
    lotIds: taken.map(({ lotId }) => lotId),
    openDates: taken.map(({ openDate }) => openDate),
    proceeds: taken.map(({ proceeds }) => formatDecimal(proceeds)),
    ...(taken.some(({ settledResetsOut }) => settledResetsOut !== 0n) && {
      resetsOut: taken.map(({ settledResetsOut }) => formatDecimal(settledResetsOut)),
    }),
    taken: taken.map(({ takenQuantity }) => formatDecimal(takenQuantity)),
  }),
  read: (stored) => {
    const columns = allocationColumns.read(stored);
    return columns.lotIds.map((lotId, index): Allocation => {
      const at = (column: readonly string[] | undefined) => decimal(column?.[index] ?? '0');
      const basisOut = at(columns.basisOut);
      const settledResetsOut = at(columns.resetsOut);
      const proceeds = at(columns.proceeds);
      return {
        lotId,
        openDate: businessDate(columns.openDates[index] ?? ''),
        takenQuantity: quantity(at(columns.taken)),
        basisOut: amount(basisOut),
        settledResetsOut: amount(settledResetsOut),
        proceeds: amount(proceeds),
        gain: amount(proceeds - basisOut - settledResetsOut),
        rank: index + 1,
      };
    });
  },
};

interface AllocationColumns {
  readonly lotIds: readonly string[];
  readonly openDates: readonly string[];
  readonly taken: readonly string[];
  readonly basisOut: readonly string[];
  readonly proceeds: readonly string[];
  readonly resetsOut?: readonly string[];
}

const allocationColumns = record<AllocationColumns>({
  lotIds: texts,
  openDates: texts,
  taken: texts,
  basisOut: texts,
  proceeds: texts,
  resetsOut: optional(texts),
});

export const effects = record<LotEffects>({
  effect: tradeEffects,
  reliefMethod: methods,
  allocations,
  opened: nullable(openedLot),
  realizedPnl: amounts,
});

export const figures = record<Figures>({
  quantity: quantities,
  costBasis: amounts,
  realizedPnl: amounts,
  lotCount: integer,
});

export const restatement = record<Restatement>({
  version: integer,
  tradeId: text,
  before: amounts,
  after: amounts,
});

export const washMemory = record<WashMemory>({
  losses: list(
    record<RememberedLoss>({
      saleTradeId: text,
      saleDate: dates,
      lossLotId: text,
      sourceTradeId: text,
      isShort: truth,
      holdingDays: integer,
      quantity: quantities,
      loss: amounts,
    }),
  ),
  latestDate: nullable(dates),
  splitCount: integer,
});

export const washAdjustment = record<WashSaleAdjustment>({
  saleTradeId: text,
  saleDate: dates,
  lossLotId: text,
  replacementLotId: text,
  adjustedLotId: text,
  quantity: quantities,
  disallowed: amounts,
  acquiredOn: dates,
});

const lotStateFields = {
  quantity: quantities,
  costBasis: amounts,
  realizedPnl: amounts,
  cycleRealizedPnl: amounts,
  lots,
  nextLotSerial: integer,
  reliefMethod: methods,
  lastEffectiveDate: nullable(dates),
  washMemory: usually(NO_WASH_MEMORY, washMemory),
} as const;

export const lotState = record<LotState>(lotStateFields);

export function bookings(key: PositionKey): JsonCodec<readonly ForwardBooking[]> {
  return list(
    record<ForwardBooking>({
      version: integer,
      trade: tradeOf(key),
      uti: nullable(text),
      hasWashSales: usually(false, truth),
    }),
  );
}

/** All of it, as checkpoints keep it. */
export function positionOf(key: PositionKey): JsonCodec<Position> {
  return record<Position>({
    ...lotStateFields,
    version: integer,
    reconciliationStatus: oneOf(RECONCILIATION_STATUSES),
    statusReason: nullable(refusalReasons),
    pendingBackdated: integer,
    pendingForward: bookings(key),
  });
}
