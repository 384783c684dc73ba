/**
 * A stream from a worker to one subscriber that keeps the newest item of each key; a key that waits
 * keeps its turn. So what waits is bounded by the number of keys.
 *
 * Open: `push` hands over or keeps, `next` takes or waits. Over, after `return`: pushes are
 * dropped, waiting and later `next` end.
 */

export interface LatestPerKeyStream<Item> {
  readonly items: AsyncIterableIterator<Item>;
  readonly push: (item: Item) => void;
}

export function latestPerKeyStream<Item>(
  keyOf: (item: Item) => string,
  { onEnd }: { readonly onEnd: () => void },
): LatestPerKeyStream<Item> {
  const kept = new Map<string, Item>();
  const waiting: ((step: IteratorResult<Item, undefined>) => void)[] = [];
  const done: IteratorResult<Item, undefined> = { value: undefined, done: true };
  let isOver = false;

  const items: AsyncIterableIterator<Item> = {
    next() {
      if (isOver) return Promise.resolve(done);
      for (const [key, value] of kept) {
        kept.delete(key);
        return Promise.resolve({ value, done: false });
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    return() {
      if (!isOver) {
        isOver = true;
        kept.clear();
        for (const resolve of waiting.splice(0)) resolve(done);
        onEnd();
      }
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
      else kept.set(keyOf(item), item);
    },
  };
}
