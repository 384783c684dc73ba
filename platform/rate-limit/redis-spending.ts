/** What all processes took from the buckets together, kept in Redis by its own clock. */

import { REDIS_PREFIX, type RedisConnections } from '#platform/redis';
import type { ShareSpending } from './rate-limiter.ts';

/**
 * A bucket is `level:milliseconds`; it is forgotten once it would be empty. ARGV per key: what was
 * spent, what drains a second. Levels go back as text, for Redis cuts numbers to whole ones.
 */
const ADD_SPENDING = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local levels = {}
for i, key in ipairs(KEYS) do
  local spent, rate = tonumber(ARGV[i * 2 - 1]), tonumber(ARGV[i * 2])
  local stored = redis.call('GET', key)
  local level = 0
  if stored then
    local old, at = string.match(stored, '^([%d.e+-]+):(%d+)$')
    level = math.max(0, tonumber(old) - (now - tonumber(at)) / 1000 * rate)
  end
  level = level + spent
  local ttl = math.ceil(level / rate * 1000) + 1000
  redis.call('SET', key, string.format('%.3f:%d', level, now), 'PX', ttl)
  levels[i] = string.format('%.3f', level)
end
return levels`;

export function redisSpending(redis: RedisConnections): ShareSpending {
  return async (spending) => {
    const keys = spending.map(({ key }) => `${REDIS_PREFIX}:rate:${key}`);
    const facts = spending.flatMap(({ spent, perSecond }) => [String(spent), String(perSecond)]);
    const levels: unknown = await redis.commands.eval(ADD_SPENDING, keys.length, ...keys, ...facts);
    return Array.isArray(levels) ? levels.map(Number) : [];
  };
}
