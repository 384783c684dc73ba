import { createPostgresEventLog } from '#platform/event-log/postgres-event-log';
import { silentLogger } from '#platform/logger';
import { appendToOutbox } from '#platform/outbox';
import { openPool } from '#platform/postgres';
import { createTestDatabase } from '../../support/database.ts';
import { describeEventLog } from './event-log-contract.ts';

describeEventLog({
  name: 'on Postgres',
  open: async () => {
    const database = await createTestDatabase();
    const { url } = database;
    const sql = openPool({ url, maxConnections: 5, applicationName: 'event-log-test' });
    const log = createPostgresEventLog({ sql, url, logger: silentLogger, groupTtlMs: 1_500 });
    return {
      log,
      append: (records) => appendToOutbox(sql, records),
      close: async () => {
        await log.close();
        await sql.end();
        await database.drop();
      },
    };
  },
});
