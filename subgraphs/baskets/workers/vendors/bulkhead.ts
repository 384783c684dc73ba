/** Places for the calls to one vendor: when it is slow, its own calls wait, and no others. */

export interface Bulkhead {
  /** Waits for a place; undefined, and nothing run, when too many wait already. */
  run<T>(work: () => Promise<T>): Promise<T | undefined>;
  /** Running and waiting. */
  readonly load: number;
}

export function createBulkhead(limits: {
  readonly atOnce: number;
  readonly waiting: number;
}): Bulkhead {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function place(): Promise<void> {
    if (running < limits.atOnce) {
      running += 1;
      return;
    }
    // Whoever leaves hands its place on: `running` stays.
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function leave(): void {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }

  return {
    async run(work) {
      if (waiting.length >= limits.waiting) return undefined;
      await place();
      try {
        return await work();
      } finally {
        leave();
      }
    },
    get load() {
      return running + waiting.length;
    },
  };
}
