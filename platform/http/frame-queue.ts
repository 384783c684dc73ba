/**
 * Ready messages on their way to one socket, in order, joined into one write.
 *
 * Modes:
 * - flowing: messages wait for the next flush only.
 * - behind: entered when more than `conflateAboveBytes` wait. Of messages that may be skipped only
 *   the newest of each slot is kept; the others wait as before. Left when the connection takes
 * more:
 *   the kept ones follow, the least recently changed first.
 * - closed: entered by `close`, and when more than `maxQueuedBytes` wait: what waits is dropped and
 *   the socket is closed as too slow. Nothing that must not be skipped is ever skipped.
 */

import type { FlushSchedule } from './flush-schedule.ts';
import type { FrameOutlet } from './frame-outlet.ts';

export interface FrameQueueLimits {
  readonly conflateAboveBytes: number;
  readonly maxQueuedBytes: number;
}

export const FRAME_QUEUE_LIMITS: FrameQueueLimits = {
  conflateAboveBytes: 256 * 1_024,
  maxQueuedBytes: 1_024 * 1_024,
};

export interface FrameQueueParts {
  readonly outlet: FrameOutlet;
  readonly schedule: FlushSchedule;
  readonly limits: FrameQueueLimits;
  /** Called once: more waits than may. */
  readonly tooSlow: () => void;
  /** A message was skipped for a newer one of its slot. */
  readonly skipped: () => void;
}

/** Below this nobody looks at how much waits. */
const UNREMARKABLE_BYTES = 16 * 1_024;

interface Kept {
  readonly start: string;
  readonly rest: string;
}

export class FrameQueue {
  readonly #parts: FrameQueueParts;
  readonly #stopListening: () => void;
  readonly #kept = new Map<object, Kept>();
  #keptBytes = 0;
  #isScheduled = false;
  #isBehind = false;
  #isClosed = false;

  constructor(parts: FrameQueueParts) {
    this.#parts = parts;
    this.#stopListening = parts.outlet.onDrain(() => this.flushAll());
  }

  /** A message that is delivered, or else the socket closed. */
  push(start: string, rest: string): void {
    if (this.#isClosed) return;
    const { outlet, schedule } = this.#parts;
    outlet.add(start, rest);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      schedule.add(this);
    }
    if (outlet.length() > UNREMARKABLE_BYTES) this.#weigh();
  }

  /** A message that a newer one of its slot may replace when the client is slow. */
  pushNewest(slot: object, start: string, rest: string): void {
    if (this.#isBehind) this.#keep(slot, { start, rest });
    else this.push(start, rest);
  }

  /** Nothing of the slot is written any longer, beside what is on its way already. */
  forget(slot: object): void {
    const kept = this.#kept.get(slot);
    if (kept === undefined) return;
    this.#kept.delete(slot);
    this.#keptBytes -= kept.start.length + kept.rest.length;
  }

  /** For the schedule: a full connection is left alone until it has drained. */
  flush(): void {
    this.#isScheduled = false;
    if (!this.#parts.outlet.isFull()) this.flushAll();
  }

  /** Before a message that has to come after all that waits, such as `complete`. */
  flushAll(): void {
    if (this.#isClosed) return;
    if (this.#isBehind) this.#releaseKept();
    this.#parts.outlet.write();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopListening();
    this.#kept.clear();
    this.#keptBytes = 0;
    this.#parts.outlet.clear();
  }

  #weigh(): void {
    const { outlet, limits } = this.#parts;
    if (outlet.length() + this.#keptBytes > limits.maxQueuedBytes) {
      this.close();
      this.#parts.tooSlow();
    } else if (outlet.length() + outlet.unsent() > limits.conflateAboveBytes) {
      this.#isBehind = true;
    }
  }

  #keep(slot: object, kept: Kept): void {
    if (this.#isClosed) return;
    if (this.#kept.has(slot)) this.#parts.skipped();
    this.forget(slot);
    this.#kept.set(slot, kept);
    this.#keptBytes += kept.start.length + kept.rest.length;
    this.#weigh();
  }

  #releaseKept(): void {
    this.#isBehind = false;
    const { outlet } = this.#parts;
    for (const { start, rest } of this.#kept.values()) outlet.add(start, rest);
    this.#kept.clear();
    this.#keptBytes = 0;
  }
}
