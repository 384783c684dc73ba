/** Structured logs; `child({ correlationId })` ties the lines of one request together. */

import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

export type Logger = PinoLogger;
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** Header and connection names whose values never reach a log. */
const SECRETS = ['token', 'password', 'authorization'];
const SECRET_PATHS = SECRETS.flatMap((name) => [name, `*.${name}`]);

export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = { level, base: null, redact: { paths: SECRET_PATHS, censor: '[secret]' } };
  return destination ? pino(options, destination) : pino(options);
}

export const silentLogger: Logger = pino({ level: 'silent' });
