// Lets one process at a time run a data folder, and frees the folder when that process dies.

import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { randomUUID } from 'node:crypto';
import path from 'node:path';

import { EmbeddedPostgresError, systemErrorCode } from './embedded-postgres-error.ts';

interface LockContent {
  readonly pid: number;
  readonly port: number;
  readonly token: string;
}

export interface FolderLock {
  release(): Promise<void>;
}

const LOCK_FILE = 'lock.json';

/** How long the holder has to answer; it may be busy starting up. */
const ANSWER_WAIT_MS = 2_000;

/** Each attempt ends with the lock, a living holder, or one dead holder out of the way. */
const MAX_LOCK_ATTEMPTS = 5;

/**
 * Takes the lock or throws `DATA_FOLDER_LOCKED`.
 *
 * The lock file names a loopback port on which the holder answers with the file's token. A process
 * number alone would not do: after a crash it may belong to another program, in a container even to
 * the process that asks.
 */
export async function lockFolder(dataDir: string): Promise<FolderLock> {
  const lockFile = path.join(dataDir, LOCK_FILE);
  const token = randomUUID();
  const { server, port } = await answerWith(token);
  const ownFile = `${lockFile}.${token}`;
  try {
    await writeFile(ownFile, JSON.stringify({ pid: process.pid, port, token }), { mode: 0o644 });
    await takeLock({ dataDir, lockFile, ownFile });
  } catch (error) {
    server.close();
    throw error;
  } finally {
    await rm(ownFile, { force: true });
  }
  return {
    async release(): Promise<void> {
      const content = await readLock(lockFile);
      if (content?.token === token) await rm(lockFile, { force: true });
      server.close();
    },
  };
}

/** Whether a living process holds the folder. */
export async function isFolderLocked(dataDir: string): Promise<boolean> {
  const content = await readLock(path.join(dataDir, LOCK_FILE));
  return content !== undefined && (await isAlive(content));
}

async function takeLock({
  dataDir,
  lockFile,
  ownFile,
}: Record<'dataDir' | 'lockFile' | 'ownFile', string>): Promise<void> {
  for (let attempt = 1; attempt <= MAX_LOCK_ATTEMPTS; attempt += 1) {
    try {
      // Unlike a rename, a link never replaces what is there.
      await link(ownFile, lockFile);
      return;
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    }
    const content = await readLock(lockFile);
    if (content !== undefined && (await isAlive(content))) throw locked(dataDir, content);
    await moveAway(lockFile, content);
  }
  throw locked(dataDir, undefined);
}

/** Removes the lock of a dead holder, unless somebody else has just done so and locked anew. */
async function moveAway(lockFile: string, dead: LockContent | undefined): Promise<void> {
  const aside = `${lockFile}.${randomUUID()}`;
  try {
    await rename(lockFile, aside);
    const moved = await readLock(aside);
    if (moved?.token !== dead?.token) await link(aside, lockFile);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

function locked(dataDir: string, holder: LockContent | undefined): EmbeddedPostgresError {
  const who = holder === undefined ? 'another run' : `another run (process ${holder.pid})`;
  return new EmbeddedPostgresError(
    'DATA_FOLDER_LOCKED',
    `The data folder ${dataDir} is in use by ${who}: ` +
      'stop that one first, or set DATA_DIR to another folder.',
  );
}

/** Undefined when there is no lock, or a torn one: a machine that lost power may leave that. */
async function readLock(lockFile: string): Promise<LockContent | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(lockFile, 'utf8'));
    const { pid, port, token } = Object(content);
    if (typeof pid !== 'number' || typeof port !== 'number' || typeof token !== 'string') {
      return undefined;
    }
    return { pid, port, token };
  } catch (error) {
    if (error instanceof SyntaxError || systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function answerWith(token: string): Promise<{ server: Server; port: number }> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(token);
    });
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port to answer on');
      server.unref();
      resolve({ server, port: address.port });
    });
  });
}

function isAlive({ pid, port, token }: LockContent): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: '127.0.0.1', port });
    socket.setEncoding('utf8');
    socket.setTimeout(ANSWER_WAIT_MS);
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.length > token.length) socket.destroy();
    });
    socket.on('error', () => undefined);
    // Connected, but silent: the holder is busy, if it is there at all.
    socket.on('timeout', () => {
      answer = processExists(pid) ? token : '';
      socket.destroy();
    });
    socket.on('close', () => resolve(answer === token));
  });
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === 'EPERM';
  }
}
