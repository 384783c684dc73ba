/** What every source of live ticks looks like to the platform. */

import type { AssetClass } from '../domain/instrument.ts';
import type { SourceTick } from '../domain/tick.ts';

/** Ticks handed over at once. */
export const MAX_TICKS_PER_HANDOVER = 500;

export type FeedState =
  | 'STOPPED'
  /** Trying to reach its source. */
  | 'CONNECTING'
  | 'LIVE'
  /** Reached its end, as a recording does. */
  | 'FINISHED'
  /** Gave up, or waits before it tries again. */
  | 'DOWN';

export interface FeedStatus {
  readonly name: string;
  readonly state: FeedState;
  /** Epoch milliseconds of the newest tick by our clock; null before the first. */
  readonly lastTickAtMs: number | null;
  /** Ticks known to be missing, by the source's own numbers. */
  readonly missedTicks: number;
  /** Why it is down; null when it is not. */
  readonly problem: string | null;
}

/** An instrument that a feed brings along. */
export interface FeedInstrument {
  readonly symbol: string;
  readonly assetClass: AssetClass;
  readonly currency: string;
}

export interface FeedSink {
  /** Resolves when the next may be handed over: waiting for it keeps a fast feed in check. */
  take(ticks: readonly SourceTick[]): Promise<void>;
  /** A message of the source that is no tick; counted under the rule SCHEMA. */
  unreadable(source: string, reason: string): void;
  /** Adds those that are not known yet. */
  addInstruments(instruments: readonly FeedInstrument[]): Promise<void>;
  /** The source's numbers begin again. */
  restarted(source: string): Promise<void>;
}

export interface Feed {
  /** Resolves when it has begun; ticks come until `stop`, or until the source has ended. */
  start(sink: FeedSink): Promise<void>;
  /** Resolves when nothing more will come. */
  stop(): Promise<void>;
  status(): FeedStatus;
}
