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
import { createSequenceBlocks } from './sequence-blocks.ts';
import type { Permit } from './vendor-breaker.ts';
import { MAX_CHANNELS, type VendorLimits } from './vendor-limits.ts';
import { createVendorRate } from './vendor-rate.ts';

/** A connection that takes posts now. */
export interface DeliveryLink {
  readonly endpoint: EndpointName;
  readonly send: (post: Post) => void;
  /** Null while its breaker lets nothing through. */
  readonly enter: () => Permit | null;
  /** A post failed: whoever made the connection may end it. */
  readonly onFailure: () => void;
}

export interface PriceDelivery {
  publish(update: PriceUpdate): PublishAnswer;
  forget(code: string): void;
  attach(link: DeliveryLink): void;
  /** What was on its way waits for the next connection. */
  detach(): void;
  onAck(postId: bigint): void;
  onNak(nak: Nak): void;
  backlog(): { readonly count: number; readonly oldestValuedAtMs: number | null };
  readonly counters: DeliveryCounters;
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

export function createPriceDelivery(deps: PriceDeliveryDeps): PriceDelivery {
  const { clock, limits, logger, random, vendor } = deps;
  const channels = new Map<string, Channel>();
  const codesByPostId = new Map<bigint, string>();
  const ready = new Set<string>();
  const rate = createVendorRate(limits.postRate, clock);
  const counters = createDeliveryCounters();
  const numbers = createSequenceBlocks(deps, (code) => {
    if (channels.has(code)) makeReady(code);
  });
  let link: DeliveryLink | null = null;
  let pumpTimer: NodeJS.Timeout | undefined;
  let lastPostId = 0n;

  function tell(publication: Publication): void {
    counters.count(publication);
    deps.onPublication(publication);
  }

  function makeReady(code: string): void {
    ready.add(code);
    pump();
  }

  /** Sends what is ready, for as long as everything lets it. */
  function pump(): void {
    clearTimeout(pumpTimer);
    for (const code of ready) {
      if (link === null || codesByPostId.size >= limits.postsInFlight) return;
      const channel = channels.get(code);
      if (channel === undefined || isAnswerDue(channel) || !isNumbered(channel)) {
        // Its answer, or its numbers, bring it back.
        ready.delete(code);
        continue;
      }
      const permit = link.enter();
      if (permit === null) return;
      const waitMs = rate.take();
      if (waitMs > 0) {
        permit.cancel();
        pumpTimer = setTimeout(pump, waitMs);
        return;
      }
      ready.delete(code);
      send(channel, { link, permit });
    }
  }

  const isAnswerDue = ({ current }: Channel): boolean =>
    current !== null && current.permit !== null;

  function isNumbered({ code, current, waiting }: Channel): boolean {
    if ((current && !waiting) || numbers.has(code)) return true;
    numbers.want(code);
    return false;
  }

  function send(channel: Channel, way: { readonly link: DeliveryLink; permit: Permit }): void {
    const { current, waiting } = channel;
    if (current && waiting) tell({ kind: 'SUPERSEDED', post: current.post });
    clearTimeout(current?.timer);
    const isRepeated = current !== null && waiting === null;
    const post = isRepeated
      ? repeated(current.post, channel, way.link.endpoint)
      : newPost(channel, waiting ?? channel.newest, way.link.endpoint);
    channel.waiting = null;
    channel.wantsImage = false;
    const timer = setTimeout(() => onLate(channel), limits.ackMs);
    channel.current = { post, permit: way.permit, timer };
    codesByPostId.set(post.postId, channel.code);
    if (isRepeated) counters.repeated += 1;
    else tell({ kind: 'SENT', post });
    way.link.send(post);
  }

  function newPost(channel: Channel, update: PriceUpdate, endpoint: EndpointName): Post {
    const now = BigInt(Math.floor(clock.nowMs() * POST_IDS_PER_MS));
    lastPostId = now > lastPostId ? now : lastPostId + 1n;
    return {
      vendor,
      update,
      sequence: numbers.next(channel.code),
      postId: lastPostId,
      isImage: channel.wantsImage,
      sentAtMs: clock.nowMs(),
      attempts: 1,
      endpoint,
    };
  }

  function repeated(post: Post, { wantsImage }: Channel, endpoint: EndpointName): Post {
    const isImage = post.isImage || wantsImage;
    return { ...post, attempts: post.attempts + 1, endpoint, isImage };
  }

  /** The channel of a post that waits for its answer; an answer to any other is not expected. */
  function answered(postId: bigint): (OnItsWay & { readonly channel: Channel }) | null {
    const channel = channels.get(codesByPostId.get(postId) ?? '');
    const current = channel?.current;
    if (!channel || !current || current.post.postId !== postId || current.permit === null) {
      counters.unexpectedAcks += 1;
      return null;
    }
    codesByPostId.delete(postId);
    clearTimeout(current.timer);
    return { ...current, channel };
  }

  function done(channel: Channel): void {
    channel.current = null;
    if (channel.waiting) ready.add(channel.code);
    pump();
  }

  function onLate(channel: Channel): void {
    const current = channel.current;
    if (!current) return;
    codesByPostId.delete(current.post.postId);
    current.permit?.settle('FAILED');
    tryAgain(channel, current.post, `no answer within ${limits.ackMs} ms`);
    link?.onFailure();
  }

  function tryAgain(channel: Channel, post: Post, problem: string): void {
    if (post.attempts >= limits.postAttempts && channel.waiting === null) {
      const text = `given up after ${post.attempts} attempts: ${problem}`;
      logger.error({ vendor, code: channel.code, sequence: `${post.sequence}` }, text);
      tell({ kind: 'DEAD', post, text });
      done(channel);
      return;
    }
    const ms = fullJitterMs(post.attempts - 1, { ...limits.backoff, random });
    const timer = setTimeout(() => makeReady(channel.code), ms);
    channel.current = { post, permit: null, timer };
    pump();
  }

  return {
    counters,

    publish(update) {
      const { code } = update;
      const channel = channels.get(code);
      if (channel && update.valuedAtMs < channel.newest.valuedAtMs) return { kind: 'STALE' };
      if (!channel && channels.size >= MAX_CHANNELS) {
        return { kind: 'REFUSED', why: 'TOO_MANY_BASKETS' };
      }
      if (channel?.waiting) tell({ kind: 'CONFLATED', vendor, update: channel.waiting });
      if (channel) Object.assign(channel, { newest: update, waiting: update });
      else {
        const fresh = { code, newest: update, waiting: update, current: null, wantsImage: true };
        channels.set(code, fresh);
      }
      if (!channel?.current) makeReady(code);
      return { kind: 'TAKEN' };
    },

    forget(code) {
      const channel = channels.get(code);
      if (!channel) return;
      channels.delete(code);
      ready.delete(code);
      if (channel.waiting) tell({ kind: 'CONFLATED', vendor, update: channel.waiting });
      if (channel.current) {
        clearTimeout(channel.current.timer);
        codesByPostId.delete(channel.current.post.postId);
        channel.current.permit?.cancel();
        tell({ kind: 'SUPERSEDED', post: channel.current.post });
      }
      pump();
    },

    attach(next) {
      link = next;
      for (const channel of channels.values()) {
        channel.wantsImage = true;
        clearTimeout(channel.current?.timer);
        ready.add(channel.code);
      }
      pump();
    },

    detach() {
      link = null;
      clearTimeout(pumpTimer);
      codesByPostId.clear();
      for (const channel of channels.values()) {
        if (!channel.current) continue;
        clearTimeout(channel.current.timer);
        channel.current.permit?.cancel();
        channel.current = { post: channel.current.post, permit: null, timer: undefined };
      }
    },

    onAck(postId) {
      const found = answered(postId);
      if (!found) return;
      found.permit?.settle('SUCCEEDED');
      const ackedAtMs = clock.nowMs();
      tell({ kind: 'ACKED', post: found.post, ackedAtMs });
      done(found.channel);
    },

    onNak({ code, kind, postId, text }) {
      const found = answered(postId);
      if (!found) return;
      const { channel, permit, post } = found;
      permit?.settle(kind === 'AGAIN' ? 'FAILED' : 'SUCCEEDED');
      if (kind === 'FINAL') {
        logger.error({ vendor, basket: channel.code, code, text }, 'the vendor refuses a price');
        tell({ kind: 'REFUSED', post, code, text });
        done(channel);
        return;
      }
      if (kind === 'THROTTLED') rate.holdFor(limits.backoff.firstMs);
      tryAgain(channel, post, `${code} ${text}`);
      if (kind === 'AGAIN') link?.onFailure();
    },

    backlog() {
      const open = [...channels.values()].filter(({ current, waiting }) => current ?? waiting);
      const ages = open.map(({ current, waiting }) =>
        Math.min(current?.post.update.valuedAtMs ?? Infinity, waiting?.valuedAtMs ?? Infinity),
      );
      return { count: open.length, oldestValuedAtMs: ages.length === 0 ? null : Math.min(...ages) };
    },
  };
}
