// One run of the Postgres server: from the command line to the first answered query, and its end.

import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, rename } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import postgres from 'postgres';

import type { Binaries } from './binaries.ts';
import { clusterFolder, damaged } from './cluster.ts';
import { diskFull, EmbeddedPostgresError, systemErrorCode } from './embedded-postgres-error.ts';
import { commandLine, type RunAs } from './unprivileged-user.ts';

export interface ServerSettings {
  readonly dataDir: string;
  readonly port: number;
  readonly url: string;
  readonly binaries: Binaries;
  readonly runAs: RunAs;
  readonly settings: Readonly<Record<string, string>>;
}

/** How a server process ended, for the log. */
export type ServerEnd = string;

export interface ServerProcess {
  readonly ended: Promise<ServerEnd>;
  kill(signal: NodeJS.Signals): void;
}

/** Replaying the log after a crash takes minutes at most with `max_wal_size` below. */
const READY_WAIT_MS = 300_000;
const READY_POLL_MS = 20;

/** The processes of a server that was killed need a moment to see it and to let go of its files. */
const STALE_WAIT_MS = 10_000;
const STALE_POLL_MS = 250;
const HELD_BY_ANOTHER = /lock file "postmaster\.pid" already exists|shared memory block/;

const FIRST_PORT = 15_000;
const LAST_PORT = 32_000;
const MAX_PORT_ATTEMPTS = 50;

const STOP_WAIT_MS = 30_000;
const ABORT_WAIT_MS = 5_000;

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '256MB',
  max_connections: '200',
  // Nothing replicates from here, so that bulk loads into new tables need no log.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  // Compiling pays for queries of seconds; ours take milliseconds.
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Errors of statements go to the client, who logs them; repeated here they would fill the disk.
  log_min_messages: 'log',
  log_checkpoints: 'off',
};

/** Starts the server and waits until it answers. Throws a typed error when it cannot start. */
export async function startServer(server: ServerSettings): Promise<ServerProcess> {
  const giveUpAt = performance.now() + STALE_WAIT_MS;
  for (;;) {
    const logFile = path.join(server.dataDir, 'postgres.log');
    const running = await spawnServer(server, logFile);
    const end = await Promise.race([running.ended, ready(server, running)]);
    if (end === undefined) return running;
    const complaint = await lastComplaint(logFile);
    if (!HELD_BY_ANOTHER.test(complaint) || performance.now() > giveUpAt) {
      throw startError(server, complaint || end);
    }
    await delay(STALE_POLL_MS);
  }
}

/** Fast shutdown: cuts the connections and ends cleanly. When that takes too long, less cleanly. */
export async function stopServer(server: ServerProcess): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGINT', STOP_WAIT_MS],
    ['SIGQUIT', ABORT_WAIT_MS],
  ] as const) {
    server.kill(signal);
    if (await settlesWithin(server.ended, waitMs)) return;
  }
  server.kill('SIGKILL');
  await server.ended;
}

/**
 * A port that is free now. Not one that the system hands out to outgoing connections: while
 * Postgres restarts, a pool that reconnects could be given that very port and keep it.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 1; attempt <= MAX_PORT_ATTEMPTS; attempt += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (await isPortFree(port)) return port;
  }
  throw new EmbeddedPostgresError(
    'PORT_TAKEN',
    `No free port was found between ${FIRST_PORT} and ${LAST_PORT}: stop some servers.`,
  );
}

export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** Whether the server answers a query; `damaged` when it refuses the password. */
export async function answers(url: string): Promise<boolean | 'damaged'> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => undefined });
  try {
    await sql`select 1`;
    return true;
  } catch (error) {
    return systemErrorCode(error) === '28P01' ? 'damaged' : false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function spawnServer(server: ServerSettings, logFile: string): Promise<ServerProcess> {
  await rename(logFile, `${logFile}.previous`).catch(() => undefined);
  const log = await open(logFile, 'w', 0o600);
  try {
    const settings = Object.entries({ ...SETTINGS, ...server.settings, port: `${server.port}` });
    const { command, args } = commandLine(server.runAs, server.binaries.postgres, [
      '-D',
      clusterFolder(server.dataDir),
      ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ]);
    const child = spawn(command, args, {
      ...server.runAs.identity,
      cwd: '/',
      env: server.binaries.env,
      stdio: ['ignore', log.fd, log.fd],
      // A session of its own: Ctrl-C in the terminal is for us, who stop Postgres last.
      detached: true,
    });
    return { ended: endOf(child), kill: (signal) => void child.kill(signal) };
  } finally {
    await log.close();
  }
}

function endOf(child: ChildProcess): Promise<ServerEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}

async function ready(server: ServerSettings, running: ServerProcess): Promise<undefined> {
  const giveUpAt = performance.now() + READY_WAIT_MS;
  const ended = new AbortController();
  void running.ended.then(() => ended.abort());
  while (!ended.signal.aborted) {
    const answer = await answers(server.url);
    if (answer === true) return undefined;
    if (answer === 'damaged' || performance.now() > giveUpAt) {
      await stopServer(running);
      throw answer === 'damaged' ? damaged(server.dataDir) : startError(server, 'no answer');
    }
    await delay(READY_POLL_MS);
  }
  return new Promise(() => undefined);
}

function startError(server: ServerSettings, complaint: string): EmbeddedPostgresError {
  if (/No space left on device|Disk quota exceeded/.test(complaint)) {
    return diskFull(server.dataDir);
  }
  if (/could not create any TCP\/IP sockets/.test(complaint)) return portTaken(server.port);
  if (HELD_BY_ANOTHER.test(complaint)) {
    return new EmbeddedPostgresError(
      'DATA_FOLDER_LOCKED',
      `Another Postgres server still uses ${server.dataDir}; stop it first: ${complaint}`,
    );
  }
  return new EmbeddedPostgresError(
    'START_FAILED',
    `Postgres could not start on ${server.dataDir}; correct what it says: ${complaint}`,
  );
}

export function portTaken(port: number): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'PORT_TAKEN',
    `Port ${port} for the embedded Postgres is taken: stop what uses it, or choose another port.`,
  );
}

async function lastComplaint(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8')).split('\n');
  return lines.filter((line) => /FATAL|PANIC|error/.test(line)).at(-1) ?? lines.at(-2) ?? '';
}

async function settlesWithin(ended: Promise<ServerEnd>, waitMs: number): Promise<boolean> {
  const timer = new AbortController();
  const timeout = delay(waitMs, false, { signal: timer.signal }).catch(() => false);
  const hasEnded = await Promise.race([ended.then(() => true), timeout]);
  timer.abort();
  return hasEnded;
}
