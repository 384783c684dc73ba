// Brings a database to the newest schema. Safe to call from any number of processes at once.

import { fileURLToPath } from 'node:url';

import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';

import { createRuntimeRole, grantToRuntimeRole } from './runtime-role.ts';

const MIGRATIONS_FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));

/** Any fixed number will do: all processes that migrate one database must agree on it. */
const MIGRATION_LOCK = 5_310_001;

/** How long a process waits for another one that is migrating, before it gives up. */
const MIGRATION_LOCK_WAIT_MS = 60_000;

/**
 * Applies what is missing, then settles what the runtime role may do. `ownerUrl` names the owner of
 * the schemas.
 *
 * Holds a session advisory lock meanwhile: without it, processes that start together run the same
 * CREATE twice and fail.
 */
export async function migrate(ownerUrl: string): Promise<void> {
  // The lock belongs to one session, so there must be one connection, and it must not be recycled.
  const sql = postgres(ownerUrl, { max: 1, max_lifetime: null, onnotice: () => undefined });
  try {
    await sql`select set_config('lock_timeout', ${`${MIGRATION_LOCK_WAIT_MS}ms`}, false)`;
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await createRuntimeRole(sql);
    await applyMigrations(drizzle(sql), { migrationsFolder: MIGRATIONS_FOLDER });
    await grantToRuntimeRole(sql);
  } finally {
    await sql.end();
  }
}
