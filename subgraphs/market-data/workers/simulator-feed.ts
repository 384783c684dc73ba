/**
 * Makes prices where there is no market: each instrument with a known close walks at random from
 * it. A symbol that a real source prices is left to that source.
 *
 * CONNECTING until the first instruments are known, LIVE until `stop`.
 */

import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import { pause } from '#platform/backoff';
import { nextStep, normalDraw, seededRandom, type WalkStep } from '../domain/random-walk.ts';
import type { SourceTick } from '../domain/tick.ts';
import { type Feed, type FeedSink, type FeedStatus, MAX_TICKS_PER_HANDOVER } from './feed.ts';

/** Instruments with a price of their own; those with the newest closes come first. */
export const MAX_SIMULATED_INSTRUMENTS = 1_000;
/** Of all instruments together, so that a demonstration does not fill a disk. */
export const MAX_SIMULATED_TICKS_PER_SECOND = 200;
const TICKS_PER_SECOND_PER_INSTRUMENT = 2;
const STEP_MS = 100;
/** How soon an instrument imported meanwhile gets a price; while there is none at all, sooner. */
const REFRESH_MS = 10_000;
const REFRESH_EMPTY_MS = 1_000;
const SOURCE = 'simulator';

export interface SimulatedInstrument {
  readonly symbol: string;
  readonly currency: string;
  readonly close: bigint;
}

export interface SimulatorOptions {
  readonly seed: number;
  readonly instruments: (limit: number) => Promise<readonly SimulatedInstrument[]>;
  readonly isPricedByMarket: (symbol: string) => boolean;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly logger: Logger;
  readonly stepMs?: number;
}

interface Walk {
  readonly currency: string;
  readonly random: () => number;
  price: bigint;
  movedAtMs: number;
}

export function createSimulatorFeed(options: SimulatorOptions): Feed {
  const { clock, stepMs = STEP_MS } = options;
  const walks = createWalks(options);
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let status: FeedStatus = {
    name: SOURCE,
    state: 'STOPPED',
    lastTickAtMs: null,
    missedTicks: 0,
    problem: null,
  };

  const run = async (sink: FeedSink): Promise<void> => {
    while (!stopping.signal.aborted) {
      await walks.refresh();
      const ticks = walks.step(stepMs);
      for (let from = 0; from < ticks.length; from += MAX_TICKS_PER_HANDOVER) {
        await sink.take(ticks.slice(from, from + MAX_TICKS_PER_HANDOVER));
        status = { ...status, state: 'LIVE', lastTickAtMs: clock.nowMs() };
      }
      await pause(stepMs, stopping.signal);
    }
  };

  return {
    start(sink) {
      status = { ...status, state: 'CONNECTING' };
      running ??= run(sink);
      return Promise.resolve();
    },
    async stop() {
      stopping.abort();
      await running;
      status = { ...status, state: 'STOPPED' };
    },
    status: () => status,
  };
}

/** One walk per instrument that has a close. */
function createWalks(options: SimulatorOptions) {
  const { clock, isPricedByMarket, logger, seed } = options;
  const walks = new Map<string, Walk>();
  const chance = seededRandom(seed);
  let refreshedAtMs = Number.NEGATIVE_INFINITY;

  return {
    /** Begins a walk for each instrument that is new; looks no more often than needed. */
    async refresh(): Promise<void> {
      const nowMs = clock.nowMs();
      if (nowMs - refreshedAtMs < (walks.size === 0 ? REFRESH_EMPTY_MS : REFRESH_MS)) return;
      refreshedAtMs = nowMs;
      try {
        const instruments = await options.instruments(MAX_SIMULATED_INSTRUMENTS);
        for (const { symbol, currency, close } of instruments) {
          if (walks.has(symbol) || walks.size >= MAX_SIMULATED_INSTRUMENTS) continue;
          const random = seededRandom(seed ^ seedOf(symbol));
          walks.set(symbol, { currency, random, price: close, movedAtMs: nowMs });
        }
      } catch (error) {
        logger.warn({ err: error }, 'the simulator could not look up instruments');
      }
    },

    /** Each instrument moves by the chance that makes its rate: not all move together. */
    step(stepMs: number): readonly SourceTick[] {
      const nowMs = clock.nowMs();
      const shared = MAX_SIMULATED_TICKS_PER_SECOND / Math.max(1, walks.size);
      const rate = Math.min(TICKS_PER_SECOND_PER_INSTRUMENT, shared);
      const ticks: SourceTick[] = [];
      for (const [symbol, walk] of walks) {
        if (chance() >= (rate * stepMs) / 1_000 || isPricedByMarket(symbol)) continue;
        const seconds = (nowMs - walk.movedAtMs) / 1_000;
        const moved = nextStep(walk.price, seconds, normalDraw(walk.random));
        walk.price = moved.price;
        walk.movedAtMs = nowMs;
        ticks.push(simulatedTick(symbol, walk.currency, { ...moved, nowMs }));
      }
      return ticks;
    },
  };
}

function simulatedTick(
  symbol: string,
  currency: string,
  step: WalkStep & { readonly nowMs: number },
): SourceTick {
  return {
    symbol,
    price: step.price,
    bid: step.bid,
    ask: step.ask,
    size: null,
    currency,
    eventTimeMs: step.nowMs,
    recordedEventTimeMs: null,
    source: SOURCE,
    sourceSequence: null,
    isSimulated: true,
  };
}

/** FNV-1a, so that each symbol walks its own way. */
function seedOf(symbol: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < symbol.length; place++) {
    hash = Math.imul(hash ^ symbol.charCodeAt(place), 0x01000193);
  }
  return hash >>> 0;
}
