/** A new Postgres for one bench: the embedded one, as `npm start` runs it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../db/embedded/launcher.ts';
import { migrate } from '../db/migrate.ts';

/** `url` is the owner's; the database is migrated and empty, and gone when `work` has ended. */
export async function withFreshDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-bench-'));
  try {
    const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
    try {
      await migrate(server.url);
      return await work(server.url);
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
