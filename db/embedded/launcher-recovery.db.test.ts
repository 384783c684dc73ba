import { spawn } from 'node:child_process';
import { chown, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import postgres from 'postgres';
import { describe, expect, onTestFinished, test } from 'vitest';

import { readRunningPostgres } from './launcher.ts';
import {
  query,
  serverPid,
  start,
  startInOtherProcess,
  temporaryFolder,
} from './launcher-test-support.ts';

describe('a server that dies', () => {
  test('is started again on its port, with every committed row and no other', async () => {
    const dataDir = await temporaryFolder();
    const restarts: unknown[] = [];
    const server = await start({ dataDir, onRestart: (restart) => restarts.push(restart) });
    const pool = postgres(server.url, { max: 2, onnotice: () => undefined });
    onTestFinished(() => pool.end());
    await pool`create table note (text text)`;
    await pool`insert into note values ('committed')`;
    const open = await pool.reserve();
    await open`begin`;
    await open`insert into note values ('never committed')`;

    process.kill(await serverPid(dataDir), 'SIGKILL');

    await expect
      .poll(() => pool`select text from note`.catch(() => 'not yet'), { timeout: 15_000 })
      .toEqual([{ text: 'committed' }]);
    expect(restarts).toEqual([{ end: 'SIGKILL', attempt: 1, delayMs: 100 }]);
  });

  test('and does not start again is given up after five attempts, with the reason', async () => {
    const dataDir = await temporaryFolder();
    let restarts = 0;
    const server = await start({ dataDir, onRestart: () => (restarts += 1) });
    await writeFile(path.join(dataDir, 'cluster', 'pg_hba.conf'), 'nonsense');

    process.kill(await serverPid(dataDir), 'SIGKILL');

    expect(await server.exited).toMatchObject({
      code: 'CRASHED',
      message: expect.stringContaining('could not load'),
    });
    expect(restarts).toBe(5);
    expect(await readRunningPostgres(dataDir)).toBeUndefined();
  });
});

describe('after a crash', () => {
  test('a leftover postmaster.pid is no obstacle, even when its number lives again', async () => {
    const dataDir = await temporaryFolder();
    const first = await start({ dataDir });
    const pidFile = path.join(dataDir, 'cluster', 'postmaster.pid');
    const content = await readFile(pidFile, 'utf8');
    await first.stop();
    const { uid, gid } = await stat(path.dirname(pidFile));
    // Of the same user: Postgres itself ignores the processes of others.
    const stranger = spawn('sleep', ['60'], { uid, gid });
    onTestFinished(() => void stranger.kill());
    await writeFile(pidFile, content.replace(/^\d+/, `${stranger.pid}`), { mode: 0o600 });
    await chown(pidFile, uid, gid);

    const second = await start({ dataDir });

    expect(await query(second.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  });

  test('of the launcher, the next start replaces the server it left behind', async () => {
    const dataDir = await temporaryFolder();
    const other = startInOtherProcess(dataDir);
    const url = await other.nextLine();
    await query(url, 'create table note as select 42 as answer');
    const orphan = await serverPid(dataDir);

    await other.kill('SIGKILL');
    expect(await query(url, 'select answer from note')).toEqual([{ answer: 42 }]);
    const lines: string[] = [];
    const server = await start({ dataDir, log: (line) => lines.push(line) });

    expect(await query(server.url, 'select answer from note')).toEqual([{ answer: 42 }]);
    expect(await serverPid(dataDir)).not.toBe(orphan);
    await expect(query(url, 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(lines).toEqual(['stopped the Postgres of a killed run']);
  });

  test('in the middle of the first start, the next one begins anew', async () => {
    const dataDir = await temporaryFolder();
    const other = startInOtherProcess(dataDir);
    await expect
      .poll(async () => (await readdir(dataDir)).join(), { interval: 5, timeout: 10_000 })
      .toMatch(/cluster\.unfinished-/);

    await other.kill('SIGKILL');
    const server = await start({ dataDir });

    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect((await readdir(dataDir)).toSorted()).toEqual([
      'cluster',
      'lock.json',
      'password',
      'port',
      'postgres.log',
    ]);
  });
});
