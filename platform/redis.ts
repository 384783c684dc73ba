/**
 * Connections to Redis. Commands fail at once while it is away and after a time limit while it is
 * slow: nobody waits in a queue that may never be served. Both connections come back by themselves.
 */

import { Redis, type RedisOptions } from 'ioredis';
import { type Backoff, backoffMs } from './backoff.ts';
import { StartupError } from './errors.ts';
import type { Logger } from './logger.ts';

const COMMAND_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 3_000;
const RECONNECT_BACKOFF: Backoff = { firstMs: 50, maxMs: 2_000 };
/** Every key and channel of ours begins with this. */
export const REDIS_PREFIX = 'plumbline';

export interface RedisConnections {
  readonly commands: Redis;
  readonly subscriptions: RedisSubscriptions;
  close(): Promise<void>;
}

/** Resolves when Redis has answered; throws StartupError when it does not. */
export async function connectRedis(options: {
  readonly url: string;
  readonly logger: Logger;
}): Promise<RedisConnections> {
  const { url, logger } = options;
  const commands = openConnection(url, 'commands', logger);
  const subscriber = openConnection(url, 'subscriptions', logger);
  const close = (): Promise<void> => {
    commands.disconnect();
    subscriber.disconnect();
    return Promise.resolve();
  };
  try {
    await Promise.all([commands.connect(), subscriber.connect()]);
    await commands.ping();
  } catch (cause) {
    await close();
    const { host } = new URL(url);
    const found = cause instanceof Error ? cause.message : 'no reason given';
    throw new StartupError(
      `Redis at ${host} does not answer (${found}): start it, or set REDIS_URL right or empty.`,
      { cause },
    );
  }
  return { commands, subscriptions: new RedisSubscriptions(subscriber, logger), close };
}

function openConnection(url: string, purpose: string, logger: Logger): Redis {
  const options = {
    lazyConnect: true,
    enableOfflineQueue: false,
    // What was under way when the connection broke is told as failed, not sent a second time.
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    connectionName: `${REDIS_PREFIX}-${purpose}`,
    retryStrategy: (attempt: number) => backoffMs(attempt, RECONNECT_BACKOFF),
  } satisfies RedisOptions;
  const redis = new Redis(url, options);
  redis.on('error', (error: unknown) => {
    logger.debug({ err: error, purpose }, 'Redis connection failed');
  });
  redis.on('close', () => {
    logger.warn({ purpose }, 'Redis connection closed');
  });
  redis.on('ready', () => {
    logger.info({ purpose }, 'Redis connection is ready');
  });
  return redis;
}

type SubscriptionListener = (message: string) => void;

/**
 * Channels over one connection. After it was lost and came back, every channel is subscribed again
 * and then `onBack` is called, for messages may have been missed.
 */
export class RedisSubscriptions {
  readonly #redis: Redis;
  readonly #logger: Logger;
  readonly #listeners = new Map<string, Set<SubscriptionListener>>();
  readonly #onBack = new Set<() => void>();

  constructor(redis: Redis, logger: Logger) {
    this.#redis = redis;
    this.#logger = logger;
    redis.on('message', (channel: string, message: string) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(message);
    });
    redis.on('ready', () => {
      void this.#resume();
    });
  }

  /** Resolves when messages arrive, or when they will once Redis is back. Answers how to end it. */
  async on(channel: string, listener: SubscriptionListener): Promise<() => void> {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    await this.#redis.subscribe(channel).catch((error: unknown) => {
      this.#logger.debug({ err: error, channel }, 'will subscribe when Redis is back');
    });
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(channel) !== listeners) return;
      this.#listeners.delete(channel);
      this.#redis.unsubscribe(channel).catch(() => undefined);
    };
  }

  onBack(listener: () => void): () => void {
    this.#onBack.add(listener);
    return () => this.#onBack.delete(listener);
  }

  async #resume(): Promise<void> {
    try {
      const channels = [...this.#listeners.keys()];
      if (channels.length > 0) await this.#redis.subscribe(...channels);
      for (const listener of this.#onBack) listener();
    } catch (error) {
      // The connection went again: the next 'ready' tries again.
      this.#logger.debug({ err: error }, 'could not subscribe again');
    }
  }
}
