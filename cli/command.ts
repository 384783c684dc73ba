/** What commands that keep running share: a log file, an orderly end, one sentence of complaint. */

import { once } from 'node:events';
import { join } from 'node:path';
import { stderr } from 'node:process';
import { pino } from 'pino';
import { type Config, readConfig } from '#platform/config';
import { StartupError } from '#platform/errors';
import { makeFolder } from '#platform/folder';
import { createLogger, type Logger } from '#platform/logger';
import { Shutdown } from '#platform/shutdown';

export interface CommandParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly shutdown: Shutdown;
  /** Says why it cannot go on, stops everything, exits with 1. */
  readonly giveUp: (reason: unknown) => Promise<void>;
}

/** Runs until a signal; whatever `work` throws is said in one sentence, then exit 1. */
export async function runCommand(
  logName: string,
  work: (parts: CommandParts) => Promise<void>,
): Promise<void> {
  let shutdown: Shutdown | undefined;
  const giveUp = async (reason: unknown): Promise<void> => {
    stderr.write(`${sentenceOf(reason)}\n`);
    await shutdown?.stop();
    process.exit(1);
  };
  try {
    const config = readConfig();
    const logger = await openLog(config, logName);
    shutdown = new Shutdown({ logger, exit: (code) => process.exit(code) });
    shutdown.listenTo(process);
    await work({ config, logger, shutdown, giveUp });
  } catch (error) {
    await giveUp(error);
  }
}

/** The screen stays clear: logs go to a file of the data folder. */
async function openLog(config: Config, name: string): Promise<Logger> {
  const folder = join(config.dataDir, 'logs');
  try {
    makeFolder(folder);
    const file = pino.destination({ dest: join(folder, `${name}.log`), sync: false });
    await once(file, 'ready');
    return createLogger(config.logLevel, file);
  } catch (cause) {
    throw new StartupError(
      `The data folder ${config.dataDir} cannot be written: make it writable for this user, ` +
        'or set DATA_DIR to another one.',
      { cause },
    );
  }
}

function sentenceOf(reason: unknown): string {
  if (typeof reason === 'string') return reason;
  if (reason instanceof StartupError) return reason.message;
  const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  return `Plumbline could not go on, and this looks like a defect of its own: ${text}`;
}
