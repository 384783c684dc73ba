/**
 * Prices of all baskets on their way to one vendor: at least once, and the newest wins.
 *
 * Each basket has a channel. IDLE: its newest price is acknowledged, refused or given up. READY:
 * something is to be sent, as soon as there is a connection that takes it, a number, a token of the
 * rate. SENT: a post waits for its answer; newer prices wait for it in turn, of which the newest is
 * kept. BACKOFF: the vendor asked for another attempt, or did not answer in time; then the same
 * post goes again with the same PostID, or, when a newer price has come, that one in its place. So
 * a basket has one post on its way and a stale price never follows a newer one.
 *
 * A new connection is given everything again as an image, since it may know nothing.
 */

import type { Clock } from '#platform/clock';
import type { Logger } from '#platform/logger';
import type {
  EndpointName,
  Post,
  PriceUpdate,
  Publication,
  PublishAnswer,
  SequenceSource,
} from '../../domain/vendor.ts';
import { type DeliveryCounters, createDeliveryCounters } from './delivery-counters.ts';
import { fullJitterMs } from './full-jitter.ts';
import type { Nak } from './price-session.ts';
import { createSequenceBlocks, type SequenceBlocks } from './sequence-blocks.ts';
import type { Permit } from './vendor-breaker.ts';
import { MAX_CHANNELS, type VendorLimits } from './vendor-limits.ts';
import { createVendorRate, type VendorRate } from './vendor-rate.ts';

/** A connection that takes posts now. */
export interface DeliveryLink {
  readonly endpoint: EndpointName;
  readonly send: (post: Post) => void;
  /** Null while its breaker lets nothing through. */
  readonly enter: () => Permit | null;
  /** A post failed: whoever made the connection may end it. */
  readonly onFailure: () => void;
}

export interface PriceDeliveryDeps {
  readonly vendor: string;
  readonly limits: VendorLimits;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: () => number;
  readonly sequences: SequenceSource;
  readonly onPublication: (publication: Publication) => void;
  readonly logger: Logger;
}

interface OnItsWay {
  readonly post: Post;
  /** Null while it is not with a connection. */
  readonly permit: Permit | null;
  readonly timer: NodeJS.Timeout | undefined;
}

interface Channel {
  readonly code: string;
  /** The newest price ever taken. */
  newest: PriceUpdate;
  /** Not sent yet. */
  waiting: PriceUpdate | null;
  current: OnItsWay | null;
  /** The connection knows nothing of it yet. */
  wantsImage: boolean;
}

/** Clock in microseconds: unique over restarts, and a safe integer in JSON until the year 2255. */
const POST_IDS_PER_MS = 1_000;

export class PriceDelivery {
  readonly counters: DeliveryCounters = createDeliveryCounters();
  readonly #deps: PriceDeliveryDeps;
  readonly #channels = new Map<string, Channel>();
  /** Of the posts that wait for their answer. */
  readonly #codesByPostId = new Map<bigint, string>();
  readonly #ready = new Set<string>();
  readonly #rate: VendorRate;
  readonly #numbers: SequenceBlocks;
  #link: DeliveryLink | null = null;
  #pumpTimer: NodeJS.Timeout | undefined;
  #lastPostId = 0n;

  constructor(deps: PriceDeliveryDeps) {
    this.#deps = deps;
    this.#rate = createVendorRate(deps.limits.postRate, deps.clock);
    this.#numbers = createSequenceBlocks(deps, (code) => this.#makeReady(code));
  }

