/**
 * Values all baskets of this process from accepted prices and publishes what moved.
 *
 * A moved level waits until the last publication is `conflateMs` old, so that a basket publishes at
 * most once in that time, with its newest level. A level more than 10 % from the one published last
 * waits one turn more. Every few seconds what was published is stored; every minute everything is
 * valued from nothing and compared.
 */

import type { Registry } from 'prom-client';
import { ACCEPTED_TICKS_CHANNEL, acceptedTick } from '#kernel/topics/accepted-ticks';
import type { BasketTransitioned } from '#kernel/topics/basket-transitions';
import type { Clock } from '#platform/clock';
import type { TailEvent } from '#platform/event-log/tail-reader';
import type { TopicTail } from '#platform/event-log/topic-tail';
import type { Logger } from '#platform/logger';
import type { Broadcast, BroadcastMessage, Closeable } from '#platform/ports';
import type { IndexBase } from '../domain/basket.ts';
import type { Valuation } from '../domain/contribution.ts';
import type { FxSnapshot } from '../domain/fx-snapshot.ts';
import { type Level, level } from '../domain/index-level.ts';
import { baseNow, type IndexDefinition, type LiveIndex } from '../domain/live-index.ts';
import { readIndex, valuationOf } from '../domain/live-index-reading.ts';
import type { PriceReference } from '../domain/price-stand-in.ts';
import { type LivePrice, livePriceOf } from '../domain/live-price.ts';
import type { IndexDefinitionReader } from '../store/index-definitions.ts';
import type { LastPriceReader } from '../store/last-prices.ts';
import type { LevelRepository } from '../store/levels.ts';
import type { PriceReferenceReader } from '../store/price-references.ts';
import type { ValuationStore } from '../store/level-valuations.ts';
import { LevelEngine } from './level-engine.ts';
import { haltCause, LevelGuard, type LevelGuardDeps } from './level-guard.ts';
import type { LevelHub } from './level-hub.ts';
import { createLevelMetrics, type LevelMetrics } from './level-metrics.ts';
import { LevelPublisher } from './level-publisher.ts';
import { ValuationKeeper } from './level-valuations.ts';
import { type OneAtATime, oneAtATime, repeat, type Repeating } from './repeating.ts';
import type { ValuationSla } from './valuation-sla.ts';

export interface LiveLevelsDeps {
  readonly broadcast: Pick<Broadcast, 'subscribe'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly hub: LevelHub;
  readonly transitions: Pick<TopicTail<BasketTransitioned>, 'follow'>;
  readonly definitions: IndexDefinitionReader;
  readonly pricedBasketIds: () => Promise<readonly string[]>;
  readonly lastPrices: LastPriceReader;
  readonly priceReferences: PriceReferenceReader;
  readonly fxSnapshot: () => Promise<FxSnapshot>;
  readonly levels: Pick<LevelRepository, 'store' | 'newest'>;
  readonly valuations: Pick<ValuationStore, 'store' | 'dropBefore'>;
  /** Stores the base of a version; answers with the one that holds. */
  readonly fixBase: (
    code: string,
    wanted: { readonly versionNumber: number; readonly base: IndexBase },
  ) => Promise<IndexBase | null>;
  readonly autoSuspend: LevelGuardDeps['autoSuspend'];
  readonly sla: ValuationSla;
  readonly cadence?: Partial<Cadence>;
}

export interface Cadence {
  /** A basket publishes at most one level in this time. */
  readonly conflateMs: number;
  readonly storeEveryMs: number;
  /** Looks for prices that were missing, and repeats what failed. */
  readonly mendEveryMs: number;
  readonly rebuildEveryMs: number;
}

const USUAL_CADENCE: Cadence = {
  conflateMs: 200,
  storeEveryMs: 5_000,
  mendEveryMs: 5_000,
  rebuildEveryMs: 60_000,
};
const BASKETS_PER_READ = 200;
const SYMBOLS_PER_READ = 1_000;

/** Built, then started once, then stopped once. */
export class LiveLevels {
  readonly #deps: LiveLevelsDeps;
  readonly #cadence: Cadence;
  readonly #metrics: LevelMetrics;
  readonly #engine = new LevelEngine();
  readonly #publisher: LevelPublisher;
  readonly #keeper: ValuationKeeper;
  readonly #guard: LevelGuard;
  /** Baskets that changed and were not read again yet. */
  readonly #changed = new Set<string>();
  readonly #changes: OneAtATime;
  readonly #bases: OneAtATime;
  /** Their base was asked for since the last mending. */
  readonly #askedFor = new WeakSet<LiveIndex>();
  /** Where the level of a basket stood when its version was replaced. */
  readonly #continueAt = new Map<string, Level>();
  /** By symbol; null for one that has none. */
  readonly #references = new Map<string, PriceReference | null>();
  #transitions: AsyncIterableIterator<TailEvent<BasketTransitioned>> | undefined;
  #following: Promise<void> | undefined;
  #ticks: Closeable | undefined;
  #rounds: readonly Repeating[] = [];

