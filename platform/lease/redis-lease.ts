/**
 * Leases kept in Redis. Cheaper than those in Postgres, and weaker: a Redis that loses its data
 * gives a lease away that somebody still holds, until his next renewal. Writers that matter pass
 * the fencing token on, or take the Postgres lease.
 *
 * Held: renewed every third of its time to live. Lost: a renewal found another holder, or none has
 * succeeded for a whole time to live by our own clock. Released: given back. Both are final.
 */

import { randomUUID } from 'node:crypto';
import type { Logger } from '#platform/logger';
import type { HeldLease, Lease } from '#platform/ports';
import { REDIS_PREFIX, type RedisConnections } from '#platform/redis';

/**
 * The token is at least the server's time in microseconds: so it grows even across a Redis that
 * forgot the one before.
 */
const ACQUIRE = `
if redis.call('EXISTS', KEYS[1]) == 1 then return false end
local now = redis.call('TIME')
local token = now[1] * 1000000 + now[2]
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
if token <= last then token = last + 1 end
local text = string.format('%.0f', token)
redis.call('SET', KEYS[2], text)
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return text`;

const RENEW = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

export interface RedisLeaseOptions {
  readonly redis: RedisConnections;
  readonly logger: Logger;
}

export function createRedisLease(options: RedisLeaseOptions): Lease {
  const held = new Set<HeldRedisLease>();
  return {
    async tryAcquire(name, { ttlMs }) {
      const holder = randomUUID();
      const sentAtMs = performance.now();
      const token: unknown = await options.redis.commands.eval(
        ACQUIRE,
        2,
        leaseKey(name),
        `${REDIS_PREFIX}:fencing-token:${name}`,
        holder,
        ttlMs,
      );
      if (typeof token !== 'string') return undefined;
      const lease = new HeldRedisLease(options, { name, ttlMs, holder, token, sentAtMs });
      held.add(lease);
      lease.lost.addEventListener('abort', () => held.delete(lease));
      return lease;
    },
    async close() {
      await Promise.all([...held].map((lease) => lease.release()));
    },
  };
}

interface Grant {
  readonly name: string;
  readonly ttlMs: number;
  readonly holder: string;
  readonly token: string;
  readonly sentAtMs: number;
}

class HeldRedisLease implements HeldLease {
  readonly name: string;
  readonly fencingToken: bigint;
  readonly #options: RedisLeaseOptions;
  readonly #grant: Grant;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #expiry: NodeJS.Timeout | undefined;

  constructor(options: RedisLeaseOptions, grant: Grant) {
    this.name = grant.name;
    this.fencingToken = BigInt(grant.token);
    this.#options = options;
    this.#grant = grant;
    this.#expireAt(grant.sentAtMs + grant.ttlMs);
    this.#timer = setInterval(() => void this.#renew(), grant.ttlMs / 3).unref();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async release(): Promise<void> {
    if (this.#lost.signal.aborted) return;
    this.#lose('was released');
    const { redis, logger } = this.#options;
    try {
      await redis.commands.eval(RELEASE, 1, leaseKey(this.name), this.#grant.holder);
    } catch (error) {
      logger.debug({ err: error, lease: this.name }, 'could not release, the lease will expire');
    }
  }

  async #renew(): Promise<void> {
    const { redis, logger } = this.#options;
    const { holder, ttlMs } = this.#grant;
    const sentAtMs = performance.now();
    try {
      const renewed = await redis.commands.eval(RENEW, 1, leaseKey(this.name), holder, ttlMs);
      if (this.#lost.signal.aborted) return;
      if (renewed === 1) this.#expireAt(sentAtMs + ttlMs);
      else this.#lose('had expired');
    } catch (error) {
      logger.warn({ err: error, lease: this.name }, 'could not renew a lease');
    }
  }

  #expireAt(atMs: number): void {
    clearTimeout(this.#expiry);
    const leftMs = atMs - performance.now();
    this.#expiry = setTimeout(() => this.#lose('could not be renewed in time'), leftMs).unref();
  }

  #lose(reason: string): void {
    clearInterval(this.#timer);
    clearTimeout(this.#expiry);
    if (!this.#lost.signal.aborted) {
      this.#lost.abort(new Error(`the lease ${this.name} ${reason}`));
    }
  }
}

function leaseKey(name: string): string {
  return `${REDIS_PREFIX}:lease:${name}`;
}
