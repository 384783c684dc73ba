/**
 * Channels between processes over Redis publish/subscribe. Listeners of the publisher's own process
 * are served directly and hear everything even while Redis is away; the others miss what was
 * published meanwhile, and it is counted.
 */

import { randomUUID } from 'node:crypto';
import type { Logger } from '#platform/logger';
import type { Broadcast, BroadcastMessage, Closeable } from '#platform/ports';
import { REDIS_PREFIX, type RedisConnections } from '#platform/redis';
import { BroadcastChannels, type BroadcastListener } from './in-process-broadcast.ts';

/** Frames on their way to Redis; beyond, messages for other processes are dropped and counted. */
export const MAX_PENDING_FRAMES = 1_000;
/** One frame carries at most this many; longer batches take several. */
export const MAX_MESSAGES_PER_FRAME = 1_000;

export interface RedisBroadcastOptions {
  readonly redis: RedisConnections;
  readonly logger: Logger;
  /** Told how many messages other processes will not hear. */
  readonly onDropped?: ((messageCount: number) => void) | undefined;
}

export class RedisBroadcast implements Broadcast {
  readonly #options: RedisBroadcastOptions;
  readonly #channels: BroadcastChannels;
  /** First line of our frames, by which we know them when they come back to us. */
  readonly #origin = randomUUID();
  /** One subscription per channel, however many listen here. */
  readonly #inbound = new Map<string, { listeners: number; readonly end: Promise<() => void> }>();
  #pendingFrames = 0;

  constructor(options: RedisBroadcastOptions) {
    this.#options = options;
    this.#channels = new BroadcastChannels(options.logger);
  }

  publish(channel: string, messages: readonly BroadcastMessage[]): Promise<void> {
    this.#channels.dispatch(channel, messages);
    for (let start = 0; start < messages.length; start += MAX_MESSAGES_PER_FRAME) {
      this.#send(channel, messages.slice(start, start + MAX_MESSAGES_PER_FRAME));
    }
    return Promise.resolve();
  }

  async subscribe(channel: string, listener: BroadcastListener): Promise<Closeable> {
    const remove = this.#channels.add(channel, listener);
    const { subscriptions } = this.#options.redis;
    const inbound = this.#inbound.get(channel) ?? {
      listeners: 0,
      end: subscriptions.on(redisChannel(channel), (frame) => this.#receive(frame, channel)),
    };
    inbound.listeners += 1;
    this.#inbound.set(channel, inbound);
    await inbound.end;
    let isOpen = true;
    return {
      close: async () => {
        if (!isOpen) return;
        isOpen = false;
        remove();
        inbound.listeners -= 1;
        if (inbound.listeners === 0) await this.#unsubscribe(channel);
      },
    };
  }

  async close(): Promise<void> {
    this.#channels.clear();
    for (const channel of this.#inbound.keys()) await this.#unsubscribe(channel);
  }

  #send(channel: string, messages: readonly BroadcastMessage[]): void {
    const { redis, logger, onDropped } = this.#options;
    if (this.#pendingFrames >= MAX_PENDING_FRAMES) {
      onDropped?.(messages.length);
      return;
    }
    this.#pendingFrames += 1;
    redis.commands
      .publish(redisChannel(channel), `${this.#origin}\n${JSON.stringify(messages)}`)
      .catch((error: unknown) => {
        onDropped?.(messages.length);
        logger.debug({ err: error, channel }, 'dropped broadcast messages');
      })
      .finally(() => {
        this.#pendingFrames -= 1;
      });
  }

  #receive(frame: string, channel: string): void {
    const end = frame.indexOf('\n');
    if (end === -1 || frame.slice(0, end) === this.#origin) return;
    this.#channels.dispatch(channel, parseMessages(frame.slice(end + 1)));
  }

  async #unsubscribe(channel: string): Promise<void> {
    const inbound = this.#inbound.get(channel);
    this.#inbound.delete(channel);
    const end = await inbound?.end;
    end?.();
  }
}

function redisChannel(channel: string): string {
  return `${REDIS_PREFIX}:broadcast:${channel}`;
}

/** Written by another process of ours. */
function parseMessages(text: string): readonly BroadcastMessage[] {
  return JSON.parse(text) as readonly BroadcastMessage[];
}
