/**
 * Replays recorded ticks at a chosen speed. Event times are moved to now and keep their distances,
 * divided by the speed; the recorded ones stay in the lineage. The recorder's clock may have run
 * beside the exchange's: the difference at the first row of a file is taken out.
 *
 * CONNECTING from `start` to the first tick, LIVE until the end of the files, then FINISHED, or the
 * beginning again with `loops`. DOWN when a file cannot be read.
 */

import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import { pause } from '#platform/backoff';
import type { SourceTick } from '../domain/tick.ts';
import { type Feed, type FeedSink, type FeedStatus, MAX_TICKS_PER_HANDOVER } from './feed.ts';
import { isRow, openRecording, type PlacedRow, type Recording } from './recording.ts';

export interface ReplayOptions {
  readonly files: readonly string[];
  /** 2 is twice as fast as it was. */
  readonly speed: number;
  readonly loops?: boolean;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Logger;
}

/** Rows due within this time go out together. */
const SLICE_MS = 5;
/** A replay further behind than this goes on later, instead of sending ever older ticks. */
const MAX_LAG_MS = 1_000;

export interface ReplayFeed extends Feed {
  /** Resolves when the files have ended, or cannot be read, or `stop` was called. */
  finished(): Promise<void>;
}

export function createReplayFeed(options: ReplayOptions): ReplayFeed {
  const recording = openRecording(options.files);
  const stopping = new AbortController();
  let status: FeedStatus = {
    name: 'replay',
    state: 'STOPPED',
    lastTickAtMs: null,
    missedTicks: 0,
    problem: null,
  };
  const set = (change: Partial<FeedStatus>): void => {
    status = { ...status, ...change };
  };
  let running: Promise<void> | undefined;

  const run = async (sink: FeedSink): Promise<void> => {
    try {
      do {
        for (const source of recording.sources) await sink.restarted(source);
        await playOnce(options, recording, {
          sink,
          signal: stopping.signal,
          onTick: (lastTickAtMs) => set({ state: 'LIVE', lastTickAtMs }),
        });
      } while (options.loops === true && !stopping.signal.aborted);
      set({ state: 'FINISHED' });
    } catch (error) {
      const problem = error instanceof Error ? error.message : 'unknown';
      set({ state: 'DOWN', problem });
      options.logger.error({ err: error }, 'the replay ended early');
    }
  };

  return {
    start(sink) {
      set({ state: 'CONNECTING' });
      running ??= run(sink);
      return Promise.resolve();
    },
    async stop() {
      stopping.abort();
      await running;
      if (status.state !== 'DOWN') set({ state: 'STOPPED' });
    },
    status: () => status,
    finished: async () => running,
  };
}

interface Play {
  readonly sink: FeedSink;
  readonly signal: AbortSignal;
  readonly onTick: (atMs: number) => void;
}

async function playOnce(
  { speed, clock }: ReplayOptions,
  recording: Recording,
  { sink, signal, onTick }: Play,
): Promise<void> {
  let startedAtMs = clock.nowMs();
  const known = new Set<string>();
  let slice: SourceTick[] = [];

  const handOver = async (): Promise<void> => {
    if (slice.length === 0) return;
    const ticks = slice;
    slice = [];
    await sink.take(ticks);
    onTick(clock.nowMs());
  };

  for await (const row of recording.rows()) {
    if (signal.aborted) return;
    if (!isRow(row)) {
      sink.unreadable(row.source, `line ${row.line}: ${row.reason}`);
      continue;
    }
    if (slice.length >= MAX_TICKS_PER_HANDOVER) await handOver();
    const lateMs = clock.nowMs() - (startedAtMs + row.offsetMs / speed);
    if (lateMs > MAX_LAG_MS) startedAtMs += lateMs;
    const dueMs = startedAtMs + row.offsetMs / speed;
    const earlyMs = dueMs - clock.nowMs();
    if (earlyMs > SLICE_MS) {
      await handOver();
      await pause(earlyMs, signal);
    }
    if (!known.has(row.symbol)) {
      known.add(row.symbol);
      await sink.addInstruments([row]);
    }
    slice.push(replayedTick(row, dueMs, speed));
  }
  if (!signal.aborted) await handOver();
}

function replayedTick(row: PlacedRow, dueMs: number, speed: number): SourceTick {
  const aheadMs = (row.eventTimeMs - row.recordedAtMs - row.clockSkewMs) / speed;
  return {
    symbol: row.symbol,
    price: row.price,
    bid: row.bid,
    ask: row.ask,
    size: row.size,
    currency: row.currency,
    eventTimeMs: Math.round(dueMs + aheadMs),
    recordedEventTimeMs: row.eventTimeMs,
    source: row.source,
    sourceSequence: row.sourceSequence,
    isSimulated: false,
  };
}
