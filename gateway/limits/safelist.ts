/**
 * Registered operations: what a client generated with the client preset wrote down, by hash. Anyone
 * may send the hash in place of the text; callers of the roles that are bound to the list may send
 * nothing else. The file is read again when it changes; one that does not parse changes nothing.
 */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GraphQLError } from 'graphql';
import { z } from 'zod';
import type { Role } from '#kernel/roles';
import { type ErrorCode, StartupError } from '#platform/errors';
import type { Logger } from '#platform/logger';

export interface SafelistOptions {
  /** A manifest, or a folder of them; undefined: nothing is registered and nobody is bound. */
  readonly path: string | undefined;
  /** Who may run registered operations only. */
  readonly roles: readonly Role[];
  readonly logger: Logger;
  readonly lookEveryMs?: number;
}

export interface Safelist {
  /** The text registered under a hash, with or without `sha256:` before it. */
  readonly textOf: (id: string) => string | undefined;
  /** By the SHA-256 of the text. */
  readonly refusalOf: (hash: string, roles: readonly Role[]) => GraphQLError | undefined;
  readonly close: () => void;
}

export const NO_SAFELIST: Safelist = {
  textOf: () => undefined,
  refusalOf: () => undefined,
  close: () => undefined,
};

const LOOK_EVERY_MS = 1_000;
const MAX_MANIFESTS = 100;
const MAX_MANIFEST_BYTES = 16 * 1_048_576;
const PREFIX = /^sha256:/;

/** The client preset writes hash to text; keys of any other kind are ids of the client's own. */
const manifest = z.record(z.string().min(1), z.string().min(1));

interface Registered {
  readonly textsById: ReadonlyMap<string, string>;
  readonly hashes: ReadonlySet<string>;
  /** Changes when a file does. */
  readonly version: string;
}

/** Throws StartupError when there is nothing to start from. */
export function openSafelist(options: SafelistOptions): Safelist {
  const { path, roles, logger, lookEveryMs = LOOK_EVERY_MS } = options;
  if (path === undefined) return NO_SAFELIST;
  let registered = readFirst(path);
  let refusedVersion = '';
  const timer = setInterval(() => {
    try {
      const version = versionOf(filesOf(path));
      if (version === registered.version || version === refusedVersion) return;
      refusedVersion = version;
      registered = readManifests(path);
      logger.info({ path, operations: registered.hashes.size }, 'the safelist was read again');
    } catch (error) {
      logger.error({ err: error, path }, 'the safelist cannot be read: the one before stays');
    }
  }, lookEveryMs);
  timer.unref();
  return {
    textOf: (id) => registered.textsById.get(id.replace(PREFIX, '')),
    refusalOf: (hash, held) => {
      const bound = held.find((role) => roles.includes(role));
      const isFree = bound === undefined || registered.hashes.has(hash);
      return isFree ? undefined : notRegistered(bound, registered.hashes.size);
    },
    close: () => clearInterval(timer),
  };
}

function readFirst(path: string): Registered {
  try {
    return readManifests(path);
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : String(cause);
    throw new StartupError(
      'Set SAFELIST to a JSON file of hash and document, or a folder of them: ' +
        `${path} is none (${why}).`,
      { cause },
    );
  }
}

function readManifests(path: string): Registered {
  const files = filesOf(path);
  const textsById = new Map<string, string>();
  const hashes = new Set<string>();
  for (const { file, bytes } of files) {
    if (bytes > MAX_MANIFEST_BYTES) throw new Error(`${file} is above ${MAX_MANIFEST_BYTES} bytes`);
    const parsed = manifest.parse(JSON.parse(readFileSync(file, 'utf8')));
    for (const [id, text] of Object.entries(parsed)) {
      const hash = createHash('sha256').update(text).digest('hex');
      textsById.set(id.replace(PREFIX, ''), text);
      textsById.set(hash, text);
      hashes.add(hash);
    }
  }
  return { textsById, hashes, version: versionOf(files) };
}

interface ManifestFile {
  readonly file: string;
  readonly bytes: number;
  readonly changedAtMs: number;
}

function filesOf(path: string): readonly ManifestFile[] {
  const isFolder = statSync(path).isDirectory();
  const names = isFolder ? readdirSync(path).filter((name) => name.endsWith('.json')) : [];
  if (names.length > MAX_MANIFESTS) throw new Error(`${path} holds above ${MAX_MANIFESTS} files`);
  const files = isFolder ? names.sort().map((name) => join(path, name)) : [path];
  return files.map((file) => {
    const { size, mtimeMs } = statSync(file);
    return { file, bytes: size, changedAtMs: mtimeMs };
  });
}

function versionOf(files: readonly ManifestFile[]): string {
  return JSON.stringify(files);
}

function notRegistered(role: Role, count: number): GraphQLError {
  const code: ErrorCode = 'FORBIDDEN';
  const message = `the role ${role} runs registered operations only: this is none of the ${count}`;
  return new GraphQLError(message, { extensions: { code, limit: 'safelist', allowed: count } });
}
