/** The changes that wait for the store, and the callers who wait for them. */

import { MAX_TICKS_PER_WRITE } from '../store/tick-repository.ts';
import type { TickChange } from '../use-cases/ingest-ticks.ts';
import { createBell, createGate } from './waiting.ts';

/** Rows accepted and not committed yet; above it ingestion waits. */
export const MAX_UNWRITTEN_ROWS = 50_000;
/** From here on a batch is worth a commit of its own. */
const WORTHWHILE_ROWS = 100;
const LINGER_MS = 50;

export function createWriteLane() {
  let waiting: TickChange[] = [];
  let rows = 0;
  let added = 0;
  let committed = 0;
  const callers: { readonly until: number; readonly resolve: () => void }[] = [];
  const bell = createBell();
  const gate = createGate(() => rows < MAX_UNWRITTEN_ROWS);

  return {
    rows: () => rows,
    /** Ends a wait for more. */
    hurry: bell.ring,

    add(change: TickChange): void {
      const isFirst = rows === 0;
      waiting.push(change);
      rows += rowsOf(change);
      added++;
      if (isFirst || rows >= WORTHWHILE_ROWS) bell.ring();
    },

    /** Until a batch is worth writing, or somebody waits for it, or `idleLimitMs` is over. */
    async worthwhile(idleLimitMs: number | undefined): Promise<void> {
      if (rows === 0) await bell.rung(idleLimitMs);
      if (rows > 0 && rows < WORTHWHILE_ROWS && callers.length === 0) await bell.rung(LINGER_MS);
    },

    take(): readonly TickChange[] {
      let count = 0;
      let size = 0;
      for (const change of waiting) {
        if (count > 0 && size + rowsOf(change) > MAX_TICKS_PER_WRITE) break;
        size += rowsOf(change);
        count++;
      }
      const changes = waiting.slice(0, count);
      waiting = waiting.slice(count);
      return changes;
    },

    done(changes: readonly TickChange[]): void {
      for (const change of changes) rows -= rowsOf(change);
      committed += changes.length;
      while (callers[0] !== undefined && callers[0].until <= committed) callers.shift()?.resolve();
      gate.update();
    },

    /** Resolves when all that was added so far is committed. */
    async committed(): Promise<void> {
      if (committed === added) return;
      await new Promise<void>((resolve) => {
        callers.push({ until: added, resolve });
        bell.ring();
      });
    },

    /** Resolves when there is room for one more batch. */
    room: gate.passed,
  };
}

function rowsOf(change: TickChange): number {
  return change.ticks.length + change.held.length + change.ended.length;
}
