/**
 * Last values shared between processes. While Redis is away every key reads as absent and writes
 * are let go: callers have another place to look, and the next write repairs the value.
 */

import { invariant } from '#platform/errors';
import type { Logger } from '#platform/logger';
import type { Cache, CacheEntry, JsonValue } from '#platform/ports';
import { REDIS_PREFIX, type RedisConnections } from '#platform/redis';

/** Of one call of the script or of MGET: Redis does nothing else meanwhile. */
export const MAX_KEYS_PER_COMMAND = 500;

/**
 * Stores `version:json` where the version is above the one stored. Versions are whole numbers
 * without leading zeros, so the longer one is greater, and of equally long ones text order decides.
 * ARGV per key: version, JSON text, milliseconds to live or 0.
 */
const SET_IF_NEWER = `
for i, key in ipairs(KEYS) do
  local version, json, ttl = ARGV[i * 3 - 2], ARGV[i * 3 - 1], ARGV[i * 3]
  local stored = redis.call('GET', key)
  local old = stored and string.match(stored, '^(%d+):')
  if not old or #version > #old or (#version == #old and version > old) then
    if ttl == '0' then redis.call('SET', key, version .. ':' .. json)
    else redis.call('SET', key, version .. ':' .. json, 'PX', ttl) end
  end
end
return 1`;

export interface RedisCacheOptions {
  readonly redis: RedisConnections;
  readonly logger: Logger;
}

export function createRedisCache({ redis, logger }: RedisCacheOptions): Cache {
  return {
    async getMany(keys) {
      try {
        const found: (JsonValue | undefined)[] = [];
        for (const some of chunksOf(keys)) {
          const stored = await redis.commands.mget(some.map(redisKey));
          found.push(...stored.map((text) => (text === null ? undefined : valueOf(text))));
        }
        return found;
      } catch (error) {
        logger.debug({ err: error }, 'could not read the cache');
        return keys.map(() => undefined);
      }
    },
    async setMany(entries) {
      try {
        for (const some of chunksOf(entries)) {
          const keys = some.map(({ key }) => redisKey(key));
          const values = some.flatMap(scriptArgs);
          await redis.commands.eval(SET_IF_NEWER, keys.length, ...keys, ...values);
        }
      } catch (error) {
        logger.debug({ err: error }, 'could not write the cache');
      }
    },
    close: () => Promise.resolve(),
  };
}

function scriptArgs({ key, value, version, ttlMs }: CacheEntry): string[] {
  invariant(version >= 0n, `version of ${key} is not negative, was ${version}`);
  return [String(version), JSON.stringify(value), String(Math.ceil(ttlMs ?? 0))];
}

/** Written by a process of ours. */
function valueOf(stored: string): JsonValue {
  return JSON.parse(stored.slice(stored.indexOf(':') + 1)) as JsonValue;
}

function redisKey(key: string): string {
  return `${REDIS_PREFIX}:cache:${key}`;
}

function chunksOf<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / MAX_KEYS_PER_COMMAND);
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * MAX_KEYS_PER_COMMAND, (index + 1) * MAX_KEYS_PER_COMMAND),
  );
}
