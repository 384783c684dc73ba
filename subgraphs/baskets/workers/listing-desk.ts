/**
 * Keeps every basket's standing with the vendors in hand: reads it at the start and after each step
 * of its life, tells the vendors' workers and the publishing of it, and ends listings and removals
 * whose time has come. What fails is tried again with the next look.
 */

import type { BasketTransitioned } from '#kernel/topics/basket-transitions';
import type { TailEvent } from '#platform/event-log/tail-reader';
import type { TopicTail } from '#platform/event-log/topic-tail';
import type { Logger } from '#platform/logger';
import type { Level } from '../domain/index-level.ts';
import type { VendorStanding } from '../domain/vendor-standing.ts';
import type { VendorStandingReader } from '../store/vendor-standings.ts';
import {
  finishDelisting,
  finishListing,
  isTakenOff,
  nextStepOf,
  startListing,
} from '../use-cases/list-basket.ts';
import type { LevelNow } from '../use-cases/publish-price.ts';
import { reportVendorStatus, type VendorReport } from '../use-cases/report-vendor-status.ts';
import type { SystemDeps } from '../use-cases/submit-command.ts';
import { type OneAtATime, oneAtATime, repeat, type Repeating } from './repeating.ts';
import { createBulkhead } from './vendors/bulkhead.ts';

export interface ListingDeskDeps extends SystemDeps {
  readonly transitions: Pick<TopicTail<BasketTransitioned>, 'follow'>;
  readonly vendorStandings: Pick<VendorStandingReader, 'openBasketIds' | 'standings'>;
  readonly levelOf: (basketId: string) => LevelNow | undefined;
  /** Hears of every standing as it is read, with the one before it. */
  readonly onStanding: (standing: VendorStanding, former: VendorStanding | undefined) => void;
  readonly logger: Logger;
}

const BASKETS_PER_READ = 200;
/** Of the 20 connections of the pool: the others are for people's requests. */
const COMMANDS_AT_ONCE = 12;
const COMMANDS_WAITING = 20_000;
/** For a first level, and for whatever failed. */
const LOOK_EVERY_MS = 200;

export class ListingDesk {
  readonly #deps: ListingDeskDeps;
  readonly #standings = new Map<string, VendorStanding>();
  readonly #changed = new Set<string>();
  /** Baskets that a step is on its way for. */
  readonly #busy = new Set<string>();
  readonly #commands = createBulkhead({ atOnce: COMMANDS_AT_ONCE, waiting: COMMANDS_WAITING });
  readonly #running = new Set<Promise<unknown>>();
  readonly #reading: OneAtATime;
  #stream: AsyncIterableIterator<TailEvent<BasketTransitioned>> | undefined;
  #following: Promise<void> | undefined;
  #looks: Repeating | undefined;
  #isStopped = false;

  constructor(deps: ListingDeskDeps) {
    this.#deps = deps;
    const read = () => this.#readChanged();
    this.#reading = oneAtATime('standings with vendors', read, deps.logger);
  }

  standings(): Iterable<VendorStanding> {
    return this.#standings.values();
  }

  /** Resolves when all that is open has been read; `recall` hears of it before it is told. */
  async start(recall: (basketIds: readonly string[]) => Promise<void>): Promise<void> {
    const { logger, transitions, vendorStandings } = this.#deps;
    this.#stream = await transitions.follow({ after: null });
    this.#following = this.#follow(this.#stream);
    const open = await vendorStandings.openBasketIds();
    for (let at = 0; at < open.length; at += BASKETS_PER_READ) {
      const ids = open.slice(at, at + BASKETS_PER_READ);
      await recall(ids);
      for (const standing of await vendorStandings.standings(ids)) this.#take(standing);
    }
    const look = () => this.#look();
    this.#looks = repeat(look, { everyMs: LOOK_EVERY_MS, name: 'listings that wait', logger });
  }

  /** On record, then read again. */
  async report(basketId: string, report: VendorReport): Promise<void> {
    await this.#run(() => reportVendorStatus(this.#deps, report));
    this.#note(basketId);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#stream?.return?.();
    await this.#following;
    await this.#looks?.stop();
    await this.#reading.settled();
    await Promise.allSettled(this.#running);
  }

  async #run(command: () => Promise<unknown>): Promise<void> {
    const running = this.#commands.run(command);
    this.#running.add(running);
    try {
      await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async #follow(transitions: AsyncIterable<TailEvent<BasketTransitioned>>): Promise<void> {
    for await (const { event } of transitions) this.#note(event.basketId);
  }

  #look(): void {
    if (this.#changed.size > 0) void this.#reading.ask();
    for (const standing of this.#standings.values()) void this.#goOn(standing);
  }

  #note(basketId: string): void {
    this.#changed.add(basketId);
    if (!this.#isStopped) void this.#reading.ask();
  }

  async #readChanged(): Promise<void> {
    const ids = [...this.#changed].slice(0, BASKETS_PER_READ);
    for (const id of ids) this.#changed.delete(id);
    try {
      const read = await this.#deps.vendorStandings.standings(ids);
      for (const standing of read) this.#take(standing);
    } catch (error) {
      for (const id of ids) this.#changed.add(id);
      throw error;
    }
    if (this.#changed.size > 0) void this.#reading.ask();
  }

  #take(standing: VendorStanding): void {
    const former = this.#standings.get(standing.basketId);
    this.#standings.set(standing.basketId, standing);
    this.#deps.onStanding(standing, former);
    void this.#goOn(standing);
  }

  /** One step at a time for a basket; never rejects. */
  async #goOn(standing: VendorStanding): Promise<void> {
    const { basketId, code } = standing;
    const isFree = !this.#isStopped && !this.#busy.has(basketId);
    const step = isFree ? this.#stepOf(standing) : null;
    if (step === null) return;
    this.#busy.add(basketId);
    try {
      await this.#run(step);
      this.#note(basketId);
    } catch (error) {
      const message = 'a listing did not go on; it is tried again';
      this.#deps.logger.error({ err: error, code }, message);
    } finally {
      this.#busy.delete(basketId);
    }
  }

  #stepOf(standing: VendorStanding): (() => Promise<unknown>) | null {
    const { state, vendors } = standing;
    const isUnsent = vendors.some(({ status }) => status === 'NOT_SENT');
    if (isUnsent && (state === 'LISTING' || state === 'ACTIVE')) {
      return () => startListing(this.#deps, standing);
    }
    if (isTakenOff(standing)) return () => finishDelisting(this.#deps, standing);
    const next = nextStepOf(standing);
    const level = this.#levelOf(standing);
    const isDue = next === 'GIVE_UP' || (next === 'COMPLETE' && level !== null);
    return isDue ? () => finishListing(this.#deps, standing, level) : null;
  }

  #levelOf({ basketId, versionNumber }: VendorStanding): Level | null {
    const now = this.#deps.levelOf(basketId);
    return now?.versionNumber === versionNumber ? now.level : null;
  }
}
