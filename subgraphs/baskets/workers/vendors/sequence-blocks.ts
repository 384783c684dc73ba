/**
 * Sequence numbers at hand, taken from their durable source in blocks: a restart leaves the rest of
 * a block unused, so numbers may skip but never come again.
 */

import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { SequenceSource } from '../../domain/vendor.ts';
import { fullJitterMs } from './full-jitter.ts';
import type { VendorLimits } from './vendor-limits.ts';

/** Eighty minutes of one basket at its cadence. */
const BLOCK = 1_000;

interface Block {
  next: bigint;
  readonly end: bigint;
}

export interface SequenceBlocks {
  has(code: string): boolean;
  /** Only when it has one. */
  next(code: string): bigint;
  /** Fetches numbers when there are none; `onNumbers` is called when they are there. */
  want(code: string): void;
}

export function createSequenceBlocks(
  deps: {
    readonly vendor: string;
    readonly sequences: SequenceSource;
    readonly limits: Pick<VendorLimits, 'backoff'>;
    readonly clock: Pick<Clock, 'nowMs'>;
    readonly random: () => number;
    readonly logger: Logger;
  },
  onNumbers: (code: string) => void,
): SequenceBlocks {
  const { limits, logger, random, sequences, vendor } = deps;
  const blocks = new Map<string, Block>();
  const asked = new Set<string>();

  async function reserve(code: string, attempt: number): Promise<void> {
    try {
      const first = await sequences.reserve({ vendor, code, count: BLOCK });
      blocks.set(code, { next: first, end: first + BigInt(BLOCK) });
      asked.delete(code);
    } catch (error) {
      logger.warn({ err: error, vendor, code }, 'no sequence numbers; they are asked for again');
      const ms = fullJitterMs(attempt, { ...limits.backoff, random });
      setTimeout(() => void reserve(code, attempt + 1), ms).unref();
      return;
    }
    onNumbers(code);
  }

  const has = (code: string): boolean => {
    const block = blocks.get(code);
    return block !== undefined && block.next < block.end;
  };
  const want = (code: string): void => {
    if (has(code) || asked.has(code)) return;
    asked.add(code);
    void reserve(code, 0);
  };
  return {
    has,
    want,
    next(code) {
      const block = blocks.get(code);
      if (!block || block.next >= block.end) throw new Error(`no sequence number for ${code}`);
      const number = block.next;
      block.next += 1n;
      return number;
    },
  };
}
