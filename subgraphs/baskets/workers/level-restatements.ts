/** Hands restated closes to whoever subscribed; a slow reader has the newest of each day. */

import type { RestatementRow } from '../store/restatements.ts';
import { latestPerKeyStream } from './latest-per-key-stream.ts';

export interface ToldRestatement extends RestatementRow {
  readonly code: string;
}

export interface RestatementHub {
  readonly publish: (restatement: ToldRestatement) => void;
  /** From now on; ends with `return`. */
  subscribe(codes: readonly string[]): AsyncIterableIterator<ToldRestatement>;
}

export function createRestatementHub(): RestatementHub {
  const listeners = new Set<(restatement: ToldRestatement) => void>();
  return {
    publish(restatement) {
      for (const listener of listeners) listener(restatement);
    },

    subscribe(codes) {
      const wanted = new Set(codes);
      const stream = latestPerKeyStream<ToldRestatement>(({ code, date }) => `${code} ${date}`, {
        onEnd: () => listeners.delete(listen),
      });
      const listen = (restatement: ToldRestatement) => {
        if (wanted.has(restatement.code)) stream.push(restatement);
      };
      listeners.add(listen);
      return stream.items;
    },
  };
}
