/** Folders made when they are missing. */

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * As `mkdirSync` with `recursive`, which goes on for ever on file systems such as /proc, where a
 * folder cannot be made although the one above it is there.
 */
export function makeFolder(folder: string, mode?: number): void {
  if (exists(folder)) return;
  if (!exists(dirname(folder))) makeFolder(dirname(folder), mode);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Another process may have been faster.
    if (!exists(folder)) throw error;
  }
}

function exists(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
}
