import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder } from './folder.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'plumbline-folder-'));
});
afterAll(() => rmSync(root, { recursive: true }));

test('makes a folder with all above it, once', () => {
  const folder = join(root, 'a/b/c');
  makeFolder(folder, 0o700);
  makeFolder(folder, 0o700);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('says so when a file is in the way', () => {
  writeFileSync(join(root, 'file'), '');
  expect(() => makeFolder(join(root, 'file'))).toThrow('EEXIST');
  expect(() => makeFolder(join(root, 'file/folder'))).toThrow('ENOTDIR');
});

test.skipIf(!existsSync('/proc/self'))('gives up where nothing can be made', () => {
  expect(() => makeFolder('/proc/plumbline/postgres')).toThrow('ENOENT');
});
