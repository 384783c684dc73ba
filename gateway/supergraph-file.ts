/**
 * Follows the supergraph file while someone works on subgraphs: a new text is served without a
 * socket being closed, one that cannot be served is reported and the one before stays.
 */

import { readFileSync, statSync } from 'node:fs';
import type { Logger } from '#platform/logger';
import type { Gateway } from './gateway-options.ts';

export interface SupergraphFile {
  readonly file: string;
  readonly gateway: Pick<Gateway, 'replaceSupergraph'>;
  readonly logger: Logger;
}

/** Files that are replaced as a whole escape what the system can watch: it is looked at instead. */
const LOOK_EVERY_MS = 500;

/** Resolves once nothing is under way any more. */
export type Unwatch = () => Promise<void>;

export function followSupergraphFile({ file, gateway, logger }: SupergraphFile): Unwatch {
  let seen = versionOf(file);
  let underWay = Promise.resolve();
  let isBusy = false;

  async function look(): Promise<void> {
    const version = versionOf(file);
    if (version === seen) return;
    seen = version;
    try {
      await gateway.replaceSupergraph(readFileSync(file, 'utf8'));
      logger.info({ file }, 'a new supergraph is served');
    } catch (error) {
      logger.error({ err: error, file }, 'the supergraph cannot be served: the one before stays');
    }
  }

  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    underWay = look().finally(() => {
      isBusy = false;
    });
  }, LOOK_EVERY_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await underWay;
  };
}

/** Empty while there is no file, as between its removal and its replacement. */
function versionOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return '';
  }
}
