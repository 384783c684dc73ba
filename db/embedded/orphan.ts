// A Postgres server outlives the process that started it when that one is killed. The next start
// stops it and begins anew: only a child of ours tells us when it ends.

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

import { clusterFolder } from './cluster.ts';
import { EmbeddedPostgresError, systemErrorCode } from './embedded-postgres-error.ts';

const FAST_STOP_WAIT_MS = 10_000;
const ABORT_WAIT_MS = 5_000;
const POLL_MS = 20;

/** To be called by the holder of the folder's lock only. */
export async function stopOrphan(dataDir: string): Promise<'none' | 'stopped'> {
  const cluster = clusterFolder(dataDir);
  const pid = await serverPid(cluster);
  if (pid === undefined) return 'none';
  if (!(await servesCluster(pid, cluster))) {
    await takeOverPidFile(cluster, pid);
    return 'none';
  }
  for (const [signal, waitMs] of [
    ['SIGINT', FAST_STOP_WAIT_MS],
    ['SIGQUIT', ABORT_WAIT_MS],
  ] as const) {
    kill(dataDir, { pid, signal });
    const giveUpAt = performance.now() + waitMs;
    while (performance.now() < giveUpAt) {
      if (!(await servesCluster(pid, cluster))) return 'stopped';
      await delay(POLL_MS);
    }
  }
  // The start that follows waits for what is left, and says so when it stays.
  return 'stopped';
}

async function serverPid(cluster: string): Promise<number | undefined> {
  try {
    const [firstLine] = (await readFile(path.join(cluster, 'postmaster.pid'), 'utf8')).split('\n');
    const pid = Number(firstLine);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** After a crash of the machine the number may belong to any program: look at its command line. */
async function servesCluster(pid: number, cluster: string): Promise<boolean> {
  const args = await commandLine(pid);
  const folderAt = args.indexOf('-D') + 1;
  return args[folderAt] === cluster && path.basename(args[folderAt - 2] ?? '') === 'postgres';
}

/**
 * Postgres refuses to start while the process named in the file lives, whatever it is, but takes
 * its own parent's number for a leftover. Removing the file instead would also lose the rest of it,
 * by which Postgres finds processes of a killed server that still hold its memory.
 */
async function takeOverPidFile(cluster: string, pid: number): Promise<void> {
  const file = path.join(cluster, 'postmaster.pid');
  const content = await readFile(file, 'utf8');
  await writeFile(file, content.replace(`${pid}`, `${process.pid}`));
}

async function commandLine(pid: number): Promise<readonly string[]> {
  try {
    if (process.platform === 'linux') {
      return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', `${pid}`]);
    return stdout.trim().split(' ');
  } catch {
    // No such process, or it has ended just now.
    return [];
  }
}

function kill(
  dataDir: string,
  { pid, signal }: { readonly pid: number; readonly signal: NodeJS.Signals },
): void {
  try {
    process.kill(pid, signal);
  } catch (cause) {
    if (systemErrorCode(cause) === 'ESRCH') return;
    throw new EmbeddedPostgresError(
      'DATA_FOLDER_LOCKED',
      `A Postgres server of another user (process ${pid}) uses ${dataDir}: stop it first.`,
      { cause },
    );
  }
}
