/** The folder of real prices and ticks, which is not part of the repository. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../../shared/data');

export const REAL_DATA_MISSING =
  'the folder ../shared/data with real prices is not there: tests with real files are skipped';

export const hasRealData = existsSync(FOLDER);

export function realFile(name: string): string {
  return join(FOLDER, name);
}