  publish(update: PriceUpdate): PublishAnswer {
    const { code } = update;
    const channel = this.#channels.get(code);
    if (channel && update.valuedAtMs < channel.newest.valuedAtMs) return { kind: 'STALE' };
    if (channel) {
      this.#dropWaiting(channel);
      channel.newest = update;
      channel.waiting = update;
    } else {
      if (this.#channels.size >= MAX_CHANNELS) return { kind: 'REFUSED', why: 'TOO_MANY_BASKETS' };
      const fresh = { code, newest: update, waiting: update, current: null, wantsImage: true };
      this.#channels.set(code, fresh);
    }
    if (!channel?.current) this.#makeReady(code);
    return { kind: 'TAKEN' };
  }

  /** Nothing of the basket goes out any more. */
  forget(code: string): void {
    const channel = this.#channels.get(code);
    if (!channel) return;
    this.#channels.delete(code);
    this.#ready.delete(code);
    this.#dropWaiting(channel);
    const { current } = channel;
    if (current) {
      this.#takeBack(current);
      this.#tell({ kind: 'SUPERSEDED', post: current.post });
    }
    this.#pump();
  }

  attach(link: DeliveryLink): void {
    this.#link = link;
    for (const channel of this.#channels.values()) {
      channel.wantsImage = true;
      if (channel.current && this.#isWornOut(channel.current.post)) {
        this.#tellDead(channel.current.post, 'the connection was lost');
        channel.current = null;
      }
      this.#ready.add(channel.code);
    }
    this.#pump();
  }

  /** What was on its way waits for the next connection. */
  detach(): void {
    this.#link = null;
    clearTimeout(this.#pumpTimer);
    for (const channel of this.#channels.values()) {
      if (!channel.current) continue;
      this.#takeBack(channel.current);
      channel.current = { post: channel.current.post, permit: null, timer: undefined };
    }
  }

  onAck(postId: bigint): void {
    const found = this.#answered(postId);
    if (!found) return;
    found.permit.settle('SUCCEEDED');
    this.#tell({ kind: 'ACKED', post: found.post, ackedAtMs: this.#deps.clock.nowMs() });
    this.#finish(found.channel);
  }

  onNak({ code, kind, postId, text }: Nak): void {
    const found = this.#answered(postId);
    if (!found) return;
    const { channel, permit, post } = found;
    const { limits, logger, vendor } = this.#deps;
    permit.settle(kind === 'AGAIN' ? 'FAILED' : 'SUCCEEDED');
    if (kind === 'FINAL') {
      logger.error({ vendor, basket: channel.code, code, text }, 'the vendor refuses a price');
      this.#tell({ kind: 'REFUSED', post, code, text });
      this.#finish(channel);
      return;
    }
    if (kind === 'THROTTLED') this.#rate.holdFor(limits.backoff.firstMs);
    this.#tryAgain(channel, post, `${code} ${text}`);
    if (kind === 'AGAIN') this.#link?.onFailure();
  }

  backlog(): { readonly count: number; readonly oldestValuedAtMs: number | null } {
    const valued = [...this.#channels.values()].flatMap(({ current, waiting }) => {
      const oldest = current?.post.update ?? waiting;
      return oldest === null ? [] : [oldest.valuedAtMs];
    });
    return {
      count: valued.length,
      oldestValuedAtMs: valued.length === 0 ? null : Math.min(...valued),
    };
  }

  #tell(publication: Publication): void {
    this.counters.count(publication);
    this.#deps.onPublication(publication);
  }

