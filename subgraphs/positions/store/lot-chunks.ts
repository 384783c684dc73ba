/**
 * The lots of positions that have many, in rows of their own: a trade rewrites the rows of the lots
 * it changes and no others, however many lots there are.
 */

import type { TaxLot } from '../domain/tax-lot.ts';

/** Lots of consecutive serials in a chunk: what stays below the size of half a page. */
export const LOTS_PER_CHUNK = 32;
/** A position with more open lots has them in chunks, */
export const MAX_LOTS_IN_SNAPSHOT = 32;
/** and goes back to the snapshot with no more than these, so that none goes to and fro. */
export const MIN_LOTS_IN_CHUNKS = 16;

/** By number of the chunk; in each, the lots in order of serial, parts of a lot in their order. */
export type LotChunks = ReadonlyMap<number, readonly TaxLot[]>;

export interface ChunkChanges {
  /** The lots of each changed chunk; empty: the chunk is gone. */
  readonly changed: LotChunks;
  /** All chunks as they are after the change; null when the lots lie in the snapshot. */
  readonly chunks: () => LotChunks | null;
}

export const NO_CHUNK_CHANGES: ChunkChanges = { changed: new Map(), chunks: () => null };

export function chunkOf(lot: Pick<TaxLot, 'serial'>): number {
  return Math.floor(lot.serial / LOTS_PER_CHUNK);
}

/** What is to be written so that the chunks hold the lots `after`. */
export function chunkChanges(
  chunks: LotChunks | null,
  before: readonly TaxLot[],
  after: readonly TaxLot[],
): ChunkChanges {
  const limit = chunks === null ? MAX_LOTS_IN_SNAPSHOT : MIN_LOTS_IN_CHUNKS;
  if (after.length <= limit) {
    if (chunks === null) return NO_CHUNK_CHANGES;
    const gone = new Map([...chunks.keys()].map((chunk): [number, []] => [chunk, []]));
    return { changed: gone, chunks: () => null };
  }
  if (chunks === null) {
    const all = inChunks(after);
    return { changed: all, chunks: () => all };
  }
  const changed = changedChunks(chunks, before, after);
  return { changed, chunks: () => withChanges(chunks, changed) };
}

/** Takes the lots in the order of the position. */
export function inChunks(lots: readonly TaxLot[]): LotChunks {
  const chunks = new Map<number, TaxLot[]>();
  for (const lot of lots) addTo(chunks, lot);
  for (const each of chunks.values()) each.sort(bySerial);
  return chunks;
}

/** In the order of the position's lots: by open date, then by serial. */
export function lotsInOrder(chunks: Iterable<readonly TaxLot[]>): readonly TaxLot[] {
  return [...chunks].flat().sort(byOpening);
}

/**
 * Lots that an event left alone are the same objects before and after, and in the same order: one
 * walk over both finds the others.
 */
function changedChunks(
  chunks: LotChunks,
  before: readonly TaxLot[],
  after: readonly TaxLot[],
): LotChunks {
  const gone = new Set<TaxLot>();
  const come: TaxLot[] = [];
  let at = 0;
  for (const lot of after) {
    let old = before[at];
    while (old !== undefined && old !== lot && byOpening(old, lot) <= 0) {
      gone.add(old);
      at += 1;
      // The same lot, changed; the next one may be a part of it.
      if (old.serial === lot.serial) break;
      old = before[at];
    }
    if (old === lot) at += 1;
    else come.push(lot);
  }
  for (const old of before.slice(at)) gone.add(old);
  return written(chunks, { gone, come, after });
}

interface LotChanges {
  readonly gone: ReadonlySet<TaxLot>;
  readonly come: readonly TaxLot[];
  /** All lots, in order. */
  readonly after: readonly TaxLot[];
}

function written(chunks: LotChunks, { gone, come, after }: LotChanges): LotChunks {
  const changed = new Map<number, TaxLot[]>();
  const open = (chunk: number): void => {
    if (changed.has(chunk)) return;
    changed.set(
      chunk,
      (chunks.get(chunk) ?? []).filter((lot) => !gone.has(lot)),
    );
  };
  for (const lot of gone) open(chunkOf(lot));
  for (const lot of come) {
    open(chunkOf(lot));
    addTo(changed, lot);
  }
  for (const [chunk, lots] of changed) changed.set(chunk, inOrder(lots, after));
  return changed;
}

/** Parts of a lot share its serial, and only the position tells in which order they are. */
function inOrder(lots: TaxLot[], all: readonly TaxLot[]): TaxLot[] {
  if (lots.every(({ parentLotId }) => parentLotId === null)) return lots.sort(bySerial);
  const wanted = new Set(lots);
  return all.filter((lot) => wanted.has(lot)).sort(bySerial);
}

function withChanges(chunks: LotChunks, changed: LotChunks): LotChunks {
  const next = new Map(chunks);
  for (const [chunk, lots] of changed) {
    if (lots.length === 0) next.delete(chunk);
    else next.set(chunk, lots);
  }
  return next;
}

function addTo(chunks: Map<number, TaxLot[]>, lot: TaxLot): void {
  const chunk = chunkOf(lot);
  const lots = chunks.get(chunk);
  if (lots === undefined) chunks.set(chunk, [lot]);
  else lots.push(lot);
}

function bySerial(a: TaxLot, b: TaxLot): number {
  return a.serial - b.serial;
}

function byOpening(a: TaxLot, b: TaxLot): number {
  if (a.openDate !== b.openDate) return a.openDate < b.openDate ? -1 : 1;
  return a.serial - b.serial;
}
