/** Whether what is kept of a position is what its history says. */

import { formatDecimal } from '#kernel/decimal';
import type { ForwardBooking, Position } from './position.ts';
import type { TaxLot } from './tax-lot.ts';

/** A figure that is not what the replay says. Null: not there. */
export interface Difference {
  /** Such as `quantity` or `lots[T1].costBasis`. */
  readonly field: string;
  readonly snapshot: string | null;
  readonly replay: string | null;
}

/** In order of the fields; empty when the snapshot is what the history comes to. */
export function differencesBetween(snapshot: Position, replay: Position): readonly Difference[] {
  const kept = figureTexts(snapshot);
  const replayed = figureTexts(replay);
  return [
    ...differing(kept, replayed),
    ...listDifferences('lots', lotTexts(snapshot.lots), lotTexts(replay.lots)),
    ...listDifferences(
      'pendingForward',
      bookingTexts(snapshot.pendingForward),
      bookingTexts(replay.pendingForward),
    ),
  ];
}

type Texts = Readonly<Record<string, string | null>>;

function figureTexts(position: Position): Texts {
  const { reliefMethod, lastEffectiveDate, reconciliationStatus, statusReason } = position;
  return {
    version: String(position.version),
    quantity: formatDecimal(position.quantity),
    costBasis: formatDecimal(position.costBasis),
    realizedPnl: formatDecimal(position.realizedPnl),
    cycleRealizedPnl: formatDecimal(position.cycleRealizedPnl),
    reliefMethod,
    lastEffectiveDate,
    reconciliationStatus,
    statusReason,
    pendingBackdated: String(position.pendingBackdated),
    nextLotSerial: String(position.nextLotSerial),
    washMemory: jsonOf(position.washMemory),
  };
}

function lotTexts(lots: readonly TaxLot[]): ReadonlyMap<string, Texts> {
  return new Map(
    lots.map((lot, index) => [
      lot.lotId,
      {
        place: String(index + 1),
        serial: String(lot.serial),
        openDate: lot.openDate,
        acquiredOn: lot.acquiredOn,
        quantity: formatDecimal(lot.quantity),
        costBasis: formatDecimal(lot.costBasis),
        settledResets: formatDecimal(lot.settledResets),
        sourceTradeId: lot.sourceTradeId,
        parentLotId: lot.parentLotId,
        washReplaced: formatDecimal(lot.washReplaced),
      },
    ]),
  );
}

function bookingTexts(bookings: readonly ForwardBooking[]): ReadonlyMap<string, Texts> {
  return new Map(
    bookings.map(({ version, trade, uti, hasWashSales }, index) => [
      trade.tradeId,
      {
        place: String(index + 1),
        version: String(version),
        trade: jsonOf({ ...trade, key: trade.key.text }),
        uti,
        hasWashSales: String(hasWashSales),
      },
    ]),
  );
}

/** Decimals as text, which JSON has no other form for, and fields in order of name. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_field, each: unknown) => {
    if (typeof each === 'bigint') return each.toString();
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each;
    return Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function listDifferences(
  list: string,
  kept: ReadonlyMap<string, Texts>,
  replayed: ReadonlyMap<string, Texts>,
): readonly Difference[] {
  const ids = new Set([...kept.keys(), ...replayed.keys()]);
  return [...ids].flatMap((id) => {
    const snapshot = kept.get(id);
    const replay = replayed.get(id);
    const field = `${list}[${id}]`;
    if (snapshot === undefined || replay === undefined) {
      return [
        {
          field,
          snapshot: snapshot === undefined ? null : jsonOf(snapshot),
          replay: replay === undefined ? null : jsonOf(replay),
        },
      ];
    }
    return differing(snapshot, replay).map((each) => ({
      ...each,
      field: `${field}.${each.field}`,
    }));
  });
}

function differing(kept: Texts, replayed: Texts): readonly Difference[] {
  return Object.entries(kept).flatMap(([field, snapshot]) => {
    const replay = replayed[field] ?? null;
    return snapshot === replay ? [] : [{ field, snapshot, replay }];
  });
}
