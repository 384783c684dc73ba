/**
 * One stream of a subgraph, shared by all who asked for the same. Each event is made into a message
 * once and handed to every listener.
 *
 * Modes: opening; open; over, when the stream ended or failed, when it could not be opened, or when
 * the last listener left. A topic that is over takes nobody on and leaves nothing behind.
 */

import type { GraphQLFormattedError } from 'graphql';
import type { GraphqlResult, GraphqlStream } from '#platform/graphql/executor';
import type { Delivery, Listener, Source } from './delivery.ts';

export interface TopicParts {
  readonly open: (signal: AbortSignal) => Promise<GraphqlStream>;
  /** The shared part of the message of an event. Never rejects. */
  readonly present: (event: GraphqlResult, signal: AbortSignal) => Promise<string>;
  readonly startsWithLast: boolean;
  readonly skipsWhenSlow: boolean;
  readonly delivered: (listeners: number) => void;
  readonly over: (topic: Topic) => void;
}

/** Of these others may be asked at the same time; they are delivered in order all the same. */
const MAX_EVENTS_IN_HAND = 64;

export class Topic implements Source {
  /** Errors of the subscribing; nothing once it is open. */
  readonly opened: Promise<readonly GraphQLFormattedError[] | undefined>;
  readonly #parts: TopicParts;
  readonly #listeners = new Set<Listener>();
  readonly #abort = new AbortController();
  #stream: AsyncIterableIterator<GraphqlResult> | undefined;
  #last: string | undefined;
  #isOver = false;

  constructor(parts: TopicParts) {
    this.#parts = parts;
    this.opened = this.#open();
  }

  join(delivery: Delivery): void {
    const listener = delivery.join(this);
    this.#listeners.add(listener);
    if (this.#last !== undefined) listener.frames.push(listener.start, this.#last);
  }

  leave(listener: Listener): void {
    this.#listeners.delete(listener);
    listener.frames.forget(listener);
    if (this.#listeners.size === 0) this.#end();
  }

  async #open(): Promise<readonly GraphQLFormattedError[] | undefined> {
    const { signal } = this.#abort;
    try {
      const answer = await this.#parts.open(signal);
      if ('errors' in answer) {
        this.#end();
        return answer.errors;
      }
      if (signal.aborted) {
        giveUp(answer.events);
        return undefined;
      }
      this.#stream = answer.events;
      void this.#pump(answer.events);
      return undefined;
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  async #pump(events: AsyncIterable<GraphqlResult>): Promise<void> {
    const { signal } = this.#abort;
    let inHand = 0;
    let delivered = Promise.resolve();
    try {
      for await (const event of events) {
        const message = this.#parts.present(event, signal);
        inHand += 1;
        delivered = this.#deliverAfter(delivered, message).finally(() => {
          inHand -= 1;
        });
        if (inHand >= MAX_EVENTS_IN_HAND) await delivered;
      }
      await delivered;
      for (const { delivery } of this.#end()) delivery.completed(this);
    } catch (error) {
      await delivered.catch(() => undefined);
      for (const { delivery } of this.#end()) delivery.failed(error);
    }
  }

  async #deliverAfter(before: Promise<void>, message: Promise<string>): Promise<void> {
    await before;
    this.#deliver(await message);
  }

  #deliver(rest: string): void {
    if (this.#isOver) return;
    const { skipsWhenSlow, startsWithLast, delivered } = this.#parts;
    if (startsWithLast) this.#last = rest;
    for (const listener of this.#listeners) {
      if (skipsWhenSlow) listener.frames.pushNewest(listener, listener.start, rest);
      else listener.frames.push(listener.start, rest);
    }
    delivered(this.#listeners.size);
  }

  /** Answers with who is still there. */
  #end(): readonly Listener[] {
    if (this.#isOver) return [];
    this.#isOver = true;
    const left = [...this.#listeners];
    this.#listeners.clear();
    this.#abort.abort();
    if (this.#stream) giveUp(this.#stream);
    this.#parts.over(this);
    return left;
  }
}

/** Not awaited: a generator that waits for its next event settles only with that event. */
function giveUp(events: AsyncIterableIterator<unknown>): void {
  Promise.resolve(events.return?.()).catch(() => undefined);
}
