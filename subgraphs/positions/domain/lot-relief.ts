/** Which lots a closing trade takes, and how much of their basis goes with them. */

import { divideHalfEven, formatDecimal } from '#kernel/decimal';
import { refuse, type Refusal } from '#kernel/decision';
import { type Amount, amount, type Quantity, quantity } from '#kernel/money';
import { averageOrder } from './lot-relief-average.ts';
import { fifoOrder } from './lot-relief-fifo.ts';
import { hifoOrder } from './lot-relief-hifo.ts';
import { lifoOrder } from './lot-relief-lifo.ts';
import { lofoOrder } from './lot-relief-lofo.ts';
import { openUnits, type TaxLot } from './tax-lot.ts';

/** Methods that order the lots by themselves. */
export const ORDERED_RELIEF_METHODS = ['FIFO', 'LIFO', 'HIFO', 'LOFO', 'AVERAGE'] as const;
export type OrderedReliefMethod = (typeof ORDERED_RELIEF_METHODS)[number];

/** SPECIFIC takes the lots that somebody elects for each sale, and no others. */
export const LOT_RELIEF_METHODS = [...ORDERED_RELIEF_METHODS, 'SPECIFIC'] as const;
export type LotReliefMethod = (typeof LOT_RELIEF_METHODS)[number];

const ORDER_BY_METHOD: Readonly<
  Record<LotReliefMethod, (openLots: readonly TaxLot[]) => Iterable<TaxLot>>
> = {
  FIFO: fifoOrder,
  LIFO: lifoOrder,
  HIFO: hifoOrder,
  LOFO: lofoOrder,
  AVERAGE: averageOrder,
  // What no sale elects (the fraction a split leaves, a list for the eye) goes oldest first.
  SPECIFIC: fifoOrder,
};

/** Open lots in the order in which the method relieves them; takes them in order of opening. */
export function inReliefOrder(
  method: LotReliefMethod,
  openLots: readonly TaxLot[],
): readonly TaxLot[] {
  return [...ORDER_BY_METHOD[method](openLots)];
}

/** What leaves a lot. */
export interface TakenFromLot {
  /** Above zero, whichever side the lot has. */
  readonly takenQuantity: Quantity;
  /** Basis that leaves with the units; below zero for a short lot. */
  readonly basisOut: Amount;
  /** Their part of what price resets have paid. gain = proceeds - basisOut - settledResetsOut. */
  readonly settledResetsOut: Amount;
}

export interface LotTaking extends TakenFromLot {
  readonly lot: TaxLot;
}

/**
 * Takes up to `wanted` units (above zero) out of the lots; fewer when fewer are open.
 *
 * The basis that leaves a lot is pro rata, half-even to 1e-8, and what is left keeps the rest: the
 * last units take all that remains, so nothing leaks. So do the settled resets.
 */
export function relieve(
  method: OrderedReliefMethod,
  openLots: readonly TaxLot[],
  wanted: Quantity,
): readonly LotTaking[] {
  return takeInOrder(ORDER_BY_METHOD[method](openLots), wanted);
}

export function takeInOrder(lots: Iterable<TaxLot>, wanted: bigint): readonly LotTaking[] {
  const takings: LotTaking[] = [];
  let left = wanted;
  for (const lot of lots) {
    if (left === 0n) break;
    const open = openUnits(lot);
    const taken = left < open ? left : open;
    takings.push(takeFrom(lot, taken));
    left -= taken;
  }
  return takings;
}

/** The trail of `taken` units, at most those open, out of one lot. */
export function takeFrom(lot: TaxLot, taken: bigint): LotTaking {
  return {
    lot,
    takenQuantity: quantity(taken),
    basisOut: amount(shareOf(lot.costBasis, taken, openUnits(lot))),
    settledResetsOut: amount(shareOf(lot.settledResets, taken, openUnits(lot))),
  };
}

function shareOf(total: bigint, taken: bigint, open: bigint): bigint {
  return taken === open ? total : divideHalfEven(total * taken, open);
}

/** What is left of a lot: its other units, basis and resets; null when all units are taken. */
export function afterTaking(lot: TaxLot, taken: TakenFromLot): TaxLot | null {
  const left = openUnits(lot) - taken.takenQuantity;
  if (left <= 0n) return null;
  return {
    ...lot,
    quantity: quantity(lot.quantity < 0n ? -left : left),
    costBasis: amount(lot.costBasis - taken.basisOut),
    settledResets: amount(lot.settledResets - taken.settledResetsOut),
    // Units that have not replaced any stay the longest: only a pool has some of both.
    washReplaced: lot.washReplaced < left ? lot.washReplaced : quantity(left),
  };
}

