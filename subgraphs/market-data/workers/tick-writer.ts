/**
 * Writes accepted and held ticks in batches. One batch is in flight, and what comes meanwhile makes
 * the next (group commit); a small batch waits a little for more, unless somebody waits for it.
 *
 * A change enters by `add` and leaves when its batch is committed. A failed batch is tried again
 * until it succeeds or the writer stops: a lost answer does no harm, because writing again changes
 * nothing. Rows that the database refuses for what they hold are found by halving and left out.
 */

import { type Backoff, backoffMs, pause } from '#platform/backoff';
import type { Logger } from '#platform/logger';
import type { InstrumentId } from '../domain/instrument.ts';
import type { StoredTick } from '../domain/stored-tick.ts';
import type { TickWrite } from '../store/tick-repository.ts';
import type { TickChange } from '../use-cases/ingest-ticks.ts';
import { createWriteLane } from './write-lane.ts';

/** How far `last_price` may be behind. */
const LAST_PRICE_INTERVAL_MS = 1_000;
const RETRY: Backoff = { firstMs: 50, maxMs: 5_000 };
/** A stop gives the database this long to take what is left. */
const STOP_LIMIT_MS = 5_000;

export interface TickWriterDeps {
  readonly write: (write: TickWrite) => Promise<void>;
  readonly nowMs: () => number;
  readonly logger: Logger;
  readonly observer: {
    /** `lagMs` from receiving the oldest of them to the commit. */
    written(rows: number, lagMs: number): void;
    lost(rows: number): void;
  };
}

export type TickWriter = ReturnType<typeof createTickWriter>;

export function createTickWriter(deps: TickWriterDeps) {
  const lane = createWriteLane();
  const lastPrices = createDueLastPrices(deps.nowMs);
  const stopping = new AbortController();
  const givenUp = new AbortController();
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted || lane.rows() > 0 || lastPrices.isDirty()) {
      const isStopping = stopping.signal.aborted;
      if (!isStopping) {
        await lane.worthwhile(lastPrices.isDirty() ? LAST_PRICE_INTERVAL_MS : undefined);
      }
      const changes = lane.take();
      const due = lastPrices.take({ isLast: isStopping && changes.length === 0 });
      if (changes.length + due.length > 0) await written(merged(changes, due));
      lane.done(changes);
    }
  };

  const written = async (write: TickWrite): Promise<void> => {
    const startedAtMs = deps.nowMs();
    const lost = await writeInParts(deps, write, givenUp.signal);
    const rows = write.ticks.length;
    if (lost > 0) deps.observer.lost(lost);
    const oldest = write.ticks[0]?.tick.receivedAtMs ?? startedAtMs;
    deps.observer.written(rows - lost, deps.nowMs() - oldest);
  };

  return {
    add(change: TickChange): void {
      lane.add(change);
      lastPrices.note(change.ticks);
    },

    /** Resolves when there is room for one more batch. */
    room: lane.room,

    /** Resolves when all that was added so far is committed. */
    committed: lane.committed,

    unwrittenRows: lane.rows,

    start(): void {
      running ??= run();
    },

    /** Writes what is left; gives up when the database does not take it in time. */
    async stop(): Promise<void> {
      stopping.abort();
      lane.hurry();
      const finished = await Promise.race([
        (running ?? Promise.resolve()).then(() => true),
        pause(STOP_LIMIT_MS, givenUp.signal).then(() => false),
      ]);
      givenUp.abort();
      if (!finished) {
        deps.logger.error({ rows: lane.rows() }, 'ticks were not stored before the stop');
      }
    },
  };
}

/** The newest tick per instrument that `last_price` does not have yet. */
function createDueLastPrices(nowMs: () => number) {
  let dirty = new Map<InstrumentId, StoredTick>();
  let takenAtMs = Number.NEGATIVE_INFINITY;
  return {
    isDirty: () => dirty.size > 0,
    note(ticks: readonly StoredTick[]): void {
      for (const tick of ticks) dirty.set(tick.instrumentId, tick);
    },
    take({ isLast }: { readonly isLast: boolean }): readonly StoredTick[] {
      const now = nowMs();
      if (dirty.size === 0) return [];
      if (!isLast && now - takenAtMs < LAST_PRICE_INTERVAL_MS && now >= takenAtMs) return [];
      takenAtMs = now;
      const due = [...dirty.values()];
      dirty = new Map();
      return due;
    },
  };
}

function merged(changes: readonly TickChange[], lastPrices: readonly StoredTick[]): TickWrite {
  return {
    ticks: changes.flatMap((change) => change.ticks),
    held: changes.flatMap((change) => change.held),
    ended: changes.flatMap((change) => change.ended),
    lastPrices,
  };
}

/**
 * Tries until the database takes it; answers with how many ticks it refused for good, because of
 * what they hold. Gives up when the signal is aborted.
 */
async function writeInParts(
  deps: TickWriterDeps,
  write: TickWrite,
  signal: AbortSignal,
): Promise<number> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      await deps.write(write);
      return 0;
    } catch (error) {
      if (isRefusedForContent(error)) return writeHalves(deps, write, { signal, error });
      deps.logger.warn({ err: error, attempt }, 'ticks could not be stored, trying again');
      await pause(backoffMs(attempt, RETRY), signal);
    }
  }
  return 0;
}

async function writeHalves(
  deps: TickWriterDeps,
  write: TickWrite,
  { signal, error }: { readonly signal: AbortSignal; readonly error: unknown },
): Promise<number> {
  const halves = halvesOf(write);
  if (halves === null) {
    deps.logger.error({ err: error, write }, 'a row cannot be stored and is left out');
    return write.ticks.length;
  }
  const [first, second] = halves;
  return (await writeInParts(deps, first, signal)) + (await writeInParts(deps, second, signal));
}

const NOTHING: TickWrite = { ticks: [], held: [], ended: [], lastPrices: [] };

/** Ticks apart from the rest first, then half and half; null for a single row. */
function halvesOf(write: TickWrite): readonly [TickWrite, TickWrite] | null {
  const kinds = (['ticks', 'held', 'ended', 'lastPrices'] as const).filter(
    (kind) => write[kind].length > 0,
  );
  const [kind] = kinds;
  if (kind === undefined) return null;
  const rows = write[kind];
  if (kinds.length > 1)
    return [
      { ...NOTHING, [kind]: rows },
      { ...write, [kind]: [] },
    ];
  if (rows.length === 1) return null;
  const middle = rows.length >> 1;
  return [
    { ...NOTHING, [kind]: rows.slice(0, middle) },
    { ...NOTHING, [kind]: rows.slice(middle) },
  ];
}

/** SQLSTATE classes 22 (data) and 23 (constraint): the same rows fail again. */
function isRefusedForContent(error: unknown): boolean {
  const isCoded = typeof error === 'object' && error !== null && 'code' in error;
  const code = isCoded ? error.code : undefined;
  return typeof code === 'string' && /^2[23]/.test(code);
}
