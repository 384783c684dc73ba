// Postgres refuses to run as root. This finds the way in which it runs as somebody else.

import { spawnSync } from 'node:child_process';
import { lchown, readdir, realpath, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';

import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

export interface RunAs {
  /** What comes before the program in the command line. */
  readonly prefix: readonly string[];
  /** For `spawn`. */
  readonly identity: { readonly uid?: number; readonly gid?: number };
  /** Who must own the files of the cluster; undefined when we are not root and cannot choose. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** `nobody` and its group on Linux; any user without rights would do. */
const NOBODY = { uid: 65534, gid: 65534 } as const;
const ROOT = { uid: 0, gid: 0 } as const;

/** A namespace in which we bear the number of nobody, and outside keep our own rights to files. */
const NOBODY_IN_NAMESPACE = [
  'unshare',
  '--user',
  `--map-user=${NOBODY.uid}`,
  `--map-group=${NOBODY.gid}`,
] as const;

/**
 * Chooses how to run the binaries on `dataDir`. `clusterOwner` is the owner of an existing cluster:
 * one that belongs to an ordinary user stays theirs when root starts it.
 */
export async function chooseRunAs(
  binaries: Binaries,
  dataDir: string,
  clusterOwner: { readonly uid: number; readonly gid: number } | undefined,
): Promise<RunAs> {
  const asWeAre: RunAs = { prefix: [], identity: {} };
  // Only asked for its version, Postgres answers root, too.
  if (!canRun(binaries, asWeAre)) {
    throw new EmbeddedPostgresError(
      'BINARIES_MISSING',
      `The Postgres binaries at ${binaries.postgres} do not run on this system: ` +
        'set DATABASE_URL to a Postgres server.',
    );
  }
  if (process.getuid?.() !== 0) {
    const asNobody: RunAs = { prefix: NOBODY_IN_NAMESPACE, identity: {} };
    // Containers may run under a number that no user has; initdb insists on a name.
    return !hasUserName() && canRun(binaries, asNobody) ? asNobody : asWeAre;
  }
  const user = clusterOwner === undefined || clusterOwner.uid === 0 ? NOBODY : clusterOwner;
  for (const candidate of await candidates(dataDir, user)) {
    if (canRun(binaries, candidate)) return candidate;
  }
  throw new EmbeddedPostgresError(
    'ROOT_NOT_POSSIBLE',
    'Postgres does not run as root, and no way was found to run it as somebody else: ' +
      'start as an ordinary user, or set DATABASE_URL to a Postgres server.',
  );
}

/** What to spawn, together with the identity. */
export function commandLine(
  { prefix }: Pick<RunAs, 'prefix'>,
  program: string,
  programArgs: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  const [first, ...others] = prefix;
  if (first === undefined) return { command: program, args: programArgs };
  return { command: first, args: [...others, program, ...programArgs] };
}

/** Gives the folder and all that is in it to `owner`. */
export async function giveTo(
  folder: string,
  owner: { readonly uid: number; readonly gid: number },
): Promise<void> {
  await lchown(folder, owner.uid, owner.gid);
  for (const entry of await readdir(folder, { recursive: true })) {
    await lchown(path.join(folder, entry), owner.uid, owner.gid);
  }
}

/** From the one with the fewest rights to the one with the most. */
async function candidates(
  dataDir: string,
  user: { readonly uid: number; readonly gid: number },
): Promise<readonly RunAs[]> {
  const found: RunAs[] = [];
  if (await canReach(dataDir, user.uid)) {
    found.push({ prefix: [], identity: { uid: user.uid, gid: user.gid }, owner: user });
  }
  // Root's own folders, such as a checkout under /root. Root's power over those of others is lost.
  if (user.uid === NOBODY.uid && (await canReach(dataDir, ROOT.uid))) {
    found.push({ prefix: NOBODY_IN_NAMESPACE, identity: {}, owner: ROOT });
  }
  // Containers often forbid namespaces: then the one right that leads through closed folders, and
  // the bit by which access(2), with which initdb looks for postgres, respects it.
  const ids = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  const rights = [
    '--securebits=+no_setuid_fixup',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
  ];
  found.push({ prefix: ['setpriv', ...ids, ...rights], identity: {}, owner: user });
  return found;
}

/** Whether the user may pass through every folder on the way, the last one included. */
async function canReach(folder: string, uid: number): Promise<boolean> {
  for (let at = await realpath(folder); ; at = path.dirname(at)) {
    const { mode, uid: owner } = await stat(at);
    if ((mode & (owner === uid ? 0o100 : 0o001)) === 0) return false;
    if (at === path.dirname(at)) return true;
  }
}

function hasUserName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

function canRun(binaries: Binaries, { prefix, identity }: RunAs): boolean {
  const { command, args } = commandLine({ prefix }, binaries.postgres, ['--version']);
  return spawnSync(command, args, { ...identity, cwd: '/', env: binaries.env }).status === 0;
}
