/**
 * The changes of positions as streams. Every stream has a place of its own in the log: a slow
 * reader falls behind and misses nothing, and nobody waits for it.
 */

import type { TradeAppliedToPosition } from '#kernel/topics/trade-applied';
import { PlatformError } from '#platform/errors';
import { isSequence } from '../domain/sequence.ts';
import type { PositionFilter } from '../store/positions.ts';
import { type Change, ChangeTail, type ChangeTailDeps } from './change-tail.ts';

export class ChangeFeed {
  private readonly deps: ChangeTailDeps;
  private readonly tail: ChangeTail;
  private readonly streams = new Set<AbortController>();

  constructor(deps: ChangeTailDeps) {
    this.deps = deps;
    this.tail = new ChangeTail(deps);
  }

  /**
   * Changes after `after`, or all that commit once this has resolved, until return() or close().
   * Throws BAD_USER_INPUT on an `after` that is no sequence.
   */
  async changes(
    filter: PositionFilter,
    after: string | null,
  ): Promise<AsyncIterableIterator<Change>> {
    const from = placeOf(after) ?? (await this.deps.currentEnd());
    return this.openStream((signal) => this.follow(filter, from, signal));
  }

  /** Corrections: none are made yet. Open until return() or close(). */
  corrections(after: string | null): AsyncIterableIterator<never> {
    placeOf(after);
    return this.openStream(silentUntil);
  }

  nudge(): void {
    this.tail.nudge();
  }

  get followers(): number {
    return this.tail.followers;
  }

  /** Ends all streams. */
  async close(): Promise<void> {
    for (const stream of this.streams) stream.abort();
    this.streams.clear();
    await this.tail.close();
  }

  private async *follow(
    filter: PositionFilter,
    from: string,
    signal: AbortSignal,
  ): AsyncGenerator<Change, void, undefined> {
    let cursor = from;
    this.tail.attach();
    try {
      while (!signal.aborted) {
        const { changes, upTo } = await this.tail.readFrom(cursor);
        for (const change of changes) {
          if (matches(filter, change.applied)) yield change;
          if (signal.aborted) return;
        }
        const isNews = upTo !== cursor;
        cursor = upTo;
        if (!isNews) await this.tail.waitBeyond(cursor, signal);
      }
    } finally {
      this.tail.detach();
    }
  }

  /** A generator that waits does not hear return(): the signal ends its waiting first. */
  private openStream<T>(
    run: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
  ): AsyncIterableIterator<T> {
    const stream = new AbortController();
    this.streams.add(stream);
    const generator = run(stream.signal);
    const end = (): void => {
      this.streams.delete(stream);
      stream.abort();
    };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () => generator.next(),
      return: () => {
        end();
        return generator.return();
      },
      throw: (error: unknown) => {
        end();
        return generator.throw(error);
      },
    };
  }
}

/** Without leading zeros, so that places compare as text; null is now. */
function placeOf(after: string | null): string | null {
  if (after === null) return null;
  if (isSequence(after)) return BigInt(after).toString();
  throw new PlatformError(
    'BAD_USER_INPUT',
    `after: expected the sequence of a change, was ${JSON.stringify(after.slice(0, 40))}`,
  );
}

// oxlint-disable-next-line eslint/require-yield -- it is a stream, and a silent one
async function* silentUntil(signal: AbortSignal): AsyncGenerator<never, void, undefined> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

function matches(filter: PositionFilter, applied: TradeAppliedToPosition): boolean {
  const is = (wanted: string | null | undefined, found: string | null): boolean =>
    wanted === null || wanted === undefined || wanted.toUpperCase() === found;
  return (
    is(filter.bookId, applied.bookId) &&
    is(filter.accountId, applied.accountId) &&
    is(filter.symbol, applied.symbol) &&
    is(filter.contractId, applied.contractId) &&
    is(filter.status, applied.reconciliationStatus)
  );
}