  constructor(deps: LiveLevelsDeps) {
    this.#deps = deps;
    this.#cadence = { ...USUAL_CADENCE, ...deps.cadence };
    this.#metrics = createLevelMetrics(deps.metrics);
    const { conflateMs } = this.#cadence;
    const parts = { engine: this.#engine, metrics: this.#metrics, conflateMs };
    this.#publisher = new LevelPublisher({ ...deps, ...parts });
    this.#keeper = new ValuationKeeper(deps);
    this.#guard = new LevelGuard(deps);
    this.#changes = oneAtATime('changed baskets', () => this.#readChanged(), deps.logger);
    this.#bases = oneAtATime('index bases', () => this.#fixBases(), deps.logger);
  }

  async start(): Promise<void> {
    const { broadcast, transitions, fxSnapshot, logger, pricedBasketIds } = this.#deps;
    this.#transitions = await transitions.follow({ after: null });
    this.#following = this.#follow(this.#transitions);
    this.#ticks = await broadcast.subscribe(ACCEPTED_TICKS_CHANNEL, (ticks) => this.#hear(ticks));
    this.#engine.convertAt(await fxSnapshot());
    await this.#readBaskets(await pricedBasketIds());
    this.#publisher.flush();
    const round = (name: string, everyMs: number, work: () => Promise<void>) =>
      repeat(work, { everyMs, name, logger });
    const { mendEveryMs, storeEveryMs, rebuildEveryMs } = this.#cadence;
    this.#rounds = [
      round('mend levels', mendEveryMs, () => this.#mend()),
      round('store levels', storeEveryMs, () => this.#store()),
      round('rebuild levels', rebuildEveryMs, () => this.#rebuild()),
    ];
  }

  /** Stores what was published last, so that the next start continues from it. */
  async stop(): Promise<void> {
    await this.#transitions?.return?.();
    await this.#following;
    await this.#ticks?.close();
    await Promise.all(this.#rounds.map((each) => each.stop()));
    this.#publisher.stop();
    await Promise.all([this.#changes.settled(), this.#bases.settled()]);
    this.#keeper.keep(this.#engine.all());
    await this.#store();
  }

  /** What the level of this moment is made of; undefined without one. */
  valuationOf(basketId: string): Valuation | undefined {
    const index = this.#engine.get(basketId);
    return index && valuationOf(index, this.#deps.clock.nowMs());
  }

  /** Why a live basket of that code may not be published; null when nothing is known against it. */
  haltCause(code: string): string | null {
    for (const index of this.#engine.all()) {
      if (index.definition.code === code) return haltCause(index, this.#deps.clock.nowMs());
    }
    return null;
  }

  async #store(): Promise<void> {
    await this.#publisher.store();
    await this.#keeper.store();
    await this.#deps.sla.store();
  }

  async #follow(transitions: AsyncIterable<TailEvent<BasketTransitioned>>): Promise<void> {
    for await (const { event } of transitions) {
      this.#changed.add(event.basketId);
      void this.#changes.ask();
    }
  }

  #hear(messages: readonly BroadcastMessage[]): void {
    const prices: [string, LivePrice][] = [];
    for (const { key, value } of messages) {
      if (!this.#engine.holds(key)) continue;
      const tick = acceptedTick.parse(value, acceptedTick.version);
      prices.push([tick.symbol, livePriceOf(tick)]);
      this.#publisher.heard(tick.receivedAtMs);
    }
    if (prices.length > 0) this.#take(prices);
  }

  #take(prices: Iterable<readonly [string, LivePrice]>): void {
    this.#engine.accept(prices);
    this.#publisher.schedule();
    if (this.#newlyReady().length > 0) void this.#bases.ask();
  }

  /** What failed is left to the mending, so that a database in trouble is not asked every tick. */
  #newlyReady(): readonly LiveIndex[] {
    return this.#engine.readyForBase().filter((index) => !this.#askedFor.has(index));
  }

  async #loadPrices(symbols: readonly string[]): Promise<void> {
    for (let at = 0; at < symbols.length; at += SYMBOLS_PER_READ) {
      this.#take(await this.#deps.lastPrices(symbols.slice(at, at + SYMBOLS_PER_READ)));
    }
  }

  async #readBaskets(basketIds: readonly string[]): Promise<void> {
    for (let at = 0; at < basketIds.length; at += BASKETS_PER_READ) {
      const batch = await this.#deps.definitions(basketIds.slice(at, at + BASKETS_PER_READ));
      for (const definition of batch) this.#put(definition);
    }
    this.#metrics.live.set(this.#engine.size);
    await this.#loadPrices(this.#engine.unpricedSymbols());
    if (this.#newlyReady().length > 0) await this.#bases.ask();
    this.#publisher.schedule();
  }

  #put(definition: IndexDefinition): void {
    const { basketId } = definition;
    const former = this.#engine.get(basketId);
    const standing = former && readIndex(former, this.#deps.clock.nowMs()).level;
    if (standing) this.#continueAt.set(basketId, standing);
    if (former) this.#keeper.keep([former]);
    this.#keeper.keep([this.#engine.put(definition)]);
  }

  async #readChanged(): Promise<void> {
    const basketIds = [...this.#changed];
    this.#changed.clear();
    try {
      await this.#readBaskets(basketIds);
    } catch (error) {
      for (const basketId of basketIds) this.#changed.add(basketId);
      throw error;
    }
  }

  async #fixBases(): Promise<void> {
    for (const index of this.#engine.readyForBase()) await this.#askFor(index);
  }

  async #askFor(index: LiveIndex): Promise<void> {
    const { basketId, code, baseLevel, version } = index.definition;
    this.#askedFor.add(index);
    if (!baseNow(index, level(baseLevel))) return;
    const target = await this.#startingLevel(index.definition);
    const units = baseNow(index, target);
    if (!units) return;
    const base = await this.#deps.fixBase(code, {
      versionNumber: version.number,
      base: { ...units, level: target, basedAtMs: this.#deps.clock.nowMs() },
    });
    if (!base || this.#engine.get(basketId) !== index) return;
    this.#continueAt.delete(basketId);
    this.#engine.start(index, base);
    this.#keeper.keep([index]);
    this.#publisher.schedule();
  }

  /** A new version goes on where the one before it stood. */
  async #startingLevel({ basketId, baseLevel }: IndexDefinition): Promise<Level> {
    const standing = this.#continueAt.get(basketId);
    if (standing !== undefined) return standing;
    const stored = await this.#deps.levels.newest([basketId]);
    return stored.get(basketId)?.level ?? level(baseLevel);
  }

  async #mend(): Promise<void> {
    if (this.#changed.size > 0) await this.#changes.ask();
    await this.#loadPrices(this.#engine.unpricedSymbols());
    if (this.#engine.readyForBase().length > 0) await this.#bases.ask();
    // Prices age without anybody telling.
    await this.#standIn();
    for (const index of this.#engine.all()) this.#engine.markMoved(index);
    this.#publisher.schedule();
    await this.#guard.look(this.#engine.all());
  }

  /** What stands in for stale prices is known of new names at once, and read anew each minute. */
  async #readReferences(symbols: readonly string[]): Promise<void> {
    const { clock, priceReferences } = this.#deps;
    for (let at = 0; at < symbols.length; at += SYMBOLS_PER_READ) {
      const some = symbols.slice(at, at + SYMBOLS_PER_READ);
      const found = await priceReferences(some, clock.today());
      for (const symbol of some) this.#references.set(symbol, found.get(symbol) ?? null);
    }
  }

  async #standIn(): Promise<void> {
    const unknown = this.#engine.symbols().filter((symbol) => !this.#references.has(symbol));
    await this.#readReferences(unknown);
    this.#engine.standInAt(this.#deps.clock.nowMs(), this.#references);
  }

  async #rebuild(): Promise<void> {
    const differing = this.#engine.rebuildAll();
    this.#metrics.rebuildDifferences.inc(differing.length);
    for (const { definition } of differing) {
      const { code } = definition;
      this.#deps.logger.error({ code }, 'a running value was not that of a full rebuild');
    }
    this.#keeper.keep(this.#engine.all());
    await this.#keeper.dropOld();
    this.#engine.convertAt(await this.#deps.fxSnapshot());
    await this.#loadPrices(this.#engine.closeSymbols());
    this.#references.clear();
    await this.#standIn();
    this.#publisher.schedule();
  }
}
