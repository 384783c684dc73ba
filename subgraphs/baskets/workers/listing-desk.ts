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
import { oneAtATime, repeat, type Repeating } from './repeating.ts';
import { createBulkhead } from './vendors/bulkhead.ts';

export interface ListingDeskDeps extends SystemDeps {
  readonly transitions: Pick<TopicTail<BasketTransitioned>, 'follow'>;
  readonly vendorStandings: Pick<VendorStandingReader, 'openBasketIds' | 'standings'>;
  readonly levelOf: (basketId: string) => LevelNow | undefined;
  /** Hears of every standing as it is read, with the one before it. */
  readonly onStanding: (standing: VendorStanding, former: VendorStanding | undefined) => void;
  readonly logger: Logger;
}

export interface ListingDesk {
  /** Resolves when all that is open has been read. */
  start(recall: (basketIds: readonly string[]) => Promise<void>): Promise<void>;
  /** On record, then read again. */
  report(report: VendorReport): Promise<void>;
  readonly standings: ReadonlyMap<string, VendorStanding>;
  stop(): Promise<void>;
}

const BASKETS_PER_READ = 200;
/** Leaves most of the pool to people's requests. */
const COMMANDS_AT_ONCE = 6;
const COMMANDS_WAITING = 20_000;
/** For a first level, and for whatever failed. */
const LOOK_EVERY_MS = 200;

export function createListingDesk(deps: ListingDeskDeps): ListingDesk {
  const { logger, vendorStandings: reader } = deps;
  const standings = new Map<string, VendorStanding>();
  const changed = new Set<string>();
  /** Baskets that a step is on its way for. */
  const busy = new Set<string>();
  const commands = createBulkhead({ atOnce: COMMANDS_AT_ONCE, waiting: COMMANDS_WAITING });
  const reading = oneAtATime('standings with vendors', readChanged, logger);
  let stream: AsyncIterableIterator<TailEvent<BasketTransitioned>> | undefined;
  let following: Promise<void> | undefined;
  let looks: Repeating | undefined;
  let isStopped = false;

  function note(...basketIds: readonly string[]): void {
    for (const basketId of basketIds) changed.add(basketId);
    if (!isStopped) void reading.ask();
  }

  async function readChanged(): Promise<void> {
    const ids = [...changed].slice(0, BASKETS_PER_READ);
    for (const id of ids) changed.delete(id);
    try {
      for (const standing of await reader.standings(ids)) take(standing);
    } catch (error) {
      for (const id of ids) changed.add(id);
      throw error;
    }
    if (changed.size > 0) note();
  }

  function take(standing: VendorStanding): void {
    const former = standings.get(standing.basketId);
    standings.set(standing.basketId, standing);
    deps.onStanding(standing, former);
    void goOn(standing);
  }

  /** One step at a time for a basket; never rejects. */
  async function goOn(standing: VendorStanding): Promise<void> {
    const { basketId, code } = standing;
    const step = isStopped || busy.has(basketId) ? null : stepOf(standing);
    if (step === null) return;
    busy.add(basketId);
    try {
      await commands.run(step);
      note(basketId);
    } catch (error) {
      logger.error({ err: error, code }, 'a listing did not go on; it is tried again');
    } finally {
      busy.delete(basketId);
    }
  }

  function stepOf(standing: VendorStanding): (() => Promise<unknown>) | null {
    const { state, vendors } = standing;
    const isUnsent = vendors.some(({ status }) => status === 'NOT_SENT');
    if (isUnsent && (state === 'LISTING' || state === 'ACTIVE')) {
      return () => startListing(deps, standing);
    }
    if (isTakenOff(standing)) return () => finishDelisting(deps, standing);
    const next = nextStepOf(standing);
    const isDue = next === 'GIVE_UP' || (next === 'COMPLETE' && levelOf(standing) !== null);
    return isDue ? () => finishListing(deps, standing, levelOf) : null;
  }

  function levelOf({ basketId, versionNumber }: VendorStanding): Level | null {
    const now = deps.levelOf(basketId);
    return now?.versionNumber === versionNumber ? now.level : null;
  }

  async function follow(transitions: AsyncIterable<TailEvent<BasketTransitioned>>) {
    for await (const { event } of transitions) note(event.basketId);
  }

  return {
    standings,

    async start(recall) {
      stream = await deps.transitions.follow({ after: null });
      following = follow(stream);
      const open = await reader.openBasketIds();
      for (let at = 0; at < open.length; at += BASKETS_PER_READ) {
        const ids = open.slice(at, at + BASKETS_PER_READ);
        await recall(ids);
        for (const standing of await reader.standings(ids)) take(standing);
      }
      const look = () => {
        if (changed.size > 0) note();
        for (const standing of standings.values()) void goOn(standing);
      };
      looks = repeat(look, { everyMs: LOOK_EVERY_MS, name: 'listings that wait', logger });
    },

    async report(report) {
      await commands.run(() => reportVendorStatus(deps, report));
      for (const { basketId, code } of standings.values()) if (code === report.code) note(basketId);
    },

    async stop() {
      isStopped = true;
      await stream?.return?.();
      await following;
      await looks?.stop();
      await reading.settled();
      await commands.run(() => Promise.resolve());
    },
  };
}
