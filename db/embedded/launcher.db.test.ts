import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';

import postgres from 'postgres';
import { describe, expect, onTestFinished, test } from 'vitest';

import { readRunningPostgres, startEmbeddedPostgres } from './launcher.ts';
import { query, start, startInOtherProcess, temporaryFolder } from './launcher-test-support.ts';

describe('starting and stopping', () => {
  test('the first start creates the database, and the second one finds its data', async () => {
    const dataDir = path.join(await temporaryFolder(), 'not', 'there', 'yet');
    const first = await start({ dataDir });
    await query(first.url, 'create table note as select 42 as answer');
    await first.stop();
    expect(await first.exited).toBeUndefined();

    const second = await start({ dataDir });

    expect(await query(second.url, 'select answer from note')).toEqual([{ answer: 42 }]);
  });

  test('only this machine, with the password, gets in, and commits are durable', async () => {
    const dataDir = await temporaryFolder();
    const { url, port } = await start({ dataDir });
    const settings = await query(
      url,
      `select current_setting('fsync') || current_setting('synchronous_commit')
         || current_setting('full_page_writes') as durable`,
    );
    expect(settings).toEqual([{ durable: 'ononon' }]);

    expect((await stat(path.join(dataDir, 'password'))).mode & 0o777).toBe(0o600);
    expect((await stat(path.join(dataDir, 'cluster'))).mode & 0o777).toBe(0o700);
    const guess = new URL(url);
    guess.password = 'guess';
    await expect(query(guess.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    for (const { address } of addresses.filter((at) => !at.internal && at.family === 'IPv4')) {
      const outside = postgres(`postgres://plumbline@${address}:${port}/postgres`, { max: 1 });
      await expect(outside`select 1`).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await outside.end();
    }
  });

  test('Ctrl-C in the terminal leaves the database to the launcher to stop', async () => {
    const other = startInOtherProcess(await temporaryFolder());
    await other.nextLine();

    process.kill(-Number(other.child.pid), 'SIGINT');

    expect(await other.nextLine()).toBe('still there');
    const [code] = await once(other.child, 'exit');
    expect(code).toBe(0);
  });

  test('another process finds the server that runs, and none when it is stopped', async () => {
    const dataDir = await temporaryFolder();
    expect(await readRunningPostgres(dataDir)).toBeUndefined();
    const server = await start({ dataDir });
    expect(await readRunningPostgres(dataDir)).toEqual({ url: server.url });

    await server.stop();

    expect(await readRunningPostgres(dataDir)).toBeUndefined();
  });
});

describe('two starts at once on one folder', () => {
  test('one wins, and the other is told what to do', async () => {
    const dataDir = await temporaryFolder();

    const both = await Promise.allSettled([start({ dataDir }), start({ dataDir })]);

    const refusals = both.filter((result) => result.status === 'rejected');
    expect(refusals.map((refusal) => refusal.reason)).toEqual([
      expect.objectContaining({
        code: 'DATA_FOLDER_LOCKED',
        message: expect.stringMatching(/in use by another run.*: stop that one first, or set/),
      }),
    ]);
  });

  test('one wins, too, where a killed run has left its lock', async () => {
    const dataDir = await temporaryFolder();
    const other = startInOtherProcess(dataDir);
    await other.nextLine();
    await other.kill('SIGKILL');

    const all = await Promise.allSettled([1, 2, 3].map(() => start({ dataDir })));

    expect(all.map(({ status }) => status).toSorted()).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
    ]);
  });

  test('the second is refused while the first runs in another process', async () => {
    const dataDir = await temporaryFolder();
    const other = startInOtherProcess(dataDir);
    const url = await other.nextLine();

    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'DATA_FOLDER_LOCKED',
    });
    expect(await readRunningPostgres(dataDir)).toEqual({ url });
  });

  test('a port that another program has is named', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void squatter.close());
    await once(squatter, 'listening');
    const address = squatter.address();
    const port = typeof address === 'object' ? Number(address?.port) : 0;

    await expect(
      startEmbeddedPostgres({ dataDir: await temporaryFolder(), port }),
    ).rejects.toMatchObject({ code: 'PORT_TAKEN', message: expect.stringContaining(`${port}`) });
  });
});
