/**
 * Hands the price of every basket on the market to every vendor that lists it, each 5 s, and at
 * once when it comes to the market or its standing changes. The ports keep the newest and drop the
 * rest.
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

export class PublishingRounds {
  readonly #deps: PublishingRoundsDeps;
  readonly #baskets = new Map<string, Published>();
  readonly #idsByCode = new Map<string, string>();
  /** What the process before this one did, until it is asked for. */
  readonly #recalledLevels = new Map<string, Level>();
  readonly #recalledAcks = new Map<string, number>();
  #vendors: ReadonlyMap<string, Pick<Vendor, 'prices'>> = new Map();

  constructor(deps: PublishingRoundsDeps) {
    this.#deps = deps;
  }

  /** Of baskets that the process before this one may have left on the market. */
  async recall(basketIds: readonly string[]): Promise<void> {
    const { publications } = this.#deps;
    const [levels, acks] = await Promise.all([
      publications.lastLevels(basketIds),
      publications.lastAcked(basketIds),
    ]);
    for (const [basketId, level] of levels) this.#recalledLevels.set(basketId, level);
    for (const { vendor, basketId, ackedAtMs } of acks) {
      this.#recalledAcks.set(`${vendor} ${basketId}`, ackedAtMs);
    }
  }

  see(standing: VendorStanding): void {
    const { basketId, code } = standing;
    const known = this.#baskets.get(basketId);
    const lastLevel = this.#recalledLevels.get(basketId) ?? null;
    const published = known ?? { standing, receivers: new Set(), lastLevel };
    const isChanged = published.standing.state !== standing.state;
    this.#baskets.set(basketId, published);
    this.#idsByCode.set(code, basketId);
    published.standing = standing;
    if (this.#turn(published) || isChanged) this.#publish(published);
    if (published.receivers.size === 0) this.#baskets.delete(basketId);
  }

  onPublication(publication: Publication): void {
    this.#deps.record.keep(publication);
    if (publication.kind !== 'ACKED') return;
    const { post, ackedAtMs } = publication;
    const { code, valuedAtMs } = post.update;
    const basketId = this.#idsByCode.get(code);
    if (basketId === undefined) return;
    this.#deps.sla.onAcked({ vendor: post.vendor, basketId, code }, { valuedAtMs, ackedAtMs });
  }

  /** Until the signal is aborted. */
  async run(
    vendors: readonly Pick<Vendor, 'name' | 'prices'>[],
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, everyMs = PUBLISH_EVERY_MS, pause } = this.#deps;
    this.#vendors = new Map(vendors.map((vendor) => [vendor.name, vendor]));
    for (const { prices } of vendors) prices.open();
    let dueAtMs = clock.nowMs();
    while (!signal.aborted) {
      this.#round();
      // Late rounds are not made up for: the next one is due where it would have been.
      while (dueAtMs <= clock.nowMs()) dueAtMs += everyMs;
      await pause(dueAtMs - clock.nowMs(), signal);
    }
  }

  #round(): void {
    for (const [basketId, published] of this.#baskets) {
      this.#turn(published);
      if (published.receivers.size > 0) this.#publish(published);
      else this.#baskets.delete(basketId);
    }
  }

  /** Who receives it from now on; true when somebody is new. */
  #turn(published: Published): boolean {
    const { calendar, clock, sla } = this.#deps;
    const { standing, receivers: before } = published;
    const { basketId, code, stateSinceMs } = standing;
    const nowMs = clock.nowMs();
    const receivers = new Set(receiversOf(standing, { nowMs, calendar }));
    for (const vendor of before) {
      if (receivers.has(vendor)) continue;
      this.#vendors.get(vendor)?.prices.forget(code);
      sla.forget({ vendor, basketId, code });
    }
    const fresh = [...receivers].filter((vendor) => !before.has(vendor));
    for (const vendor of fresh) {
      const ackedAtMs = this.#recalledAcks.get(`${vendor} ${basketId}`);
      const sinceMs = ackedAtMs === undefined ? nowMs : Math.max(ackedAtMs, stateSinceMs);
      this.#recalledAcks.delete(`${vendor} ${basketId}`);
      sla.watch({ vendor, basketId, code }, sinceMs);
    }
    published.receivers = receivers;
    return fresh.length > 0;
  }

  #publish(published: Published): void {
    const { clock, logger } = this.#deps;
    const { standing, receivers, lastLevel } = published;
    const level = this.#levelOf(standing);
    const now = { level, lastPublished: lastLevel, nowMs: clock.nowMs() };
    const update = priceToPublish(standing, now);
    if (update === null) return;
    published.lastLevel = update.level;
    for (const vendor of receivers) {
      const answer = this.#vendors.get(vendor)?.prices.publish(update);
      // Not open any longer: this process is about to end.
      if (answer?.kind !== 'REFUSED' || answer.why === 'NOT_OPEN') continue;
      logger.error({ vendor, code: update.code, why: answer.why }, 'a price was not taken');
    }
  }

  /** A level of another version than the one that is listed waits for its definition. */
  #levelOf({ basketId, versionNumber }: VendorStanding): LevelNow | undefined {
    const now = this.#deps.levelOf(basketId);
    return now?.versionNumber === versionNumber ? now : undefined;
  }
}
