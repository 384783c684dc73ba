/** Opens the database the configuration names: a real server, or our own in the data folder. */

import { join } from 'node:path';
import postgres from 'postgres';
import { EmbeddedPostgresError } from '../db/embedded/embedded-postgres-error.ts';
import { readRunningPostgres, startEmbeddedPostgres } from '../db/embedded/launcher.ts';
import { migrate } from '../db/migrate.ts';
import type { Config } from '#platform/config';
import { StartupError } from '#platform/errors';
import type { Logger } from '#platform/logger';

export interface OpenedDatabase {
  /** Of the owner; the pools switch to the runtime role. */
  readonly url: string;
  readonly isEmbedded: boolean;
  /** Settles with a sentence when the embedded server is gone for good; never for a real one. */
  readonly lost: Promise<string>;
  close(): Promise<void>;
}

interface DatabaseOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** Use the server another process of ours runs on the folder, if there is one. */
  readonly mayJoinRunning: boolean;
}

export function databaseFolder(config: Config): string {
  return join(config.dataDir, 'postgres');
}

/** Migrated when it resolves. Throws StartupError with one sentence that says what to do. */
export async function openDatabase(options: DatabaseOptions): Promise<OpenedDatabase> {
  const database = await openServer(options);
  try {
    await migrate(database.url);
    return database;
  } catch (cause) {
    // Not waited for: on a full disk a server takes half a minute to stop, and the reason is known.
    void database.close().catch(() => undefined);
    const root = rootOf(cause);
    const advice = adviceFor(root, database);
    throw new StartupError(
      `The database could not be brought up to date (${firstLineOf(root)}): ${advice}.`,
      { cause },
    );
  }
}

/** Drizzle wraps what the server said into an error that repeats the whole statement. */
function rootOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootOf(error.cause) : error;
}

function adviceFor(root: unknown, { isEmbedded }: OpenedDatabase): string {
  if (isEmbedded) return 'keep a copy of the data folder and report it';
  return root instanceof postgres.PostgresError
    ? 'see who else changed it, or set DATABASE_URL to another one'
    : 'start that server, or set DATABASE_URL right';
}

function firstLineOf(root: unknown): string {
  const text = root instanceof Error ? root.message : String(root);
  return text.split('\n', 1)[0]?.trim() ?? '';
}

async function openServer(options: DatabaseOptions): Promise<OpenedDatabase> {
  const { config, logger, mayJoinRunning } = options;
  if (config.databaseUrl !== undefined) return foreign(config.databaseUrl, false);
  const folder = databaseFolder(config);
  const running = mayJoinRunning ? await readRunningPostgres(folder) : undefined;
  if (running) return foreign(running.url, true);
  try {
    const server = await startEmbeddedPostgres({
      dataDir: folder,
      log: (line) => logger.info({ part: 'postgres' }, line),
      onRestart: (restart) => logger.warn({ part: 'postgres', ...restart }, 'postgres restarted'),
    });
    const lost = server.exited.then(
      (reason) => reason?.message ?? new Promise<string>(() => undefined),
    );
    return { url: server.url, isEmbedded: true, lost, close: () => server.stop() };
  } catch (error) {
    if (error instanceof EmbeddedPostgresError) {
      throw new StartupError(error.message, { cause: error });
    }
    throw error;
  }
}

function foreign(url: string, isEmbedded: boolean): OpenedDatabase {
  const never = new Promise<string>(() => undefined);
  return { url, isEmbedded, lost: never, close: async () => undefined };
}
