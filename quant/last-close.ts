/** Where the last close of a name is, for sessions that come in ascending order. */

import type { PricePanel } from './backtest-input.ts';

export interface LastCloses {
  /** The latest session at or before `session` with a close of the name; -1 without one. */
  sessionOf(name: number, session: number): number;
  /** That close; NaN without one. */
  at(name: number, session: number): number;
}

/** Remembers how far it has looked, so that a long gap is walked through only once. */
export function createLastCloses({ names, closes }: PricePanel): LastCloses {
  const lookedUntil = new Int32Array(names).fill(-1);
  const found = new Int32Array(names).fill(-1);
  const sessionOf = (name: number, session: number): number => {
    const known = lookedUntil[name] ?? -1;
    for (let earlier = session; earlier > known; earlier--) {
      if ((closes[earlier * names + name] ?? Number.NaN) > 0) {
        found[name] = earlier;
        break;
      }
    }
    lookedUntil[name] = Math.max(known, session);
    return found[name] ?? -1;
  };
  return {
    sessionOf,
    at(name, session) {
      const last = sessionOf(name, session);
      return last < 0 ? Number.NaN : (closes[last * names + name] ?? Number.NaN);
    },
  };
}
