/**
 * Publishes the levels that moved, not too often, and stores what was published.
 *
 * Idle: nothing moved. Waiting: something moved, and the timer runs until the last flush is
 * `conflateMs` old; the flush ends it. A level that jumped by more than 10 % is held for one flush.
 * Stopped: nothing is scheduled any longer.
 */

import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { Level } from '../domain/index-level.ts';
import type { LiveIndex } from '../domain/live-index.ts';
import { type LevelReading, needsSecondLook, readIndex } from '../domain/live-index-reading.ts';
import type { BasketState } from '../domain/transition-table.ts';
import type { LevelRepository, NewLevel } from '../store/levels.ts';
import type { LevelEngine } from './level-engine.ts';
import type { LevelHub, PublishedLevel } from './level-hub.ts';
import type { LevelMetrics } from './level-metrics.ts';
import type { ValuationSla } from './valuation-sla.ts';

export interface LevelPublisherDeps {
  readonly engine: Pick<LevelEngine, 'takeMoved' | 'markMoved'>;
  readonly hub: Pick<LevelHub, 'publish' | 'latest'>;
  readonly levels: Pick<LevelRepository, 'store'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: LevelMetrics;
  readonly sla: Pick<ValuationSla, 'onValued'>;
  readonly conflateMs: number;
}

const LEVELS_PER_WRITE = 1_000;
/** Valued all the same, so that the level is there when they go on. */
const FROZEN_STATES: ReadonlySet<BasketState> = new Set<BasketState>(['REBALANCING', 'SUSPENDED']);

export class LevelPublisher {
  readonly #deps: LevelPublisherDeps;
  /** The last level of each basket, whatever gap came after it. */
  readonly #standing = new Map<string, Level>();
  /** Jumped once: published at the next look, whatever it shows. */
  readonly #held = new Set<string>();
  readonly #toStore = new Map<string, PublishedLevel>();
  #timer: NodeJS.Timeout | undefined;
  /** When we received the newest price since the last flush; null without any. */
  #inputAtMs: number | null = null;
  #flushedAtMs = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  constructor(deps: LevelPublisherDeps) {
    this.#deps = deps;
  }

  heard(receivedAtMs: number): void {
    this.#inputAtMs = Math.max(receivedAtMs, this.#inputAtMs ?? receivedAtMs);
  }

  /** Publishes soon: at once when nothing was published lately. */
  schedule(): void {
    if (this.#isStopped || this.#timer) return;
    const { clock, conflateMs } = this.#deps;
    const dueInMs = this.#flushedAtMs + conflateMs - clock.nowMs();
    const waitMs = Math.max(0, Math.min(conflateMs, dueInMs));
    this.#timer = setTimeout(() => this.flush(), waitMs);
  }

  flush(): void {
    const { clock, engine, logger } = this.#deps;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushedAtMs = clock.nowMs();
    for (const index of engine.takeMoved()) {
      try {
        this.#look(index, this.#flushedAtMs);
      } catch (error) {
        logger.error({ err: error, code: index.definition.code }, 'a level was not published');
      }
    }
    this.#inputAtMs = null;
    if (this.#held.size > 0) this.schedule();
  }

  /** Stores the newest published level of each basket that moved since. */
  async store(): Promise<void> {
    const newest = [...this.#toStore.values()];
    for (let at = 0; at < newest.length; at += LEVELS_PER_WRITE) {
      const batch = newest.slice(at, at + LEVELS_PER_WRITE);
      await this.#deps.levels.store(batch.flatMap(newLevelOf), this.#deps.clock.nowMs());
      for (const each of batch) {
        if (this.#toStore.get(each.basketId) === each) this.#toStore.delete(each.basketId);
      }
    }
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #look(index: LiveIndex, nowMs: number): void {
    const { engine, hub, metrics } = this.#deps;
    const reading = readIndex(index, nowMs);
    // The base comes any moment: not worth telling.
    if (reading.gap === 'BASE_PENDING') return;
    const { basketId } = reading;
    if (FROZEN_STATES.has(index.definition.state)) {
      this.#freeze(index, nowMs);
      return;
    }
    if (this.#jumped(reading) && !this.#held.has(basketId)) {
      this.#held.add(basketId);
      metrics.secondLooks.inc();
      engine.markMoved(index);
      return;
    }
    this.#held.delete(basketId);
    const former = hub.latest(basketId);
    if (former && isSame(former, reading)) return;
    this.#publish(reading, former, nowMs);
    if (this.#inputAtMs === null || index.definition.state !== 'ACTIVE') return;
    const { code } = index.definition;
    this.#deps.sla.onValued({ basketId, code, inputAtMs: this.#inputAtMs, valuedAtMs: nowMs });
  }

  /** The last level stays, flagged while the basket is suspended; nothing is told without one. */
  #freeze({ definition }: LiveIndex, nowMs: number): void {
    const former = this.#deps.hub.latest(definition.basketId);
    if (!former || definition.state !== 'SUSPENDED' || former.quality === 'STALE') return;
    this.#publish({ ...former, quality: 'STALE' }, former, nowMs);
  }

  #jumped({ basketId, level }: LevelReading): boolean {
    const last = this.#standing.get(basketId);
    return level !== null && last !== undefined && needsSecondLook(last, level);
  }

  #publish(reading: LevelReading, former: PublishedLevel | undefined, nowMs: number): void {
    const { hub, metrics } = this.#deps;
    const next = (former?.sequence ?? 0n) + 1n;
    // Never below the clock, so that it goes on growing after a restart.
    const sequence = next > BigInt(nowMs) ? next : BigInt(nowMs);
    const published = { ...reading, sequence, publishedAtMs: nowMs };
    if (reading.level !== null) {
      this.#standing.set(reading.basketId, reading.level);
      this.#toStore.set(reading.basketId, published);
    }
    metrics.published.inc();
    hub.publish(published);
  }
}

function newLevelOf(published: PublishedLevel): NewLevel[] {
  const { level, divisor, asOfMs } = published;
  return level === null || divisor === null || asOfMs === null
    ? []
    : [{ ...published, level, divisor, asOfMs }];
}

function isSame(former: PublishedLevel, next: LevelReading): boolean {
  return (
    former.level === next.level &&
    former.asOfMs === next.asOfMs &&
    former.versionNumber === next.versionNumber &&
    former.gap === next.gap &&
    former.quality === next.quality &&
    former.staleWeight === next.staleWeight &&
    former.missing.join() === next.missing.join()
  );
}
