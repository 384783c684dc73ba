/**
 * Streams from a worker to one subscriber, with a bounded buffer between.
 *
 * Open: `push` hands over or buffers, `next` takes or waits. Over, after `return` or `fail`: pushes
 * are dropped, waiting and later `next` end, or throw the failure once.
 */

export interface BoundedStream<Item> {
  readonly items: AsyncIterableIterator<Item>;
  readonly push: (item: Item) => void;
}

interface Buffer<Item> {
  /** False when the item does not fit: the stream fails then. */
  put(item: Item): boolean;
  take(): Item | undefined;
}

interface StreamOptions {
  readonly onEnd: () => void;
}

/** Keeps the newest item of each key; bounded by the number of keys. */
export function latestPerKeyStream<Item>(
  keyOf: (item: Item) => string,
  options: StreamOptions,
): BoundedStream<Item> {
  const waiting = new Map<string, Item>();
  return streamOver<Item>(
    {
      put: (item) => waiting.set(keyOf(item), item) !== undefined,
      take() {
        for (const [key, item] of waiting) {
          waiting.delete(key);
          return item;
        }
        return undefined;
      },
    },
    () => undefined,
    options,
  );
}

/** Keeps everything, up to `limit`; beyond it the stream fails rather than lose something. */
export function queueStream<Item>(
  limit: number,
  tooSlow: () => Error,
  options: StreamOptions,
): BoundedStream<Item> {
  const queue: Item[] = [];
  return streamOver<Item>(
    { put: (item) => queue.length < limit && queue.push(item) > 0, take: () => queue.shift() },
    tooSlow,
    options,
  );
}

type Waiting<Item> = (step: IteratorResult<Item, undefined>) => void;

function streamOver<Item>(
  buffer: Buffer<Item>,
  overflow: () => Error | undefined,
  { onEnd }: StreamOptions,
): BoundedStream<Item> {
  const waiting: Waiting<Item>[] = [];
  let isOver = false;
  let failure: Error | undefined;
  const done: IteratorResult<Item, undefined> = { value: undefined, done: true };

  function end(reason?: Error): void {
    if (isOver) return;
    isOver = true;
    failure = reason;
    for (const resolve of waiting.splice(0)) resolve(done);
    onEnd();
  }

  const items: AsyncIterableIterator<Item> = {
    next() {
      if (isOver && failure) {
        const reason = failure;
        failure = undefined;
        return Promise.reject(reason);
      }
      if (isOver) return Promise.resolve(done);
      const item = buffer.take();
      if (item !== undefined) return Promise.resolve({ value: item, done: false });
      return new Promise((resolve) => waiting.push(resolve));
    },
    return() {
      end();
      return Promise.resolve(done);
    },
    [Symbol.asyncIterator]: () => items,
  };

  return {
    items,
    push(item) {
      if (isOver) return;
      const taker = waiting.shift();
      if (taker) taker({ value: item, done: false });
      else if (!buffer.put(item)) end(overflow());
    },
  };
}
