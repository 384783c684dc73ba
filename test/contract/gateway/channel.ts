/** A source of events for tests, which knows who listens. */

export interface Channel<T> {
  readonly push: (value: T) => void;
  readonly listen: (wanted: (value: T) => boolean) => AsyncIterableIterator<T>;
  readonly listeners: () => number;
}

export function createChannel<T>(): Channel<T> {
  const deliveries = new Set<(value: T) => void>();
  return {
    listeners: () => deliveries.size,
    push: (value) => {
      for (const deliver of deliveries) deliver(value);
    },
    listen: (wanted) => {
      const queue: T[] = [];
      let wake: (() => void) | undefined;
      let isOver = false;
      const deliver = (value: T) => {
        if (!wanted(value)) return;
        queue.push(value);
        wake?.();
      };
      deliveries.add(deliver);
      const iterator: AsyncIterableIterator<T> = {
        next: async () => {
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (queue.length > 0 || isOver) resolve();
          });
          const value = queue.shift();
          return value === undefined ? { value: undefined, done: true } : { value, done: false };
        },
        return: async () => {
          isOver = true;
          deliveries.delete(deliver);
          wake?.();
          return { value: undefined, done: true };
        },
        [Symbol.asyncIterator]: () => iterator,
      };
      return iterator;
    },
  };
}
