/** Sequence numbers that last as long as this process: for tests, and for a vendor without past. */

import type { SequenceSource } from '../../domain/vendor.ts';

export function createMemorySequences(): SequenceSource {
  const lastByChannel = new Map<string, bigint>();
  return {
    reserve({ vendor, code, count }) {
      const channel = JSON.stringify([vendor, code]);
      const last = lastByChannel.get(channel) ?? 0n;
      lastByChannel.set(channel, last + BigInt(count));
      return Promise.resolve(last + 1n);
    },
  };
}
