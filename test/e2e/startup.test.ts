/** `npm start` as a user meets it: ready, stopped, started again, or unable to start. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const START_LIMIT_MS = 60_000;
vi.setConfig({ testTimeout: 3 * START_LIMIT_MS });

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plumbline-start-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly complaint: () => string;
  readonly exit: Promise<number | null>;
}

function start(variables: Readonly<Record<string, string>>): Run {
  const child = spawn(process.execPath, ['--import', 'tsx', 'cli/start.ts'], {
    cwd: ROOT,
    env: { ...process.env, PORT: '0', DATA_DIR: join(folder, 'data'), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let complaint = '';
  child.stdout?.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr?.on('data', (text: Buffer) => (complaint += text.toString()));
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  return { child, output: () => output, complaint: () => complaint, exit };
}

async function ready(run: Run): Promise<string> {
  const end = performance.now() + START_LIMIT_MS;
  while (!run.output().includes('is ready')) {
    if (run.child.exitCode !== null) throw new Error(`gave up: ${run.complaint()}`);
    if (performance.now() > end) throw new Error(`not ready: ${run.complaint()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return /http:\/\/127\.0\.0\.1:\d+/.exec(run.output())?.[0] ?? '';
}

async function stopped(run: Run): Promise<number | null> {
  run.child.kill('SIGINT');
  return run.exit;
}

describe('PL-1 npm start', () => {
  test('shows one screen, answers its query, stops on Ctrl-C and keeps the data', async () => {
    const first = start({});
    const base = await ready(first);
    const screen = first.output();
    for (const line of [
      '/graphql',
      '/explorer',
      '/health/ready',
      '/metrics',
      'Simulated',
      '/control/faults',
    ]) {
      expect(screen).toContain(line);
    }
    const token = /^ {2}viewer +(\S+)$/m.exec(screen)?.[1] ?? '';
    const query = /-d '(.*)'$/m.exec(screen)?.[1] ?? '';
    const answer = await fetch(`${base}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: query,
    });
    const { data } = (await answer.json()) as { data: { instrument: { name: string } } };
    expect(data.instrument.name).toBe('Apple Inc.');
    expect(await fetch(`${base}/explorer`).then(({ status }) => status)).toBe(200);
    expect(await fetch(`${base}/metrics`).then((each) => each.text())).toContain('process_cpu');
    expect(await stopped(first)).toBe(0);
    expect(first.complaint()).toBe('');

    const again = start({});
    const url = `${await ready(again)}/graphql`;
    const bars = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ imports { edges { node { status } } } }' }),
    });
    const kept = (await bars.json()) as { data: { imports: { edges: unknown[] } } };
    expect(kept.data.imports.edges).toHaveLength(3);
    expect(await stopped(again)).toBe(0);
  });
});

describe('PL-1 npm start says in one sentence what to do', () => {
  async function complaintOf(variables: Readonly<Record<string, string>>): Promise<string> {
    const run = start(variables);
    expect(await run.exit).toBe(1);
    const complaint = run.complaint().trim();
    expect(complaint).not.toContain('defect');
    expect(complaint.split('\n')).toHaveLength(1);
    return complaint;
  }

  test('when the port is taken', async () => {
    const server: Server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const complaint = await complaintOf({ PORT: port, DATA_DIR: join(folder, 'port') });
    server.close();
    expect(complaint).toContain(port);
    expect(complaint).toContain('PORT');
  });

  test('when another run holds the data folder, and that run goes on', async () => {
    const first = start({ DATA_DIR: join(folder, 'shared') });
    const base = await ready(first);
    const complaint = await complaintOf({ DATA_DIR: join(folder, 'shared') });
    expect(complaint).toMatch(/DATA_DIR|stop/i);
    expect(await fetch(`${base}/health/ready`).then(({ status }) => status)).toBe(200);
    expect(await stopped(first)).toBe(0);
  });

  test('when the data folder cannot be made', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, 'in the way');
    expect(await complaintOf({ DATA_DIR: join(file, 'data') })).toContain('DATA_DIR');
  });

  test.each([
    ['DATABASE_URL', 'postgres://nobody:secret@127.0.0.1:9/none'],
    ['REDIS_URL', 'redis://127.0.0.1:9'],
  ])('when %s does not answer, without showing the password', async (name, url) => {
    const complaint = await complaintOf({ [name]: url, DATA_DIR: join(folder, name) });
    expect(complaint).toContain(name);
    expect(complaint).not.toContain('secret');
  });

  test.each([
    ['PORT', 'eighty'],
    ['FEED', 'replay'],
    ['LOG_LEVEL', 'loud'],
  ])('when %s has a value it cannot have', async (name, value) => {
    const complaint = await complaintOf({ [name]: value });
    expect(complaint).toContain(name);
    expect(complaint).toContain(value);
  });
});
