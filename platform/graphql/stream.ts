/** Streams of results that end at once when asked to, even while waiting for the next event. */

interface Waiter<To> {
  readonly resolve: (step: IteratorResult<To, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Maps each event. Unlike an async generator, whose `return()` waits for the pending `next()`, this
 * answers `return()` at once and passes it on to the source, so that an idle stream is given up;
 * `throw()` does the same, and whoever waits hears of the error.
 */
export function mapStream<From, To>(
  source: AsyncIterable<From>,
  map: (event: From) => Promise<To>,
  onEnd: () => void = () => undefined,
): AsyncIterableIterator<To> {
  const iterator = source[Symbol.asyncIterator]();
  const waiting = new Set<Waiter<To>>();
  let isOver = false;

  function end(): void {
    if (isOver) return;
    isOver = true;
    for (const { resolve } of waiting) resolve({ value: undefined, done: true });
    waiting.clear();
    onEnd();
  }

  /** Not awaited: a generator that waits for its next event settles only with that event. */
  function giveUp(): void {
    if (isOver) return;
    end();
    Promise.resolve(iterator.return?.()).catch(() => undefined);
  }

  async function pull(): Promise<IteratorResult<To, undefined>> {
    const step = await iterator.next();
    if (step.done !== true) return { value: await map(step.value), done: false };
    end();
    return { value: undefined, done: true };
  }

  const stream: AsyncIterableIterator<To> = {
    next: () =>
      isOver
        ? Promise.resolve({ value: undefined, done: true })
        : new Promise((resolve, reject) => {
            const waiter = { resolve, reject };
            waiting.add(waiter);
            const settled = pull().finally(() => waiting.delete(waiter));
            settled.then(resolve, (error: unknown) => {
              giveUp();
              reject(error);
            });
          }),
    return: async () => {
      giveUp();
      return { value: undefined, done: true };
    },
    throw: async (error: unknown) => {
      for (const { reject } of waiting) reject(error);
      giveUp();
      throw error;
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}
