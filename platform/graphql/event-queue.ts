/** Turns what is pushed into a stream that is pulled, with a limit on what waits in between. */

export interface EventQueue<T> {
  readonly events: AsyncIterableIterator<T>;
  /** Above the limit the stream ends with the error of `overflow`, and the source is told. */
  readonly push: (event: T) => void;
  readonly fail: (error: Error) => void;
  readonly end: () => void;
}

export interface EventQueueOptions {
  readonly maxWaiting: number;
  readonly overflow: () => Error;
  /** Called once, when the reader is gone or too slow. */
  readonly onReturn: () => void;
}

type Step<T> = IteratorResult<T, undefined>;

export function createEventQueue<T>(options: EventQueueOptions): EventQueue<T> {
  const waiting: T[] = [];
  let reader: { resolve: (step: Step<T>) => void; reject: (error: Error) => void } | undefined;
  let ending: { readonly error?: Error } | undefined;

  function finish(error?: Error): void {
    if (ending) return;
    ending = error === undefined ? {} : { error };
    const pending = reader;
    reader = undefined;
    if (error) pending?.reject(error);
    else pending?.resolve({ value: undefined, done: true });
  }

  function push(event: T): void {
    if (ending) return;
    if (reader) {
      const { resolve } = reader;
      reader = undefined;
      resolve({ value: event, done: false });
    } else if (waiting.length < options.maxWaiting) {
      waiting.push(event);
    } else {
      finish(options.overflow());
      options.onReturn();
    }
  }

  function next(): Promise<Step<T>> {
    const event = waiting.shift();
    if (event !== undefined) return Promise.resolve({ value: event, done: false });
    if (ending?.error) {
      const { error } = ending;
      ending = {};
      return Promise.reject(error);
    }
    if (ending) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      reader = { resolve, reject };
    });
  }

  const events: AsyncIterableIterator<T> = {
    next,
    return: async () => {
      const isFirst = ending === undefined;
      waiting.length = 0;
      finish();
      if (isFirst) options.onReturn();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]: () => events,
  };
  return { events, push, fail: finish, end: () => finish() };
}
