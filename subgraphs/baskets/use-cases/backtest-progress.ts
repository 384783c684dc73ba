/** How far a backtest on another thread is, and the wish that it stop: memory that both share. */

import type { BacktestWatch } from '#quant/backtest';

export type SharedProgress = Int32Array;

/** What the kernel reports to. */
export type BacktestProgress = Required<BacktestWatch>;

const DONE = 0;
const OF = 1;
const STOP = 2;
const CELLS = 3;

/** Of the way to the result: reading prices comes first, and cannot say how far it is. */
const SHARE_OF_LOADING = 0.5;
const SHARE_OF_COMPUTING = 0.49;

export function createProgress(): SharedProgress {
  return new Int32Array(new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT));
}

/** The side that computes. */
export function progressOf(shared: SharedProgress): BacktestProgress {
  return {
    onProgress(sessionsDone, sessions) {
      Atomics.store(shared, OF, sessions);
      Atomics.store(shared, DONE, sessionsDone);
    },
    shouldStop: () => Atomics.load(shared, STOP) === 1,
  };
}

export function askToStop(shared: SharedProgress): void {
  Atomics.store(shared, STOP, 1);
}

/** 0 to 1; 1 itself is left to the moment when the result is kept. */
export function fractionOf(shared: SharedProgress, isLoaded: boolean): number {
  const sessions = Atomics.load(shared, OF);
  const computed = sessions === 0 ? 0 : Atomics.load(shared, DONE) / sessions;
  return isLoaded ? SHARE_OF_LOADING + computed * SHARE_OF_COMPUTING : 0;
}
