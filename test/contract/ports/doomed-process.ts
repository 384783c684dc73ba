/**
 * A process that is made to be killed: it joins a consumer group, takes a batch and never finishes
 * it; or takes a lease and holds it. Prints one line when it holds on.
 *
 *     doomed-process.ts consume DATABASE_URL REDIS_URL|- TTL_MS TOPIC
 *     doomed-process.ts lease DATABASE_URL REDIS_URL|- TTL_MS NAME
 */

import { createPostgresEventLog } from '#platform/event-log/postgres-event-log';
import { createRedisEventLog } from '#platform/event-log/redis-event-log';
import { createPostgresLease } from '#platform/lease/postgres-lease';
import { createRedisLease } from '#platform/lease/redis-lease';
import { silentLogger as logger } from '#platform/logger';
import { openPool } from '#platform/postgres';
import { connectRedis } from '#platform/redis';

process.stdin.on('end', () => process.exit(1)).resume();
const [task = '', url = '', redisUrl = '-', ttl = '', subject = ''] = process.argv.slice(2);
const ttlMs = Number(ttl);
const sql = openPool({ url, maxConnections: 3, applicationName: 'doomed' });
const redis = redisUrl === '-' ? undefined : await connectRedis({ url: redisUrl, logger });

if (task === 'lease') {
  const lease = redis ? createRedisLease({ redis, logger }) : createPostgresLease({ sql, logger });
  const held = await lease.tryAcquire(subject, { ttlMs });
  process.stdout.write(`holding ${held?.fencingToken}\n`);
} else {
  const options = { sql, url, logger, groupTtlMs: ttlMs };
  const log = redis
    ? createRedisEventLog({ ...options, redis, lease: createPostgresLease({ sql, logger }) })
    : createPostgresEventLog(options);
  await log.consume({
    topic: subject,
    group: 'group',
    handle: async (records) => {
      process.stdout.write(`holding ${records.length}\n`);
      await new Promise(() => undefined);
    },
  });
  process.stdout.write('joined\n');
}
