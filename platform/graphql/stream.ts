/** Streams of results that end at once when asked to, even while waiting for the next event. */

/**
 * Maps each event. Unlike an async generator, whose `return()` waits for the pending `next()`, this
 * answers `return()` at once and passes it on to the source, so that an idle stream is given up.
 */
export function mapStream<From, To>(
  source: AsyncIterable<From>,
  map: (event: From) => Promise<To>,
  onEnd: () => void = () => undefined,
): AsyncIterableIterator<To> {
  const iterator = source[Symbol.asyncIterator]();
  const waiting = new Set<(step: IteratorResult<To, undefined>) => void>();
  let isOver = false;

  function end(): void {
    if (isOver) return;
    isOver = true;
    for (const resolve of waiting) resolve({ value: undefined, done: true });
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
            waiting.add(resolve);
            const settled = pull().finally(() => waiting.delete(resolve));
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
      giveUp();
      throw error;
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}
