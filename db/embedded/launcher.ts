// Runs a Postgres server of our own, so that the platform needs nothing but Node.

import { access, constants, realpath } from 'node:fs/promises';
import path from 'node:path';

import { makeFolder } from '#platform/folder';

import { findBinaries } from './binaries.ts';
import {
  clusterOwner,
  ensureCluster,
  forgetPort,
  notePort,
  readAddress,
  serverUrl,
} from './cluster.ts';
import { dataFolderError, EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { isFolderLocked, lockFolder } from './folder-lock.ts';
import { stopOrphan } from './orphan.ts';
import { answers, freePort, isPortFree, portTaken, type ServerSettings } from './server-process.ts';
import { type Restart, superviseServer } from './supervisor.ts';
import { chooseRunAs } from './unprivileged-user.ts';

export interface EmbeddedPostgresOptions {
  /** Created where it is missing. Holds the database, its password, its port and its log. */
  readonly dataDir: string;
  /** Left out: any free one, another one each time. */
  readonly port?: number;
  readonly log?: (line: string) => void;
  /** Told when the server has died and is about to be started again. */
  readonly onRestart?: (restart: Restart) => void;
  /** Postgres settings on top of ours. */
  readonly settings?: Readonly<Record<string, string>>;
  /** A folder with `bin/`, `lib/` and `share/` instead of the npm package of this platform. */
  readonly nativeDir?: string;
}

export interface EmbeddedPostgres {
  /** Of the owner, a superuser, to the database `postgres`. Holds the password: never log it. */
  readonly url: string;
  readonly port: number;
  /** Settles when the server is gone for good: empty after `stop`, else with the reason. */
  readonly exited: Promise<EmbeddedPostgresError | undefined>;
  /** Ends all connections and waits until the server has written what it holds. */
  stop(): Promise<void>;
}

/**
 * Starts the server on `dataDir`, creating the database first where there is none.
 *
 * A server that dies is started again on the same port, so that pools reconnect, until it dies too
 * often. Throws `EmbeddedPostgresError` with a sentence for the user.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  try {
    return await start({ ...options, dataDir: await prepareFolder(options.dataDir) });
  } catch (error) {
    throw error instanceof EmbeddedPostgresError ? error : dataFolderError(options.dataDir, error);
  }
}

/** The server that another living process runs on `dataDir`, if there is one and it answers. */
export async function readRunningPostgres(
  dataDir: string,
): Promise<{ readonly url: string } | undefined> {
  if (!(await isFolderLocked(dataDir))) return undefined;
  const url = await readAddress(dataDir);
  return url !== undefined && (await answers(url)) === true ? { url } : undefined;
}

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log = () => undefined, onRestart = () => undefined } = options;
  const lock = await lockFolder(dataDir);
  try {
    if ((await stopOrphan(dataDir)) === 'stopped') log('stopped the Postgres of a killed run');
    const server = await prepareServer(options);
    const supervised = await superviseServer(server, { log, onRestart });
    await notePort(dataDir, server.port);
    const released = supervised.exited.then(async (reason) => {
      await forgetPort(dataDir);
      await lock.release();
      return reason;
    });
    return {
      url: server.url,
      port: server.port,
      exited: released,
      async stop() {
        supervised.stop();
        await released;
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function prepareServer(options: EmbeddedPostgresOptions): Promise<ServerSettings> {
  const { dataDir, settings = {} } = options;
  const binaries = await findBinaries({
    nativeDir: options.nativeDir,
    linkDir: path.join(dataDir, 'libraries'),
  });
  const runAs = await chooseRunAs(binaries, dataDir, await clusterOwner(dataDir));
  const port = options.port ?? (await freePort());
  if (!(await isPortFree(port))) throw portTaken(port);
  const password = await ensureCluster(dataDir, { binaries, runAs });
  return { dataDir, port, url: serverUrl({ port, password }), binaries, runAs, settings };
}

/** Others may pass through, as Postgres does as `nobody`. Every secret inside is a file 0600. */
async function prepareFolder(dataDir: string): Promise<string> {
  makeFolder(dataDir, 0o755);
  await access(dataDir, constants.W_OK | constants.X_OK);
  return realpath(dataDir);
}
