/** Streams of order updates: in order, without a gap, none twice, from any sequence on. */

import { positionOf } from '#platform/event-log/log-position';
import type { OrderUpdateView } from '../domain/order-view.ts';
import { type SequencedUpdate, TopicFollower, type TopicFollowerDeps } from './topic-follower.ts';

export interface UpdateFeed {
  /**
   * Updates that pass `wants`, after the sequence `after`, or from now on. Each stream pulls at its
   * own pace, so a slow one holds nothing but its place.
   */
  subscribe(
    wants: (update: OrderUpdateView) => boolean,
    after: string | null,
  ): AsyncIterableIterator<SequencedUpdate>;
  stop(): Promise<void>;
}

export function createUpdateFeed(deps: TopicFollowerDeps): UpdateFeed {
  const follower = new TopicFollower(deps);
  return {
    subscribe(wants, after) {
      // Throws BAD_USER_INPUT before anything is opened.
      if (after !== null) positionOf(after);
      return new UpdateStream(follower, wants, after);
    },
    stop: () => follower.stop(),
  };
}

type Step = IteratorResult<SequencedUpdate, undefined>;

/** Answers `return()` at once, even while it waits for an update. */
class UpdateStream implements AsyncIterableIterator<SequencedUpdate> {
  readonly #follower: TopicFollower;
  readonly #wants: (update: OrderUpdateView) => boolean;
  #position: Promise<string>;
  #ready: SequencedUpdate[] = [];
  #isClosed = false;
  #wake: () => void = () => undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    follower: TopicFollower,
    wants: (update: OrderUpdateView) => boolean,
    after: string | null,
  ) {
    this.#follower = follower;
    this.#wants = wants;
    this.#position = after === null ? follower.endOfLog() : Promise.resolve(after);
    // A failure is told by the first next().
    this.#position.catch(() => undefined);
    follower.join();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Asked for several at once, it answers in order. */
  next(): Promise<Step> {
    const answer = this.#last.then(() => this.#pull());
    this.#last = answer.catch(() => this.return());
    return answer;
  }

  return(): Promise<Step> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#follower.leave();
      this.#wake();
    }
    return Promise.resolve({ value: undefined, done: true });
  }

  async throw(error: unknown): Promise<Step> {
    await this.return();
    throw error;
  }

  async #pull(): Promise<Step> {
    while (!this.#isClosed && !this.#follower.isStopped) {
      const update = this.#ready.shift();
      if (update !== undefined) return { value: update, done: false };
      const { round } = this.#follower;
      const updates = await this.#follower.readAfter(await this.#position);
      const newest = updates.at(-1);
      if (newest !== undefined) {
        this.#position = Promise.resolve(newest.sequence);
        this.#ready = updates.filter(this.#wants);
      } else if (round === this.#follower.round) {
        await this.#nextRound();
      }
    }
    return this.return();
  }

  #nextRound(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#isClosed) resolve();
      else this.#follower.wait(resolve);
    });
  }
}
