/** Follows the topic of transitions and tells everyone in this process who listens. */

import {
  BASKET_TRANSITIONS_TOPIC,
  type BasketTransitioned,
  basketTransitioned,
} from '#kernel/topics/basket-transitions';
import { PlatformError } from '#platform/errors';
import type { Logger } from '#platform/logger';
import type { EventLog } from '#platform/ports';
import { queueStream } from './bounded-stream.ts';
import { repeat, type Repeating } from './repeating.ts';

/** Between two looks at the topic. */
const LOOK_EVERY_MS = 100;
const MAX_RECORDS_PER_LOOK = 1_000;
/** Transitions a subscriber may lag behind before its stream is closed. */
export const MAX_PENDING_TRANSITIONS = 1_000;

export interface TransitionFeedOptions {
  readonly eventLog: Pick<EventLog, 'readAfter'>;
  readonly logger: Logger;
  readonly lookEveryMs?: number;
}

export interface TransitionFeed {
  /** Finds the end of the topic: what is committed later will be told. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Until the returned function is called. */
  listen(listener: (transition: BasketTransitioned) => void): () => void;
  /** Transitions from now on, of these codes or of all; none is lost while the stream lives. */
  subscribe(codes: readonly string[] | null): AsyncIterableIterator<BasketTransitioned>;
}

export function createTransitionFeed(options: TransitionFeedOptions): TransitionFeed {
  const { eventLog, logger, lookEveryMs = LOOK_EVERY_MS } = options;
  const listeners = new Set<(transition: BasketTransitioned) => void>();
  let after: string | null = null;
  let looking: Repeating | undefined;

  async function look(tell: (transition: BasketTransitioned) => void): Promise<void> {
    for (;;) {
      const records = await eventLog.readAfter(
        BASKET_TRANSITIONS_TOPIC,
        after,
        MAX_RECORDS_PER_LOOK,
      );
      for (const record of records) {
        after = record.sequence;
        tell(basketTransitioned.parse(record.payload, record.version));
      }
      if (records.length < MAX_RECORDS_PER_LOOK) return;
    }
  }

  function tellAll(transition: BasketTransitioned): void {
    for (const listener of listeners) listener(transition);
  }

  function listen(listener: (transition: BasketTransitioned) => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return {
    async start() {
      await look(() => undefined);
      looking = repeat(() => look(tellAll), { everyMs: lookEveryMs, name: 'transitions', logger });
    },
    stop: async () => looking?.stop(),
    listen,
    subscribe(codes) {
      const wanted = codes && new Set(codes);
      const stream = queueStream<BasketTransitioned>(MAX_PENDING_TRANSITIONS, tooSlow, {
        onEnd: () => stopListening(),
      });
      const stopListening = listen((transition) => {
        if (wanted === null || wanted.has(transition.code)) stream.push(transition);
      });
      return stream.items;
    },
  };
}

function tooSlow(): PlatformError {
  return new PlatformError(
    'RATE_LIMITED',
    `more than ${MAX_PENDING_TRANSITIONS} transitions wait for this subscriber; subscribe again`,
    { details: { limit: 'MAX_PENDING_TRANSITIONS' } },
  );
}
