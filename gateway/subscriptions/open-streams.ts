/**
 * The streams of one socket, whatever graphql-ws knows of them: when a client uses an id again
 * while
 * the operation before is still ending, graphql-ws loses sight of one, and nobody would end it.
 */

export interface OpenStreams {
  /** Ends the stream that had the id before, if there still is one. */
  readonly add: <Event>(
    id: string,
    stream: AsyncIterableIterator<Event>,
  ) => AsyncIterableIterator<Event>;
  readonly count: () => number;
  /** Ends all of them, and every one that is added later. */
  readonly end: () => void;
}

export function createOpenStreams(): OpenStreams {
  const open = new Map<string, AsyncIterableIterator<unknown>>();
  let isOver = false;

  return {
    add: (id, stream) => {
      const before = open.get(id);
      if (before) giveUp(before);
      open.set(id, stream);
      if (isOver) giveUp(stream);
      return whenOver(stream, () => {
        if (open.get(id) === stream) open.delete(id);
      });
    },
    count: () => open.size,
    end: () => {
      isOver = true;
      for (const stream of open.values()) giveUp(stream);
      open.clear();
    },
  };
}

function giveUp(stream: AsyncIterableIterator<unknown>): void {
  Promise.resolve(stream.return?.()).catch(() => undefined);
}

/** The same stream; calls back when it ends, fails or is given up. */
function whenOver<Event>(
  stream: AsyncIterableIterator<Event>,
  over: () => void,
): AsyncIterableIterator<Event> {
  const watched: AsyncIterableIterator<Event> = {
    next: async () => {
      try {
        const step = await stream.next();
        if (step.done === true) over();
        return step;
      } catch (error) {
        over();
        throw error;
      }
    },
    return: async () => {
      over();
      return (await stream.return?.()) ?? { value: undefined, done: true };
    },
    [Symbol.asyncIterator]: () => watched,
  };
  return watched;
}
