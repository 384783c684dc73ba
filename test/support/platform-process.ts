/** Starts the platform as a user does, as a process of its own, and waits until it is ready. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const READY_LIMIT_MS = 60_000;
const POLL_MS = 20;

export interface PlatformProcess {
  readonly port: number;
  readonly pid: number;
  /** From spawn to the first 200 of /health/ready. */
  readonly readyAfterMs: number;
  /** Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface PlatformEnvironment {
  readonly dataDir: string;
  readonly variables?: Readonly<Record<string, string>>;
}

export async function startPlatformProcess(
  environment: PlatformEnvironment,
): Promise<PlatformProcess> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/start.ts'], {
    cwd: ROOT,
    env: {
      ...process.env,
      PORT: String(port),
      DATA_DIR: environment.dataDir,
      ...environment.variables,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr?.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  await ready(child, port, startedAt + READY_LIMIT_MS, () => complaint);
  return {
    port,
    pid: child.pid ?? 0,
    readyAfterMs: performance.now() - startedAt,
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGINT');
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}

async function ready(
  child: ChildProcess,
  port: number,
  untilMs: number,
  complaint: () => string,
): Promise<void> {
  while (performance.now() < untilMs) {
    if (child.exitCode !== null) throw new Error(`npm start gave up: ${complaint()}`);
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  child.kill('SIGKILL');
  throw new Error(`not ready after ${READY_LIMIT_MS} ms: ${complaint()}`);
}

/** Free with the next ten, which the platform may use as well. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return Math.min(address.port, 64_000);
}
