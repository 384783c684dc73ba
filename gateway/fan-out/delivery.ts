/**
 * One operation of one client, fed by topics. graphql-ws holds it as the stream of the operation:
 * the stream yields nothing, for events go past graphql-ws to the socket, and ends as a stream
 * does.
 */

import type { FrameQueue } from '#platform/http/frame-queue';

export interface Recipient {
  readonly frames: FrameQueue;
  /** Comes before each event; see next-message.ts. */
  readonly start: string;
}

/** What a delivery is subscribed to. */
export interface Source {
  readonly leave: (listener: Listener) => void;
}

/** One delivery at one topic; also the slot of what may be skipped for a slow client. */
export interface Listener {
  readonly delivery: Delivery;
  readonly frames: FrameQueue;
  readonly start: string;
}

interface Waiter {
  readonly resolve: (step: IteratorResult<never, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

type Ending = { readonly error: unknown } | 'completed';

const DONE = { value: undefined, done: true } as const;

export class Delivery implements AsyncIterableIterator<never> {
  readonly #recipient: Recipient;
  readonly #ended: () => void;
  readonly #joined = new Map<Source, Listener>();
  readonly #waiting: Waiter[] = [];
  #ending: Ending | undefined;

  /** `ended` is called once, however it ends. */
  constructor(recipient: Recipient, ended: () => void) {
    this.#recipient = recipient;
    this.#ended = ended;
  }

  /** For a topic that takes it on. */
  join(source: Source): Listener {
    const listener: Listener = { delivery: this, ...this.#recipient };
    this.#joined.set(source, listener);
    return listener;
  }

  /** For a topic that has come to its end; the last one is the end of the stream. */
  completed(source: Source): void {
    this.#joined.delete(source);
    if (this.#joined.size === 0) this.#end('completed');
  }

  failed(error: unknown): void {
    this.#end({ error });
  }

  next(): Promise<IteratorResult<never, undefined>> {
    const ending = this.#ending;
    if (ending === undefined) {
      return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    }
    this.#ending = 'completed';
    return ending === 'completed' ? Promise.resolve(DONE) : Promise.reject(ending.error);
  }

  return(): Promise<IteratorResult<never, undefined>> {
    this.#end('completed');
    return Promise.resolve(DONE);
  }

  throw(error: unknown): Promise<IteratorResult<never, undefined>> {
    this.#end({ error });
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** What was pushed goes out before graphql-ws says that the stream is over. */
  #end(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#recipient.frames.flushAll();
    for (const [source, listener] of this.#joined) source.leave(listener);
    this.#joined.clear();
    const waiting = this.#waiting.splice(0);
    if (ending !== 'completed' && waiting.length > 0) this.#ending = 'completed';
    for (const { resolve, reject } of waiting) {
      if (ending === 'completed') resolve(DONE);
      else reject(ending.error);
    }
    this.#ended();
  }
}
