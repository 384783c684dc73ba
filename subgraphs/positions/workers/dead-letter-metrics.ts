/** How many refused trades wait for somebody; alert from UNRESOLVED_ALARM on. */

import { Gauge, type Registry } from 'prom-client';
import type { Logger } from '#platform/logger';
import type { DeadLetterReader } from '../store/dead-letter-reader.ts';

export interface DeadLetterMetricsDeps {
  readonly letters: Pick<DeadLetterReader, 'countUnresolved'>;
  readonly logger: Logger;
}

/** Counted when Prometheus asks; no figure at all while the database does not answer. */
export function watchDeadLetters(
  registry: Registry,
  { letters, logger }: DeadLetterMetricsDeps,
): Gauge {
  return new Gauge({
    name: 'plumbline_positions_dead_letters_unresolved',
    help: 'Refused trades that wait for somebody',
    registers: [registry],
    async collect() {
      try {
        this.set(await letters.countUnresolved());
      } catch (error) {
        this.reset();
        logger.warn({ err: error }, 'could not count the dead letters');
      }
    },
  });
}
