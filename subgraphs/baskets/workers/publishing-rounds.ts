/**
 * Hands the price of every basket on the market to every vendor that lists it, each 5 s, and at
 * once
 * when it comes to the market or its standing changes. The ports keep the newest and drop the rest.
 */

import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type { IndexCalendar } from '../domain/basket-command.ts';
import type { Level } from '../domain/index-level.ts';
import { receiversOf, type VendorStanding } from '../domain/vendor-standing.ts';
import type { Publication, Vendor } from '../domain/vendor.ts';
import type { PublicationStore } from '../store/publications.ts';
import { type LevelNow, priceToPublish } from '../use-cases/publish-price.ts';
import type { PublishingRecord } from './publishing-record.ts';
import type { PublishingSla } from './publishing-sla.ts';

export const PUBLISH_EVERY_MS = 5_000;

export interface PublishingRoundsDeps {
  readonly levelOf: (basketId: string) => LevelNow | undefined;
  readonly publications: Pick<PublicationStore, 'lastAcked' | 'lastLevels'>;
  readonly record: Pick<PublishingRecord, 'keep'>;
  readonly sla: PublishingSla;
  readonly calendar: IndexCalendar;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly logger: Logger;
  readonly everyMs?: number;
}

interface Published {
  standing: VendorStanding;
  receivers: ReadonlySet<string>;
  lastLevel: Level | null;
}

export interface PublishingRounds {
  /** What the process before this one did, of baskets it left on the market. */
  recall(basketIds: readonly string[]): Promise<void>;
  see(standing: VendorStanding): void;
  onPublication(publication: Publication): void;
  run(vendors: readonly Pick<Vendor, 'name' | 'prices'>[], signal: AbortSignal): Promise<void>;
}

export function createPublishingRounds(deps: PublishingRoundsDeps): PublishingRounds {
  const { calendar, clock, sla } = deps;
  const baskets = new Map<string, Published>();
  const idsByCode = new Map<string, string>();
  const recalledLevels = new Map<string, Level>();
  const recalledAcks = new Map<string, number>();
  let vendorsByName: ReadonlyMap<string, Pick<Vendor, 'prices'>> = new Map();

  function see(standing: VendorStanding): void {
    const { basketId, code } = standing;
    const known = baskets.get(basketId);
    const lastLevel = recalledLevels.get(basketId) ?? null;
    const published = known ?? { standing, receivers: new Set(), lastLevel };
    const isChanged = published.standing.state !== standing.state;
    baskets.set(basketId, published);
    idsByCode.set(code, basketId);
    published.standing = standing;
    if (turn(published) || isChanged) publish(published);
    if (published.receivers.size === 0) baskets.delete(basketId);
  }

  /** Who receives it from now on; true when somebody is new. */
  function turn(published: Published): boolean {
    const { standing, receivers: before } = published;
    const { basketId, code, stateSinceMs } = standing;
    const nowMs = clock.nowMs();
    const receivers = new Set(receiversOf(standing, { nowMs, calendar }));
    for (const vendor of before) {
      if (receivers.has(vendor)) continue;
      vendorsByName.get(vendor)?.prices.forget(code);
      sla.forget({ vendor, basketId, code });
    }
    const fresh = [...receivers].filter((vendor) => !before.has(vendor));
    for (const vendor of fresh) {
      const ackedAtMs = recalledAcks.get(`${vendor} ${basketId}`);
      const sinceMs = ackedAtMs === undefined ? nowMs : Math.max(ackedAtMs, stateSinceMs);
      recalledAcks.delete(`${vendor} ${basketId}`);
      sla.watch({ vendor, basketId, code }, sinceMs);
    }
    published.receivers = receivers;
    return fresh.length > 0;
  }

  function publish(published: Published): void {
    const { standing, receivers, lastLevel } = published;
    const now = { level: levelOf(standing), lastPublished: lastLevel, nowMs: clock.nowMs() };
    const update = priceToPublish(standing, now);
    if (update === null) return;
    published.lastLevel = update.level;
    for (const vendor of receivers) {
      const answer = vendorsByName.get(vendor)?.prices.publish(update);
      if (answer?.kind === 'REFUSED') {
        deps.logger.error({ vendor, code: update.code, why: answer.why }, 'a price was not taken');
      }
    }
  }

  /** A level of another version than the one that is listed waits for its definition. */
  function levelOf({ basketId, versionNumber }: VendorStanding): LevelNow | undefined {
    const now = deps.levelOf(basketId);
    return now?.versionNumber === versionNumber ? now : undefined;
  }

  function round(): void {
    for (const [basketId, published] of baskets) {
      turn(published);
      if (published.receivers.size > 0) publish(published);
      else baskets.delete(basketId);
    }
  }

  return {
    see,

    async recall(basketIds) {
      const [levels, acks] = await Promise.all([
        deps.publications.lastLevels(basketIds),
        deps.publications.lastAcked(basketIds),
      ]);
      for (const [basketId, level] of levels) recalledLevels.set(basketId, level);
      for (const { vendor, basketId, ackedAtMs } of acks) {
        recalledAcks.set(`${vendor} ${basketId}`, ackedAtMs);
      }
    },

    onPublication(publication) {
      deps.record.keep(publication);
      if (publication.kind !== 'ACKED') return;
      const { post, ackedAtMs } = publication;
      const { code, valuedAtMs } = post.update;
      const basketId = idsByCode.get(code);
      if (basketId === undefined) return;
      sla.onAcked({ vendor: post.vendor, basketId, code }, { valuedAtMs, ackedAtMs });
    },

    async run(vendors, signal) {
      const { everyMs = PUBLISH_EVERY_MS, pause } = deps;
      vendorsByName = new Map(vendors.map((vendor) => [vendor.name, vendor]));
      for (const { prices } of vendors) prices.open();
      let dueAtMs = clock.nowMs();
      while (!signal.aborted) {
        round();
        // Late rounds are not made up for: the next one is due where it would have been.
        while (dueAtMs <= clock.nowMs()) dueAtMs += everyMs;
        await pause(dueAtMs - clock.nowMs(), signal);
      }
    },
  };
}
