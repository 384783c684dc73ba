// The files of one embedded database: `cluster/` is Postgres's own, the rest is ours beside it.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';

import type { Binaries } from './binaries.ts';
import { diskFull, EmbeddedPostgresError, systemErrorCode } from './embedded-postgres-error.ts';
import { commandLine, giveTo, type RunAs } from './unprivileged-user.ts';

const OWNER_NAME = 'plumbline';

export const clusterFolder = (dataDir: string): string => path.join(dataDir, 'cluster');
const passwordFile = (dataDir: string): string => path.join(dataDir, 'password');

const portFile = (dataDir: string): string => path.join(dataDir, 'port');

const UNFINISHED = 'cluster.unfinished-';

export async function clusterOwner(
  dataDir: string,
): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  try {
    const { uid, gid } = await stat(clusterFolder(dataDir));
    return { uid, gid };
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The address of the server as last noted; whether it answers is another question. */
export async function readAddress(dataDir: string): Promise<string | undefined> {
  const port = await readIfThere(portFile(dataDir));
  const password = await readIfThere(passwordFile(dataDir));
  return port && password ? serverUrl({ port: Number(port), password }) : undefined;
}

export async function notePort(dataDir: string, port: number): Promise<void> {
  await writeSecret(portFile(dataDir), `${port}`);
}

export async function forgetPort(dataDir: string): Promise<void> {
  await rm(portFile(dataDir), { force: true });
}

export function serverUrl({ port, password }: { port: number; password: string }): string {
  return `postgres://${OWNER_NAME}:${password}@127.0.0.1:${port}/postgres`;
}

/** Creates the cluster where there is none yet, and answers with the password of its owner. */
export async function ensureCluster(
  dataDir: string,
  { binaries, runAs }: { readonly binaries: Binaries; readonly runAs: RunAs },
): Promise<string> {
  const owner = await clusterOwner(dataDir);
  if (owner !== undefined) {
    const password = await readIfThere(passwordFile(dataDir));
    if (password === undefined) throw damaged(dataDir);
    if (runAs.owner !== undefined && runAs.owner.uid !== owner.uid) {
      await giveTo(clusterFolder(dataDir), runAs.owner);
    }
    return password;
  }
  // The password first: a cluster whose password is lost is of no use.
  const password = (await readIfThere(passwordFile(dataDir))) ?? newPassword();
  await writeSecret(passwordFile(dataDir), password);
  await initialize(dataDir, { binaries, runAs, password });
  return password;
}

const newPassword = (): string => randomBytes(24).toString('base64url');

export function damaged(dataDir: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'DATA_FOLDER_DAMAGED',
    `The password file in ${dataDir} does not fit the database beside it: ` +
      'restore the file from a backup, or delete the folder to start afresh.',
  );
}

/** In a folder of another name, renamed when complete: no half-made cluster is ever used. */
async function initialize(
  dataDir: string,
  { binaries, runAs, password }: { binaries: Binaries; runAs: RunAs; password: string },
): Promise<void> {
  for (const entry of await readdir(dataDir)) {
    if (entry.startsWith(UNFINISHED)) await removeFolder(path.join(dataDir, entry));
  }
  const unfinished = path.join(dataDir, `${UNFINISHED}${randomBytes(4).toString('hex')}`);
  const passwordCopy = `${unfinished}.password`;
  try {
    await mkdir(unfinished, { mode: 0o700 });
    await writeSecret(passwordCopy, password);
    if (runAs.owner !== undefined) {
      await chown(unfinished, runAs.owner.uid, runAs.owner.gid);
      await chown(passwordCopy, runAs.owner.uid, runAs.owner.gid);
    }
    const options = [
      `--pgdata=${unfinished}`,
      `--username=${OWNER_NAME}`,
      `--pwfile=${passwordCopy}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The builtin provider sorts alike on every system and in every later version.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
    ];
    await runInitdb(dataDir, { binaries, runAs, options });
    await rename(unfinished, clusterFolder(dataDir));
  } finally {
    await rm(passwordCopy, { force: true });
    await removeFolder(unfinished);
  }
}

async function runInitdb(
  dataDir: string,
  { binaries, runAs, options }: { binaries: Binaries; runAs: RunAs; options: readonly string[] },
): Promise<void> {
  const { command, args } = commandLine(runAs, binaries.initdb, options);
  const child = spawn(command, args, {
    ...runAs.identity,
    cwd: '/',
    env: binaries.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const [status, complaint] = await Promise.all([exit, text(child.stderr)]);
  if (status === 0) return;
  if (/No space left on device|Disk quota exceeded/.test(complaint)) throw diskFull(dataDir);
  throw new EmbeddedPostgresError(
    'START_FAILED',
    `Postgres could not create a database in ${dataDir}; correct what it says: ` +
      (complaint.trim().split('\n').at(-1) ?? ''),
  );
}

/** Written under another name first, so that a crash leaves the old file or the new one. */
async function writeSecret(file: string, content: string): Promise<void> {
  const draft = `${file}.draft`;
  await rm(draft, { force: true });
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${content}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim() || undefined;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Again and again for two seconds: the initdb of a killed run may still be writing into it. */
async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 6, retryDelay: 100 });
}