  #tellDead(post: Post, problem: string): void {
    const { logger, vendor } = this.#deps;
    const text = `given up after ${post.attempts} attempts: ${problem}`;
    logger.error({ vendor, code: post.update.code, sequence: String(post.sequence) }, text);
    this.#tell({ kind: 'DEAD', post, text });
  }

  #dropWaiting({ waiting }: Channel): void {
    if (!waiting) return;
    this.#tell({ kind: 'CONFLATED', vendor: this.#deps.vendor, update: waiting });
  }

  #makeReady(code: string): void {
    this.#ready.add(code);
    this.#pump();
  }

  /** Sends what is ready, for as long as everything lets it. */
  #pump(): void {
    clearTimeout(this.#pumpTimer);
    for (const code of this.#ready) {
      const link = this.#link;
      if (!link || this.#codesByPostId.size >= this.#deps.limits.postsInFlight) return;
      const channel = this.#channels.get(code);
      if (!channel || channel.current?.permit || !this.#isNumbered(channel)) {
        // Its answer, or its numbers, bring it back.
        this.#ready.delete(code);
        continue;
      }
      const permit = link.enter();
      if (!permit) return;
      const waitMs = this.#rate.take();
      if (waitMs > 0) {
        permit.cancel();
        this.#pumpTimer = setTimeout(() => this.#pump(), waitMs);
        return;
      }
      this.#ready.delete(code);
      this.#send(channel, { link, permit });
    }
  }

  #isNumbered({ code, current, waiting }: Channel): boolean {
    if ((current && !waiting) || this.#numbers.has(code)) return true;
    this.#numbers.want(code);
    return false;
  }

  #send(channel: Channel, { link, permit }: { link: DeliveryLink; permit: Permit }): void {
    const { current, waiting } = channel;
    clearTimeout(current?.timer);
    if (current && waiting) this.#tell({ kind: 'SUPERSEDED', post: current.post });
    const isRepeated = current !== null && waiting === null;
    const post = isRepeated
      ? repeatedPost(current.post, channel, link.endpoint)
      : this.#newPost(channel, waiting ?? channel.newest, link.endpoint);
    channel.waiting = null;
    channel.wantsImage = false;
    const timer = setTimeout(() => this.#onLate(channel), this.#deps.limits.ackMs);
    channel.current = { post, permit, timer };
    this.#codesByPostId.set(post.postId, channel.code);
    if (isRepeated) this.counters.repeated += 1;
    else this.#tell({ kind: 'SENT', post });
    link.send(post);
  }

  #newPost(channel: Channel, update: PriceUpdate, endpoint: EndpointName): Post {
    const nowMs = this.#deps.clock.nowMs();
    const now = BigInt(Math.floor(nowMs * POST_IDS_PER_MS));
    this.#lastPostId = now > this.#lastPostId ? now : this.#lastPostId + 1n;
    return {
      vendor: this.#deps.vendor,
      update,
      sequence: this.#numbers.next(channel.code),
      postId: this.#lastPostId,
      isImage: channel.wantsImage,
      sentAtMs: nowMs,
      attempts: 1,
      endpoint,
    };
  }

  /** What waits for this answer, which then waits no more. */
  #answered(postId: bigint): { channel: Channel; post: Post; permit: Permit } | null {
    const channel = this.#channels.get(this.#codesByPostId.get(postId) ?? '');
    const { permit, post, timer } = channel?.current ?? {};
    if (!channel || !permit || post?.postId !== postId) {
      this.counters.unexpectedAcks += 1;
      return null;
    }
    this.#codesByPostId.delete(postId);
    clearTimeout(timer);
    return { channel, post, permit };
  }

  #takeBack({ permit, post, timer }: OnItsWay): void {
    clearTimeout(timer);
    this.#codesByPostId.delete(post.postId);
    permit?.cancel();
  }

  #finish(channel: Channel): void {
    channel.current = null;
    if (channel.waiting) this.#ready.add(channel.code);
    this.#pump();
  }

  #onLate(channel: Channel): void {
    const { current } = channel;
    if (!current) return;
    this.#codesByPostId.delete(current.post.postId);
    current.permit?.settle('FAILED');
    this.#tryAgain(channel, current.post, `no answer within ${this.#deps.limits.ackMs} ms`);
    this.#link?.onFailure();
  }

  #isWornOut({ attempts }: Post): boolean {
    return attempts >= this.#deps.limits.postAttempts;
  }

  #tryAgain(channel: Channel, post: Post, problem: string): void {
    if (this.#isWornOut(post) && channel.waiting === null) {
      this.#tellDead(post, problem);
      this.#finish(channel);
      return;
    }
    const { limits, random } = this.#deps;
    const ms = fullJitterMs(post.attempts - 1, { ...limits.backoff, random });
    const timer = setTimeout(() => this.#makeReady(channel.code), ms);
    channel.current = { post, permit: null, timer };
    this.#pump();
  }
}

function repeatedPost(post: Post, { wantsImage }: Channel, endpoint: EndpointName): Post {
  const isImage = post.isImage || wantsImage;
  return { ...post, attempts: post.attempts + 1, endpoint, isImage };
}
