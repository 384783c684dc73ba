// Once per test run: a Postgres server, and in it a migrated database to clone from.

import { createHash, randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import postgres from 'postgres';
import type { TestProject } from 'vitest/node';

import { startEmbeddedPostgres } from '../../db/embedded/launcher.ts';
import { migrate } from '../../db/migrate.ts';
import { databaseUrl } from './database-url.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** DATABASE_URL, when the tests are to use a server that runs already. */
    readonly givenDatabaseUrl?: string;
    readonly testServerUrl: string;
    readonly testTemplate: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { givenDatabaseUrl } = project.getProvidedContext();
  const server =
    givenDatabaseUrl === undefined
      ? await startServer()
      : { url: givenDatabaseUrl, stop: () => Promise.resolve() };
  try {
    project.provide('testServerUrl', server.url);
    project.provide('testTemplate', await ensureTemplate(server.url));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server.stop;
}

async function startServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
  await chmod(dataDir, 0o755);
  const server = await startEmbeddedPostgres({
    dataDir,
    // A test database need not outlive a power cut, and creating one is four times as fast.
    settings: { fsync: 'off', full_page_writes: 'off' },
  });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * The name says what was migrated, so that on a server that stays (DATABASE_URL) a run finds the
 * template of an earlier one, and several checkouts do not share one.
 */
async function ensureTemplate(serverUrl: string): Promise<string> {
  const template = `plumbline_template_${await migrationsHash()}`;
  const sql = postgres(serverUrl, { max: 1, onnotice: () => undefined });
  try {
    const [found] = await sql`select from pg_database where datname = ${template}`;
    if (found !== undefined) return template;
    // Under another name until it is complete: another run may be doing the same.
    const draft = `plumbline_draft_${randomUUID().replaceAll('-', '')}`;
    await sql`create database ${sql(draft)}`;
    try {
      await migrate(databaseUrl(serverUrl, draft));
      await sql`alter database ${sql(draft)} rename to ${sql(template)}`;
      await sql`alter database ${sql(template)} allow_connections false`;
    } catch (error) {
      await sql`drop database if exists ${sql(draft)} with (force)`;
      const [winner] = await sql`select from pg_database where datname = ${template}`;
      if (winner === undefined) throw error;
    }
    return template;
  } finally {
    await sql.end();
  }
}

async function migrationsHash(): Promise<string> {
  const folder = fileURLToPath(new URL('../../db', import.meta.url));
  const hash = createHash('sha256');
  for (const entry of (await readdir(folder, { recursive: true })).toSorted()) {
    if (!/\.sql$|^migrate\.ts$|^runtime-role\.ts$/.test(entry)) continue;
    hash.update(entry).update(await readFile(path.join(folder, entry)));
  }
  return hash.digest('hex').slice(0, 16);
}
