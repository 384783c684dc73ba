// The launcher where something around it is in the way: rights, disks, packages.

import { spawnSync } from 'node:child_process';
import { chmod, mkdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, describe, expect, onTestFinished, test } from 'vitest';

import { startEmbeddedPostgres } from './launcher.ts';
import {
  copyBinaries,
  isRoot,
  query,
  serverPid,
  start,
  temporaryFolder,
} from './launcher-test-support.ts';
import { giveTo } from './unprivileged-user.ts';

const ONE = [{ one: 1 }];
const SOMEBODY = { uid: 54_321, gid: 54_321 };

describe.runIf(isRoot)('as root', () => {
  test('the server runs as nobody', async () => {
    const dataDir = await temporaryFolder();

    await start({ dataDir });

    expect((await stat(`/proc/${await serverPid(dataDir)}`)).uid).toBe(65_534);
  });

  test('a data folder and binaries that only root can reach do', async () => {
    const closed = await temporaryFolder();
    await chmod(closed, 0o700);
    const nativeDir = path.join(closed, 'native');
    await copyBinaries(nativeDir);
    const dataDir = path.join(closed, 'data');

    const server = await start({ dataDir, nativeDir });

    expect(await query(server.url, 'select 1 as one')).toEqual(ONE);
  });

  test('a data folder that is opened to others later still does', async () => {
    const closed = await temporaryFolder();
    await chmod(closed, 0o700);
    const dataDir = path.join(closed, 'data');
    const first = await start({ dataDir });
    await first.stop();
    await chmod(closed, 0o755);

    const second = await start({ dataDir });

    expect(await query(second.url, 'select 1 as one')).toEqual(ONE);
  });

  test.each([
    { mode: 0o755, where: 'an open folder' },
    { mode: 0o700, where: 'a closed folder of another user' },
  ])('the data of an ordinary user stays theirs, in $where', async ({ mode }) => {
    const home = await temporaryFolder();
    const dataDir = path.join(home, 'data');
    const first = await start({ dataDir });
    await first.stop();
    await giveTo(dataDir, SOMEBODY);
    await chmod(home, mode);

    const second = await start({ dataDir });

    expect(await query(second.url, 'select 1 as one')).toEqual(ONE);
    expect((await stat(path.join(dataDir, 'cluster', 'base'))).uid).toBe(SOMEBODY.uid);
    expect((await stat(`/proc/${await serverPid(dataDir)}`)).uid).toBe(SOMEBODY.uid);
  });

  test('a full disk is named, whichever step meets it first', async ({ skip }) => {
    const disk = await temporaryFolder();
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
    if (mounted.status !== 0) skip('mounting a small disk is not allowed here');
    onTestFinished(() => void spawnSync('umount', ['--lazy', disk]));

    await expect(startEmbeddedPostgres({ dataDir: path.join(disk, 'data') })).rejects.toMatchObject(
      { code: 'DISK_FULL', message: expect.stringContaining('free some space') },
    );
  });
});

describe.skipIf(isRoot)('as an ordinary user', () => {
  test('an unwritable folder is named', async () => {
    const dataDir = await temporaryFolder();
    await chmod(dataDir, 0o555);

    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'DATA_FOLDER_UNWRITABLE',
      message: expect.stringContaining('set DATA_DIR to another folder'),
    });
  });

  test('a folder that cannot be created is named', async () => {
    const parent = await temporaryFolder();
    await chmod(parent, 0o555);

    await expect(
      startEmbeddedPostgres({ dataDir: path.join(parent, 'data') }),
    ).rejects.toMatchObject({ code: 'DATA_FOLDER_UNWRITABLE' });
  });

  test('a package folder that is read-only and without library links does', async () => {
    const folder = await temporaryFolder();
    const nativeDir = path.join(folder, 'native');
    await copyBinaries(nativeDir);
    await chmod(path.join(nativeDir, 'lib'), 0o555);
    onTestFinished(() => chmod(path.join(nativeDir, 'lib'), 0o755));

    const server = await start({ dataDir: path.join(folder, 'data'), nativeDir });

    expect(await query(server.url, 'select 1 as one')).toEqual(ONE);
  });
});

describe('the package of binaries', () => {
  const { arch } = process;
  afterEach(() => {
    Object.defineProperty(process, 'arch', { value: arch });
  });

  test('gets its library links from two first starts at once', async () => {
    const folder = await temporaryFolder();
    const nativeDir = path.join(folder, 'native');
    await copyBinaries(nativeDir);

    const servers = await Promise.all([
      start({ dataDir: path.join(folder, 'one'), nativeDir }),
      start({ dataDir: path.join(folder, 'two'), nativeDir }),
    ]);

    for (const { url } of servers) expect(await query(url, 'select 1 as one')).toEqual(ONE);
  });

  test('that does not exist for this platform is named', async () => {
    const dataDir = await temporaryFolder();
    Object.defineProperty(process, 'arch', { value: 'pdp11' });

    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'BINARIES_MISSING',
      message: expect.stringMatching(/pdp11.*set DATABASE_URL/),
    });
  });

  test('that does not run here is named', async () => {
    const folder = await temporaryFolder();
    const nativeDir = path.join(folder, 'native');
    await mkdir(path.join(nativeDir, 'lib'), { recursive: true });

    await expect(
      startEmbeddedPostgres({ dataDir: path.join(folder, 'data'), nativeDir }),
    ).rejects.toMatchObject({ code: 'BINARIES_MISSING' });
  });
});

test('a lost password is named, and nothing of the data is touched', async () => {
  const dataDir = await temporaryFolder();
  const first = await start({ dataDir });
  await first.stop();
  await rm(path.join(dataDir, 'password'));

  await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
    code: 'DATA_FOLDER_DAMAGED',
  });
  await expect(stat(path.join(dataDir, 'cluster', 'PG_VERSION'))).resolves.toBeDefined();
});

test('a path that leads through a file is named', async () => {
  const dataDir = path.join(import.meta.filename, 'data');

  await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
    code: 'DATA_FOLDER_UNWRITABLE',
  });
});