/**
 * Lots that lost units keep their place; those that lost all are gone. Looks for them from both
 * ends and copies the lots between them in one piece, so that the first or last of 10,000 is cheap.
 */
export function afterTakings(
  lots: readonly TaxLot[],
  taken: readonly (TakenFromLot & { readonly lotId: string })[],
): readonly TaxLot[] {
  const pieces: (readonly TaxLot[])[] = [];
  let copied = 0;
  for (const [index, each] of placesOf(lots, taken)) {
    if (index > copied) pieces.push(lots.slice(copied, index));
    const lot = lots[index];
    const left = lot === undefined ? null : afterTaking(lot, each);
    if (left !== null) pieces.push([left]);
    copied = index + 1;
  }
  if (copied === 0) return lots;
  if (pieces.length === 0) return lots.slice(copied);
  const remaining: TaxLot[] = [];
  return remaining.concat(...pieces, lots.slice(copied));
}

function placesOf(
  lots: readonly TaxLot[],
  taken: readonly (TakenFromLot & { readonly lotId: string })[],
): readonly (readonly [number, TakenFromLot])[] {
  const wanted = new Map(taken.map((each) => [each.lotId, each]));
  const places: [number, TakenFromLot][] = [];
  const look = (index: number): void => {
    const each = wanted.get(lots[index]?.lotId ?? '');
    if (each === undefined) return;
    places.push([index, each]);
    wanted.delete(each.lotId);
  };
  for (let head = 0, tail = lots.length - 1; head <= tail && wanted.size > 0; head += 1) {
    look(head);
    if (tail > head) look(tail);
    tail -= 1;
  }
  return places.sort(([a], [b]) => a - b);
}

/** Units of one lot that somebody chose for a sale. */
export interface ElectedLot {
  readonly lotId: string;
  /** Above zero, whichever side the lot has. */
  readonly quantity: Quantity;
}

/** In order of precedence. */
export const LOT_ELECTION_REASONS = ['LOTS_NOT_ELECTED', 'INVALID_LOT_ELECTION'] as const;
export type LotElectionReason = (typeof LOT_ELECTION_REASONS)[number];

export type ElectedRelief =
  { readonly ok: true; readonly takings: readonly LotTaking[] } | Refusal<LotElectionReason>;

/**
 * Takes exactly the elected units, in the order of the election.
 *
 * Refuses, and never takes others instead, when a lot is not open, named twice or has too few
 * units, and when the election is not of `wanted` units (of all that are open, when a trade
 * crosses zero and wants more).
 */
export function relieveElected(
  openLots: readonly TaxLot[],
  wanted: Quantity,
  elected: readonly ElectedLot[],
): ElectedRelief {
  if (elected.length === 0) {
    return refuse(
      'LOTS_NOT_ELECTED',
      'electedLots: expected the lots to take, as the relief method is SPECIFIC, was empty',
    );
  }
  const lotsById = new Map(openLots.map((lot) => [lot.lotId, lot]));
  const takings: LotTaking[] = [];
  let left: bigint = wanted;
  for (const { lotId, quantity: units } of elected) {
    const lot = lotsById.get(lotId);
    if (lot === undefined) return invalidElection(`expected open lots, each once, was "${lotId}"`);
    if (units <= 0n || units > openUnits(lot)) {
      return invalidElection(
        `expected above 0 and at most the ${formatDecimal(openUnits(lot))} open units ` +
          `of lot "${lotId}", was ${formatDecimal(units)}`,
      );
    }
    lotsById.delete(lotId);
    takings.push(takeFrom(lot, units));
    left -= units;
  }
  const chosen = wanted - left;
  const open = openLots.reduce((sum, lot) => sum + openUnits(lot), 0n);
  const expected = wanted < open ? wanted : open;
  return chosen === expected
    ? { ok: true, takings }
    : invalidElection(
        `expected ${formatDecimal(expected)} units in all, were ${formatDecimal(chosen)}`,
      );
}

function invalidElection(message: string): Refusal<LotElectionReason> {
  return refuse('INVALID_LOT_ELECTION', `electedLots: ${message}`);
}
