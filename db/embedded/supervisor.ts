// Keeps a server running until it is stopped.
//
// Modes: RUNNING (a process answers) -> RESTARTING when the process ends by itself -> RUNNING
// again, or GONE when it has ended too often; a start that fails counts as an end. STOPPING is
// entered once, from any mode, and leads to GONE.

import { setTimeout as delay } from 'node:timers/promises';

import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import {
  type ServerProcess,
  type ServerSettings,
  startServer,
  stopServer,
} from './server-process.ts';

export interface Restart {
  /** How the server ended: a signal or an exit code. */
  readonly end: string;
  /** 1 for the first restart within the window. */
  readonly attempt: number;
  readonly delayMs: number;
}

export interface Supervised {
  /** Asks for the end; wait for `exited`. */
  stop(): void;
  readonly exited: Promise<EmbeddedPostgresError | undefined>;
}

/** A server that dies more often in the window has a reason that a restart cannot mend. */
const MAX_RESTARTS = 5;
const RESTART_WINDOW_MS = 600_000;
const FIRST_RESTART_DELAY_MS = 100;

/** Settles when the server answers for the first time. */
export async function superviseServer(
  server: ServerSettings,
  report: { readonly log: (line: string) => void; readonly onRestart: (restart: Restart) => void },
): Promise<Supervised> {
  const stopping = new AbortController();
  let current = await startServer(server);
  // Somebody who leaves without a stop should not leave the server behind.
  const stopOnExit = (): void => current.kill('SIGINT');
  process.once('exit', stopOnExit);

  async function keepRunning(): Promise<EmbeddedPostgresError | undefined> {
    let restartTimes: readonly number[] = [];
    for (;;) {
      const end = await endOrStop(current, stopping.signal);
      if (end === 'stopped') return undefined;
      const now = performance.now();
      restartTimes = [...restartTimes.filter((at) => now - at < RESTART_WINDOW_MS), now];
      const attempt = restartTimes.length;
      if (attempt > MAX_RESTARTS) return diedTooOften(server, end);
      const delayMs = FIRST_RESTART_DELAY_MS * 2 ** (attempt - 1);
      report.log(`Postgres ended (${end}): restart ${attempt} of ${MAX_RESTARTS}`);
      report.onRestart({ end, attempt, delayMs });
      await delay(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return undefined;
      current = await restartServer(server);
    }
  }

  const exited = keepRunning().finally(() => process.off('exit', stopOnExit));
  return { stop: () => stopping.abort(), exited };
}

async function endOrStop(server: ServerProcess, stopping: AbortSignal): Promise<string> {
  const stopAsked = new Promise<'stop'>((resolve) => {
    if (stopping.aborted) resolve('stop');
    stopping.addEventListener('abort', () => resolve('stop'), { once: true });
  });
  const end = await Promise.race([server.ended, stopAsked]);
  if (end !== 'stop') return end;
  await stopServer(server);
  return 'stopped';
}

function diedTooOften({ dataDir }: ServerSettings, end: string): EmbeddedPostgresError {
  const minutes = RESTART_WINDOW_MS / 60_000;
  return new EmbeddedPostgresError(
    'CRASHED',
    `Postgres ended more than ${MAX_RESTARTS} times in ${minutes} minutes; correct the cause ` +
      `(see ${dataDir}/postgres.log) and start again: ${end}`,
  );
}

/** One that cannot start counts as ended: the next attempt may succeed, on a disk with space. */
async function restartServer(server: ServerSettings): Promise<ServerProcess> {
  try {
    return await startServer(server);
  } catch (error) {
    const end = error instanceof Error ? error.message : String(error);
    return { ended: Promise.resolve(end), kill: () => undefined };
  }
}
