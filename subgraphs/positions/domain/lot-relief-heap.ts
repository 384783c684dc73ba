/** Lots in an order of relief, worked out only as far as somebody asks. */

import type { TaxLot } from './tax-lot.ts';

/** How many lots are found by looking through all before a heap pays. */
const LOOKED_FOR = 2;

/**
 * Lots by `compare`, the earlier in the list first where it finds them equal.
 *
 * A sale mostly takes a lot or two: those are found in one pass each, and the rest are put in a
 * heap only when more are asked for. Nothing is sorted, and the list is not touched.
 */
export function* byRank(
  lots: readonly TaxLot[],
  compare: (a: TaxLot, b: TaxLot) => number,
): Iterable<TaxLot> {
  const rest = lots.map((lot, place) => ({ lot, place }));
  const precedes = (a: Ranked, b: Ranked): boolean => {
    const order = compare(a.lot, b.lot);
    return order < 0 || (order === 0 && a.place < b.place);
  };
  for (let found = 0; found < LOOKED_FOR && rest.length > 0; found += 1) {
    yield takeFirst(rest, precedes).lot;
  }
  for (let start = (rest.length >> 1) - 1; start >= 0; start -= 1) sink(rest, start, precedes);
  for (;;) {
    const [first] = rest;
    const last = rest.pop();
    if (first === undefined || last === undefined) return;
    yield first.lot;
    if (rest.length === 0) return;
    rest[0] = last;
    sink(rest, 0, precedes);
  }
}

interface Ranked {
  readonly lot: TaxLot;
  readonly place: number;
}
type Precedes = (a: Ranked, b: Ranked) => boolean;

/** Takes out the one that precedes all others; the last one fills its place. */
function takeFirst(rest: Ranked[], precedes: Precedes): Ranked {
  const first = rest.reduce((best, each) => (precedes(each, best) ? each : best));
  const last = rest.pop();
  if (last !== undefined && last !== first) rest[rest.indexOf(first)] = last;
  return first;
}

/** Moves the one at `start` down until both of its children follow it. */
function sink(heap: Ranked[], start: number, precedes: Precedes): void {
  const sinking = heap[start];
  if (sinking === undefined) return;
  let place = start;
  for (;;) {
    const left = heap[2 * place + 1];
    const right = heap[2 * place + 2];
    if (left === undefined) break;
    const isRight = right !== undefined && precedes(right, left);
    const child = isRight ? right : left;
    if (!precedes(child, sinking)) break;
    heap[place] = child;
    place = 2 * place + (isRight ? 2 : 1);
  }
  heap[place] = sinking;
}
