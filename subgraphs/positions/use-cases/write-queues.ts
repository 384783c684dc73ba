/**
 * Which commands are written next: a queue per partition, and a few places to write.
 *
 * A place is FREE or WRITING one batch. When it is free it takes what waits in all partitions that
 * no other place is writing, each partition from its beginning, up to a full batch; when nothing
 * waits it rests until something comes. So a partition is in one batch at a time, what arrives
 * while batches are written makes the next ones fuller, and nobody waits for a timer.
 */

export interface WriteQueuesOptions<Item> {
  readonly partitions: number;
  readonly maxBatch: number;
  /** Batches being written at once. */
  readonly places: number;
  /** Settles every item itself: it must not reject. */
  readonly write: (batch: readonly Item[]) => Promise<void>;
}

export type WriteQueues<Item> = ReturnType<typeof createWriteQueues<Item>>;

export function createWriteQueues<Item>(options: WriteQueuesOptions<Item>) {
  const { partitions, maxBatch, places, write } = options;
  const queues = Array.from({ length: partitions }, (): Item[] => []);
  const taken = new Set<number>();
  const writing = new Set<Promise<void>>();
  /** Where the next batch begins to look: each time elsewhere, so that no partition starves. */
  let next = 0;
  let isScheduled = false;

  function nextBatch(): { readonly items: readonly Item[]; readonly from: readonly number[] } {
    const items: Item[] = [];
    const from: number[] = [];
    for (let step = 0; step < partitions && items.length < maxBatch; step += 1) {
      const partition = (next + step) % partitions;
      const queue = queues[partition];
      if (queue === undefined || queue.length === 0 || taken.has(partition)) continue;
      items.push(...queue.splice(0, maxBatch - items.length));
      from.push(partition);
    }
    next = (next + 1) % partitions;
    return { items, from };
  }

  function fillPlaces(): void {
    isScheduled = false;
    while (writing.size < places) {
      const { items, from } = nextBatch();
      if (items.length === 0) return;
      for (const partition of from) taken.add(partition);
      const work: Promise<void> = write(items).finally(() => {
        for (const partition of from) taken.delete(partition);
        writing.delete(work);
        fillPlaces();
      });
      writing.add(work);
    }
  }

  return {
    push(partition: number, item: Item): void {
      queues[partition]?.push(item);
      if (isScheduled) return;
      isScheduled = true;
      // After the caller's turn, so that commands of one request share a batch.
      queueMicrotask(fillPlaces);
    },

    /** The first of each partition that has one. */
    heads: (): readonly Item[] => queues.flatMap((queue) => queue.slice(0, 1)),

    /** Resolves when all that was pushed so far is written. */
    async drained(): Promise<void> {
      // What was pushed in this turn is being written after it.
      await Promise.resolve();
      while (writing.size > 0) await Promise.race(writing);
    },
  };
}
